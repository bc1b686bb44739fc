/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma D option quiet
#pragma D option strsize=64

inline int LIMIT = 4 * sizeof (long) + 2;
inline string NAME = "osd";
enum state { IDLE, BUSY = 5, DONE };
typedef unsigned int u32;
typedef struct op {
	char kind;
	short flags : 3, more : 7;
	uint64_t size;
	char name[16];
	struct op *next;
	union { int a; u32 b[2]; };
} op_t;
struct op;
u32 total;
string last[int, string];
self int64_t start;

BEGIN
{
	total = LIMIT;
	this->x = -1 < 1u;
	this->y = (char)200 + BUSY;
	this->z = 1 ? 2 : 3L;
	last[0, "a"] = NAME;
	trace(DONE);
}

test:::ints
/ args[0] < 0 && args[7] > 5 || arg9 == NULL /
{
	self->start = timestamp;
	self->pair[pid, execname] = args[6] * args[1];
	total += args[3];
	total++;
	++hits;
	@ = count();
	@lat[probename, cpu] = quantize(timestamp - self->start);
	@lq["x"] = lquantize(args[4], 0, 100, 10);
	self->start = 0;
	last[1, strjoin(execname, daemon)] = 0;
}

test:::strs
/ args[0] == "x" && args[1] != execname /
{
	printf("%s %d %-10s\n", args[0], strlen(args[1]), substr(args[0], 1));
	this->text = args[0];
	@lat[this->text, -1] = quantize(1);
}

test:::ptr
{
	this->op = (op_t *)args[0];
	printf("%d %s %d", this->op->size, this->op->name, this->op->next->b[1]);
	trace(((op_t *)copyin(args[0], sizeof (op_t)))->size);
	trace(copyinstr(arg0, 10));
	trace(stringof((char *)args[0]));
	trace(*(userland int *)arg0 + this->op->name[2] + offsetof(op_t, next));
	trace(&this->op->size == NULL);
}

test:::long
{
	if (args[0] > 10) {
		@big = max(args[0]);
	} else if (!args[0])
		trace(0x80000000 >> 4);
	else
		exit(1);
}

profile:::tick-1s, dtrace:::END
{
	trunc(@lat, 5);
	normalize(@lat, 1000);
	printa("%s %d %@d\n", @lat);
	printa(@);
	clear(@lat);
	denormalize(@lat);
	printa(@big);
}

dtrace:::END { }
test:::blocked, test:::none
