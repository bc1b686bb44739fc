/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Addresses as names: of the process through a map, of the kernel as they are where they can. */
BEGIN
{
	usym(5);
	@[func(6)] = count();
}
