/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report/common.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/markers.h"
#include "lib/shown.h"
#include "lib/write.h"
#include "report/flow.h"
#include "report/stack.h"
#include "report/symbol.h"

enum { PENDING_MAX = 64 * 1024 };

/* stdio does not always set errno when it fails. */
static int stream_error(void)
{
	return errno ? -errno : -EIO;
}

/* How much was written before an error is in `done`. */
static int write_all(FILE *out, const char *data, size_t size, size_t *done)
{
	*done = 0;
	while (*done < size) {
		errno = 0;
		*done += fwrite(data + *done, 1, size - *done, out);
		if (*done < size && errno != EINTR)
			return stream_error();
		if (*done < size)
			clearerr(out);
	}
	return 0;
}

/* What was gathered is not lost with the file that it was meant for. */
static void move_out(struct report *report, const char *why)
{
	report->has_failed = true;
	report->out = stdout;
	report->out_name = NULL;
	report_open(report);
	say(report->err, "cephtap: %s; %sthe rest of the report is on standard output\n", why,
	    report->is_foreign ? "" : "tracing stopped, and ");
}

/* A pipe whose reader has gone wants no more; a full disk does not mean that nobody does. */
static bool can_move(const struct report *report, int error)
{
	return report->out_name && error != -EPIPE;
}

void report_open(struct report *report)
{
	/* One write for a batch of whole events: with a buffer of its own stdio would cut it, and a kill between leaves
	 * half a line. */
	if (fileno(report->out) >= 0)
		setvbuf(report->out, NULL, _IONBF, 0);
}

static int write_pending(struct report *report)
{
	uint64_t start = now_ns();
	size_t size = report->pending.buf.size, done;
	const char *data = report->pending.buf.data;
	struct buf why = {0};
	int err;

	mark_print_start(size);
	err = write_all(report->out, data, size, &done);
	if (err && can_move(report, err)) {
		while (done && data[done - 1] != '\n') /* half a line is of no use there */
			done--;
		buf_printf(&why, "cannot write to %s: %s", report->out_name, strerror(-err));
		move_out(report, why.data);
		err = write_all(report->out, data + done, size - done, &done);
		buf_free(&why);
	}
	mark_print_done(size, err, now_ns() - start);
	shown_clear(&report->pending);
	return err;
}

int report_flush(struct report *report)
{
	int err = report->pending.buf.size ? write_pending(report) : 0;

	errno = 0;
	while (!err && fflush(report->out)) {
		if (errno != EINTR)
			err = stream_error();
		else
			clearerr(report->out);
	}
	return err;
}

int report_replace(struct report *report)
{
	struct buf why = {0};

	if (report->path &&
	    write_whole(report->path, WRITE_OFTEN, report->pending.buf.data, report->pending.buf.size, &why)) {
		move_out(report, why.data);
		report->path = NULL;
	}
	buf_free(&why);
	if (!report->path)
		return report_flush(report);
	shown_clear(&report->pending);
	return 0;
}

int report_write(struct report *report, const char *path)
{
	struct buf why = {0};

	if (write_gathered(path, report->pending.buf.data, report->pending.buf.size, &why)) {
		say(report->err, "cephtap: %s\n", why.data);
		report->has_failed = true;
	}
	buf_free(&why);
	shown_clear(&report->pending);
	return 0;
}

int report_tables(struct report *report)
{
	int error = reader_snapshot(report->reader);

	for (unsigned i = 0, rows_len; i < report->schema->aggs_len && !error; i++) {
		reader_agg_rows(report->reader, i, &rows_len);
		if (rows_len)
			error = report->ops->table(report, report->reader, &i, 1);
	}
	if (!error && report->ops->tables_end)
		error = report->ops->tables_end(report);
	return error;
}

void report_say_left_out(const struct report *report)
{
	if (report->left_out)
		say(report->err,
		    "cephtap: --%s is for aggregations: %" PRIu64 " line%s or value%s of other actions were left out\n",
		    report->ops->name, report->left_out, report->left_out == 1 ? "" : "s",
		    report->left_out == 1 ? "" : "s");
}

static void go_back(struct report *report)
{
	if (!report->first_out)
		return;
	if (fclose(report->out)) {
		say(report->err, "cephtap: freopen(): a file could not be written: %s\n", strerror(errno));
		report->has_failed = true;
	}
	report->out = report->first_out;
	report->first_out = NULL;
}

int report_redirect(struct report *report, const char *path)
{
	int error = report_flush(report);
	struct buf why = {0};
	FILE *out;

	if (error)
		return error;
	out = *path ? write_stream(path, &why) : NULL;
	if (out || !*path)
		go_back(report);
	if (*path && !out)
		say(report->err, "cephtap: freopen(): %s\n", why.data);
	if (out) {
		report->first_out = report->out;
		report->out = out;
		report_open(report);
	}
	buf_free(&why);
	return 0;
}

int report_cut(struct report *report)
{
	int error = report_flush(report), fd = fileno(report->out);
	struct stat stat;

	if (!error && fd >= 0 && !fstat(fd, &stat) && S_ISREG(stat.st_mode) && !ftruncate(fd, 0))
		rewind(report->out);
	return error;
}

void report_free(struct report *report)
{
	go_back(report);
	flow_free(report->flow);
	shown_free(&report->pending);
	shown_free(&report->text);
}

