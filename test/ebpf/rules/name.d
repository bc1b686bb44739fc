/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An engine may lack a helper: which one, and in which line of the script. */
test:::ints
{
	@ = count();
	@names[execname] = count();
}
