/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Probe points: aliases are followed, and each place gets a handler of its own. */
#include <fnmatch.h>
#include <string.h>

#include "front/stap/check.h"

enum { ALIAS_DEPTH_MAX = 30, SITES_MAX = 4096 };

struct points {
	struct stap_script *script;
	struct diags *diags;
	unsigned found; /* sites of the point that is asked for */
	unsigned sites, depth;
	bool is_quiet;		 /* the point may lack */
	struct stap_probe *user; /* that the handler is of */
	struct stap_node *condition;
};

/* What aliases put before and behind the handler, the outermost first. */
struct wrapping {
	const struct wrapping *inner;
	const struct stap_probe *alias;
};

static const char *point_text(struct arena *arena, const struct stap_point *point)
{
	struct buf text = {0};
	const char *copy;

	for (unsigned i = 0; i < point->parts_len; i++) {
		const struct stap_node *arg = point->parts[i].arg;

		buf_printf(&text, "%s%s", i ? "." : "", point->parts[i].name);
		if (!arg)
			continue;
		buf_putc(&text, '(');
		stap_print_node(arg, &text);
		buf_putc(&text, ')');
	}
	copy = arena_strndup(arena, text.data, text.size);
	buf_free(&text);
	return copy;
}

/* ---- handlers ---- */

static void append(struct stap_stmt ***last, struct stap_stmt *stmt)
{
	**last = stmt;
	if (stmt)
		*last = &stmt->next;
}

/* An alias that is nearer to the event goes around those that it is named by. */
static struct stap_stmt *make_body(struct points *p, const struct wrapping *wrapping)
{
	struct arena *arena = p->script->arena;
	struct stap_stmt *block = arena_new_one(arena, struct stap_stmt), **last = &block->body, *inner;

	block->kind = SDO_BLOCK;
	block->loc = p->user->loc;
	if (!wrapping) {
		block->body = stap_clone(arena, p->user->body);
		return block;
	}
	inner = make_body(p, wrapping->inner);
	if (!wrapping->alias->is_epilogue)
		append(&last, stap_clone(arena, wrapping->alias->body));
	append(&last, inner);
	if (wrapping->alias->is_epilogue)
		append(&last, stap_clone(arena, wrapping->alias->body));
	return block;
}

static struct stap_site *add_site(struct points *p, const struct stap_point *point, const struct wrapping *wrapping,
				  enum stap_event event)
{
	struct arena *arena = p->script->arena;
	struct stap_site *site = arena_new_one(arena, struct stap_site);

	p->found++;
	site->event = event;
	site->point = point;
	site->name = point_text(arena, point);
	site->condition = stap_clone_node(arena, p->condition);
	site->probe = arena_memdup(arena, p->user, sizeof(*p->user));
	site->probe->next = NULL;
	site->probe->scope = (struct stap_scope){0};
	site->probe->body = make_body(p, wrapping);
	*p->script->sites_last = site;
	p->script->sites_last = &site->next;
	p->sites++;
	return site;
}

/* ---- what there is ---- */

static void mismatch(struct points *p, const struct stap_component *part, const char *format, const char *more)
{
	if (p->is_quiet)
		return;
	p->found++; /* said once */
	stap_complain_at(p->diags, part->loc, part->name, format, more);
}

static bool add_plain(struct points *p, const struct stap_point *point, const struct wrapping *wrapping)
{
	static const struct {
		const char *name;
		enum stap_event event;
	} plain[] = {{"begin", EVENT_BEGIN}, {"end", EVENT_END}, {"error", EVENT_ERROR}, {"never", EVENT_NEVER}};
	const struct stap_component *part = point->parts;
	bool takes_number;

	for (unsigned i = 0; i < sizeof(plain) / sizeof(*plain); i++) {
		if (fnmatch(part->name, plain[i].name, 0))
			continue;
		takes_number = plain[i].event != EVENT_NEVER;
		if (part->arg && (!takes_number || part->arg->kind != S_NUMBER)) {
			mismatch(p, part, "probe point mismatch: %s",
				 takes_number ? "its argument is a number, the order among its like"
					      : "it takes no argument");
			continue;
		}
		if (point->parts_len > 1)
			mismatch(p, &point->parts[1], "probe point mismatch%s", "");
		else
			add_site(p, point, wrapping, plain[i].event)->priority = part->arg ? part->arg->number : 0;
	}
	return p->found;
}

