/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Arrays in the process's memory, as pointers to their first element. */
struct pair { int x; int y; };
struct object { int n; struct pair pairs[2]; char name[8]; };

test:::ints
{
	this->p = (userland struct object *)arg0;
	trace(this->p->pairs->y);
	trace(*this->p->name);
	trace((0, this->p->pairs)->y);
	trace((0, this->p->name)[1]);
	trace(stringof(this->p->name + 1));
}
