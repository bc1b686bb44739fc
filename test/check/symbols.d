/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Addresses as names: keys, values, variables, actions. */
BEGIN
{
	@[usym(1), umod(2), uaddr(3)] = count();
	@kernel[func(4)] = sum(1);
	self->at = ufunc(5);
	printf("%A %a %-20s", self->at, sym(6), mod(7));
	usym(8);
	self->at = 0;
}