static const struct {
	const char *name;
	uint64_t ns;
} units[] = {{"s", 1000000000}, {"sec", 1000000000}, {"ms", 1000000}, {"msec", 1000000},    {"us", 1000},
	     {"usec", 1000},	{"ns", 1},	     {"nsec", 1},     {"jiffies", 4000000}, {"hz", 0}};

static bool period_fits(struct points *p, const struct stap_component *part, uint64_t unit, uint64_t *ns)
{
	const struct stap_node *arg = part->arg;

	if (!arg || arg->kind != S_NUMBER)
		mismatch(p, part, "probe point mismatch%s", ": it takes a number");
	else if (arg->number <= 0 || (!unit && arg->number > 1000000) ||
		 (unit && (uint64_t)arg->number > (1ull << 62) / unit))
		mismatch(p, part, "%s", unit ? "invalid timer interval" : "a rate is from 1 to 1000000 per second");
	else
		*ns = unit ? (uint64_t)arg->number * unit : 1000000000ull / (uint64_t)arg->number;
	return *ns;
}

static bool add_timer(struct points *p, const struct stap_point *point, const struct wrapping *wrapping)
{
	uint64_t period = 0, spread = 0;
	struct stap_site *site;
	unsigned unit = 0;

	if (strcmp(point->parts->name, "timer") || point->parts->arg || point->parts_len < 2)
		return false;
	while (unit < sizeof(units) / sizeof(*units) && strcmp(units[unit].name, point->parts[1].name))
		unit++;
	if (unit == sizeof(units) / sizeof(*units))
		return false;
	if (!period_fits(p, &point->parts[1], units[unit].ns, &period))
		return true;
	if (point->parts_len > 2) {
		if (strcmp(point->parts[2].name, "randomize") || point->parts_len > 3)
			mismatch(p, &point->parts[2], "probe point mismatch%s", "");
		else if (period_fits(p, &point->parts[2], units[unit].ns, &spread) && spread > period)
			mismatch(p, &point->parts[2], "%s", "invalid randomize: it is larger than the interval");
	}
	if (p->found)
		return true;
	site = add_site(p, point, wrapping, EVENT_TIMER);
	site->period_ns = period;
	site->spread_ns = spread;
	return true;
}

/* Known to the language, and not attached by this command yet. */
static bool is_elsewhere(struct points *p, const struct stap_point *point)
{
	static const char *const roots[] = {
		"process", "kernel",	"module",    "syscall", "nd_syscall", "timer",	   "perf",    "procfs",
		"kprobe",  "netfilter", "java",	     "python2", "python3",    "scheduler", "ioblock", "kprocess",
		"signal",  "vfs",	"vm",	     "socket",	"tcp",	      "udp",	   "netdev",  "ioscheduler",
		"softirq", "hardirq",	"workqueue", "nfs",	"nfsd",	      "sunrpc",	   "scsi",    "irq_handler",
		"tty",	   "stap",	"swap",	     "debugfs",
	};

	for (unsigned i = 0; i < sizeof(roots) / sizeof(*roots); i++) {
		if (strcmp(roots[i], point->parts->name))
			continue;
		mismatch(
			p, point->parts,
			"cephtap stap does not attach to this probe point; it runs begin, end, error, never and timers "
			"(s ms us ns hz jiffies)%s",
			"");
		return true;
	}
	return false;
}

static void resolve(struct points *p, const struct stap_point *point, const struct wrapping *wrapping);

static bool names_fit(const struct stap_point *point, const char *alias, unsigned *parts)
{
	const char *at = alias;

	for (unsigned i = 0; i < point->parts_len && *at; i++) {
		size_t size = strcspn(at, ".");
		char name[256];

		if (size >= sizeof(name) || point->parts[i].arg)
			return false;
		memcpy(name, at, size);
		name[size] = 0;
		if (!strcmp(point->parts[i].name, "**")) {
			*parts = point->parts_len;
			return i + 1 == point->parts_len;
		}
		if (fnmatch(point->parts[i].name, name, 0))
			return false;
		at += size + (at[size] == '.');
		*parts = i + 1;
	}
	return !*at;
}