int report_event_done(struct report *report)
{
	return report->pending.buf.size < PENDING_MAX ? 0 : report_flush(report);
}

uint64_t report_time_ns(const struct report *report)
{
	return report->now.wall_ns;
}

void report_date(const struct report *report, uint64_t wall_ns, struct shown *out)
{
	struct tm local = zone_time(report->zone, wall_ns);

	shown_printf(out, "%d-%02d-%02d %02d:%02d:%02d", local.tm_year + 1900, local.tm_mon + 1, local.tm_mday,
		     local.tm_hour, local.tm_min, local.tm_sec);
}

void report_probe_name(const struct schema_probe *probe, struct buf *out)
{
	buf_puts(out, probe->prov);
	buf_putc(out, ':');
	buf_puts(out, probe->mod);
	buf_putc(out, ':');
	buf_puts(out, probe->func);
	buf_putc(out, ':');
	buf_puts(out, probe->name);
}

/* Its frames as a folded stack has them, so that each is shown already. */
static void stack_text(const struct stack *stack, struct buf *out)
{
	struct buf name = {0};

	for (unsigned i = stack ? stack->len : 0; i; i--) {
		buf_clear(&name);
		stack_frame_print(&stack->frames[i - 1], false, &name);
		shown_add(out, SHOWN_FOLDED, name.data, name.size);
		if (i > 1)
			buf_putc(out, ';');
	}
	buf_free(&name);
}

void report_key_text(const struct report *report, const struct field *field, const void *key, struct buf *out)
{
	const char *at = (const char *)key + field->offset;

	if (field->kind == FIELD_STACK)
		stack_text(report_stack_of(report, field_int(field, at)), out);
	else if (field->kind == FIELD_SYMBOL)
		buf_puts(out, report_symbol_text(report, field, at));
	else if (field->kind != FIELD_INT)
		buf_add(out, at, field_text_size(field, at));
	else if (field->is_signed)
		buf_printf(out, "%" PRId64, (int64_t)field_int(field, at));
	else
		buf_printf(out, "%" PRIu64, field_int(field, at));
}

void report_key_show(const struct report *report, const struct field *field, const void *key, enum shown_form form,
		     struct shown *out)
{
	struct buf text = {0};

	buf_puts(&text, "");
	report_key_text(report, field, key, &text);
	if (field->kind == FIELD_STACK)
		shown_quoted(out, form, text.data, text.size);
	else
		shown_text(out, form, text.data, text.size);
	buf_free(&text);
}

void report_fault(const struct record_error *error, struct buf *out)
{
	switch ((enum fault)error->fault) {
	case FAULT_BADADDR:
		buf_printf(out, "invalid address (0x%" PRIx64 ")", error->address);
		break;
	case FAULT_DIVZERO:
		buf_puts(out, "divide-by-zero");
		break;
	case FAULT_SCRATCH:
		buf_puts(out, "out of scratch space");
		break;
	case FAULT_BADINDEX:
		buf_printf(out, "index out of bounds (%" PRId64 ")", (int64_t)error->address);
		break;
	case FAULT_ILLOP:
		buf_puts(out, "illegal operation");
		break;
	default:
		buf_printf(out, "unknown error %" PRIu32, error->fault);
	}
}

unsigned report_action_number(const struct record_layout *clause, struct loc loc)
{
	for (unsigned i = 0; i < clause->statements_len; i++) {
		const struct loc *statement = &clause->statements[i];

		if (loc.source == statement->source && loc.offset >= statement->offset &&
		    loc.offset - statement->offset <= statement->size)
			return i + 1;
	}
	return 0;
}

/* --- What the script itself prints is left out; what went wrong is not --- */

int report_leave_out(struct report *report)
{
	(void)report;
	return 0;
}

int report_leave_event(struct report *report, const struct record_layout *layout, const struct schema_probe *probe,
		       const struct record_head *head)
{
	(void)report;
	(void)layout;
	(void)probe;
	(void)head;
	return 0;
}

int report_leave_value(struct report *report, const struct field *field, const void *value)
{
	(void)report;
	(void)field;
	(void)value;
	return 0;
}

int report_leave_text(struct report *report, const struct record_action *action, const char *text, size_t size)
{
	(void)report;
	(void)action;
	(void)text;
	(void)size;
	return 0;
}

int report_leave_table(struct report *report, struct reader *reader, const unsigned *aggs, unsigned aggs_len)
{
	(void)report;
	(void)reader;
	(void)aggs;
	(void)aggs_len;
	return 0;
}

int report_say_error(struct report *report, const struct record_error *error, const struct schema_probe *probe,
		     struct loc loc)
{
	return report_text.error(report, error, probe, loc);
}

int report_say_drop(struct report *report, enum drop_cause cause, uint64_t count)
{
	return report_text.drop(report, cause, count);
}

const struct report_ops report_nothing = {
	.name = "nothing",
	.doc = "what scripts print is left out: for views, and while it is recorded",
	.begin = report_leave_out,
	.event_begin = report_leave_event,
	.event_end = report_leave_out,
	.value = report_leave_value,
	.text = report_leave_text,
	.table = report_leave_table,
	.error = report_say_error,
	.drop = report_say_drop,
	.end = report_flush,
};
