/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What syntax becomes in the plan: a line for each kind. */
inline int LIMIT = 3 + 4;
struct inner { int n; short parts[4]; };
struct outer { int flags : 3; char name[8]; struct inner in; struct inner *next; };
int32_t narrow;
uint64_t wide;
self int16_t mine;
this uint8_t mask;
char *texts[int64_t, string];
struct outer *p;

test:::ints
/arg0 > LIMIT && !(arg1 == -1)/
{
	p = (struct outer *)copyin(arg0, sizeof(struct outer));
	trace(p->flags);
	trace((*p).in.parts[arg1]);
	trace(p->next[2].n);
	trace(p[1].in.n + p->name[0]);
	trace(&p->in.n - (int *)arg0);
	trace(*(p->in.parts + 1));
	trace(stringof(p->name) == "abc" ? p->name : execname);
	narrow = wide;
	wide = narrow;
	narrow += wide;
	narrow <<= this->mask;
	this->mask = -narrow + +arg2;
	self->mine = (this->mask = narrow) ^ 0xff;
	this->mask++;
	--p;
	texts[narrow, execname] = 0;
	this->text = probename;
	this->text = 0;
	trace((wide++, ~narrow / this->mask));
	trace(sizeof(struct outer) + offsetof(struct outer, in));
}

test:::ints
{
	@a[narrow, (int)wide] = quantize(arg0, 2);
	@b[wide, this->mask] = lquantize(narrow, 0, 100, 10);
	if (narrow < wide)
		printf("%d %s\n", narrow, execname);
	else {
		printa("%@d\n", @b);
		trunc(@a, 5);
	}
}
