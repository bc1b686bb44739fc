/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report/common.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/markers.h"

enum { PENDING_MAX = 64 * 1024 };

/* stdio does not always set errno when it fails. */
static int stream_error(void)
{
	return errno ? -errno : -EIO;
}

static int write_all(FILE *out, const char *data, size_t size)
{
	size_t n;

	while (size) {
		errno = 0;
		n = fwrite(data, 1, size, out);
		data += n;
		size -= n;
		if (size && errno != EINTR)
			return stream_error();
		if (size)
			clearerr(out);
	}
	return 0;
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
	size_t size = report->pending.size;
	int err;

	mark_print_start(size);
	err = write_all(report->out, report->pending.data, size);
	mark_print_done(size, err, now_ns() - start);
	buf_clear(&report->pending);
	return err;
}

int report_flush(struct report *report)
{
	int err = report->pending.size ? write_pending(report) : 0;

	errno = 0;
	while (!err && fflush(report->out)) {
		if (errno != EINTR)
			err = stream_error();
		else
			clearerr(report->out);
	}
	return err;
}

void report_free(struct report *report)
{
	buf_free(&report->pending);
	buf_free(&report->text);
}

int report_event_done(struct report *report)
{
	return report->pending.size < PENDING_MAX ? 0 : report_flush(report);
}

uint64_t report_time_ns(const struct report *report)
{
	return report->wall_ns ? report->wall_ns : clock_ns(CLOCK_REALTIME);
}

void report_probe_name(const struct probe *probe, struct buf *out)
{
	buf_puts(out, probe->prov);
	buf_putc(out, ':');
	buf_puts(out, probe->mod);
	buf_putc(out, ':');
	buf_puts(out, probe->func);
	buf_putc(out, ':');
	buf_puts(out, probe->name);
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
	case FAULT_ILLOP:
		buf_puts(out, "illegal operation");
		break;
	default:
		buf_printf(out, "unknown error %" PRIu32, error->fault);
	}
}

unsigned report_action_number(const struct clause *clause, struct loc loc)
{
	const struct stmt *stmt;
	unsigned i = 1;

	for (stmt = clause->body; stmt; stmt = stmt->next, i++)
		if (loc.source == stmt->loc.source && loc.offset >= stmt->loc.offset &&
		    loc.offset - stmt->loc.offset <= stmt->loc.size)
			return i;
	return 0;
}