/* What stands behind the alias's own name goes on to the points that it is for. */
static struct stap_point *with_suffix(struct arena *arena, const struct stap_point *point, const struct stap_point *by,
				      unsigned parts)
{
	struct stap_point *all = arena_memdup(arena, point, sizeof(*point));
	unsigned more = by->parts_len - parts;

	all->parts = arena_new_array(arena, struct stap_component, point->parts_len + more);
	memcpy(all->parts, point->parts, sizeof(*point->parts) * point->parts_len);
	memcpy(all->parts + point->parts_len, by->parts + parts, sizeof(*by->parts) * more);
	all->parts_len += more;
	return all;
}

static struct stap_node *both(struct arena *arena, struct stap_node *a, struct stap_node *b)
{
	struct stap_node *node;

	if (!a || !b)
		return a ? a : b;
	node = arena_new_one(arena, struct stap_node);
	*node = (struct stap_node){.kind = S_BINARY, .op = OP_LAND, .loc = b->loc, .left = a, .right = b, .name = "&&"};
	return node;
}

static void follow(struct points *p, const struct stap_probe *alias, const struct stap_point *by, unsigned parts,
		   const struct wrapping *inner)
{
	struct wrapping wrapping = {inner, alias};
	struct stap_node *condition = p->condition;

	if (p->depth >= ALIAS_DEPTH_MAX) {
		mismatch(p, by->parts, "probe aliases refer to each other in a circle%s", "");
		return;
	}
	p->depth++;
	for (unsigned i = 0; i < alias->points_len; i++) {
		const struct stap_point *point = &alias->points[i];
		unsigned before = p->found;
		bool was_quiet = p->is_quiet;

		p->is_quiet |= point->is_optional || point->is_sufficient;
		p->condition = both(p->script->arena, condition, point->condition);
		resolve(p, parts < by->parts_len ? with_suffix(p->script->arena, point, by, parts) : point, &wrapping);
		p->condition = condition;
		p->is_quiet = was_quiet;
		if (point->is_sufficient && p->found > before)
			break;
	}
	p->depth--;
}

static bool follow_aliases(struct points *p, const struct stap_point *point, const struct wrapping *wrapping)
{
	bool is_one = false;

	for (const struct stap_probe *alias = p->script->aliases; alias; alias = alias->next) {
		unsigned parts = 0;

		if (!names_fit(point, alias->alias, &parts))
			continue;
		for (const struct wrapping *w = wrapping; w; w = w->inner)
			if (w->alias == alias) {
				mismatch(p, point->parts, "the alias refers to itself%s", "");
				return true;
			}
		is_one = true;
		follow(p, alias, point, parts, wrapping);
	}
	return is_one;
}

static void resolve(struct points *p, const struct stap_point *point, const struct wrapping *wrapping)
{
	unsigned before = p->found;

	if (p->sites > SITES_MAX) {
		mismatch(p, point->parts, "the script has more than 4096 probes%s", "");
		return;
	}
	p->found = 0;
	if (!follow_aliases(p, point, wrapping) && !add_plain(p, point, wrapping) && !add_timer(p, point, wrapping) &&
	    !is_elsewhere(p, point))
		mismatch(p, point->parts, "probe point mismatch%s", "");
	if (!p->found && p->is_quiet && !wrapping) {
		diag_hint(p->diags,
			  diag_warning(p->diags, point->parts->loc, "semantic",
				       "no such probe point here: it is left out"),
			  "identifier '%s'", point->parts->name);
	}
	p->found += before;
}

static void check_alias_names(struct stap_script *script, struct diags *diags)
{
	for (const struct stap_probe *a = script->aliases; a; a = a->next)
		for (unsigned i = 0; i < a->points_len; i++)
			if (a->points[i].parts_len == 1 && !strcmp(a->points[i].parts->name, a->alias))
				stap_complain_at(diags, a->alias_loc, a->alias, "the alias refers to itself");
}

void stap_check_points(struct stap_script *script, struct diags *diags)
{
	struct points p = {.script = script, .diags = diags};

	check_alias_names(script, diags);
	for (struct stap_probe *probe = script->probes; probe; probe = probe->next) {
		p.user = probe;
		for (unsigned i = 0; i < probe->points_len; i++) {
			const struct stap_point *point = &probe->points[i];

			p.found = 0;
			p.is_quiet = point->is_optional || point->is_sufficient;
			p.condition = point->condition;
			resolve(&p, point, NULL);
			if (point->is_sufficient && p.found)
				break;
		}
	}
	if (!script->sites && !diags->errors)
		diag_error(diags, (struct loc){0}, "semantic", "no probes found");
}
