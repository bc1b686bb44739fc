/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The trace's description of itself, in TSDL. */
#include <inttypes.h>
#include <string.h>

#include "func/func.h"
#include "report/ctf_private.h"

static const char begin[] = "/* CTF 1.8 */\n"
			    "typealias integer { size = 8; align = 8; signed = false; } := uint8_t;\n"
			    "typealias integer { size = 16; align = 8; signed = false; } := uint16_t;\n"
			    "typealias integer { size = 32; align = 8; signed = false; } := uint32_t;\n"
			    "typealias integer { size = 64; align = 8; signed = false; } := uint64_t;\n"
			    "typealias integer { size = 8; align = 8; signed = true; } := int8_t;\n"
			    "typealias integer { size = 16; align = 8; signed = true; } := int16_t;\n"
			    "typealias integer { size = 32; align = 8; signed = true; } := int32_t;\n"
			    "typealias integer { size = 64; align = 8; signed = true; } := int64_t;\n"
			    "trace {\n"
			    "\tmajor = 1;\n"
			    "\tminor = 8;\n"
			    "\tbyte_order = " /* of this host */;

static const char types[] =
	"typealias integer { size = 64; align = 8; signed = false; map = clock.monotonic.value; } := time_ns;\n"
	"stream {\n"
	"\tid = 0;\n"
	"\tevent.header := struct { uint32_t id; time_ns timestamp; } align(8);\n"
	"\tevent.context := struct { uint32_t cpu; string probe; } align(8);\n"
	"};\n"
	"event {\n\tname = \"cephtap:lost\";\n\tid = 0;\n\tstream_id = 0;\n\tfields := struct { string cause; uint64_t "
	"count; } align(8);\n};\n"
	"event {\n\tname = \"cephtap:error\";\n\tid = 1;\n\tstream_id = 0;\n"
	"\tfields := struct { uint32_t fault; uint64_t address; uint32_t line; } align(8);\n};\n";

bool ctf_is_event(const struct record_action *action)
{
	/* 0 fields: printf() of a text alone; else what is not printed at all, such as clear() */
	return !action->aggs_len && (ctf_has_text(action) || action->fields_len) &&
	       strcmp(action->func->name, "exit") != 0;
}

bool ctf_has_text(const struct record_action *action)
{
	return action->format && !action->aggs_len;
}

unsigned ctf_event_of(const struct schema *schema, unsigned clause, const struct record_action *action)
{
	unsigned number = CTF_FIRST;

	for (unsigned i = 0; i < clause; i++)
		number += 1 + schema->clauses[i].actions_len;
	return action ? number + 1 + (unsigned)(action - schema->clauses[clause].actions) : number;
}

static void put_field(const struct field *field, unsigned number, struct shown *out)
{
	if (field->kind == FIELD_INT)
		shown_printf(out, " %sint%u_t value%u;", field->is_signed ? "" : "u", 8 * field->size, number);
	else if (field->kind == FIELD_BYTES)
		shown_printf(out, " uint8_t value%u[%u];", number, field->size);
	else
		shown_printf(out, " string value%u;", number);
}

static void put_quoted(const char *text, struct shown *out)
{
	shown_text(out, SHOWN_QUOTED, text, strlen(text));
}

static unsigned events_of(const struct record_layout *layout)
{
	unsigned len = 0;

	for (unsigned i = 0; i < layout->actions_len; i++)
		len += ctf_is_event(&layout->actions[i]);
	return len;
}

/*
 * "ceph_osd:::op-start printf", with "#2" where the clause has several; a clause of several probes has its number
 * instead of a name: the probe stands in each event's context.
 */
static void put_name(const struct schema *schema, unsigned clause, const struct record_action *action,
		     struct shown *out)
{
	const struct record_layout *layout = &schema->clauses[clause];

	if (layout->probes_len == 1) {
		put_quoted(schema->probes[layout->probes[0]].prov, out);
		shown_puts(out, ":::");
		put_quoted(schema->probes[layout->probes[0]].name, out);
	} else {
		shown_printf(out, "clause %u", clause + 1);
	}
	if (action)
		shown_printf(out, " %s", action->func->name);
	if (action && events_of(&schema->clauses[clause]) > 1)
		shown_printf(out, " #%u", (unsigned)(action - layout->actions) + 1);
}

static void put_event(const struct schema *schema, unsigned clause, const struct record_action *action,
		      struct shown *out)
{
	shown_puts(out, "event {\n\tname = \"");
	put_name(schema, clause, action, out);
	shown_printf(out, "\";\n\tid = %u;\n\tstream_id = 0;\n\tfields := struct {",
		     ctf_event_of(schema, clause, action));
	if (action && ctf_has_text(action))
		shown_puts(out, " string text;");
	for (unsigned i = 0; action && i < action->fields_len; i++)
		put_field(&action->fields[i], i + 1, out);
	shown_puts(out, " } align(8);\n};\n");
}

void ctf_metadata(const struct schema *schema, uint64_t wall_offset_ns, struct shown *out)
{
	shown_bytes(out, begin, sizeof(begin) - 1);
	shown_name(out, __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? "le" : "be");
	shown_puts(out, ";\n\tpacket.header := struct { uint32_t magic; uint32_t stream_id; } align(8);\n};\n"
			"env {\n\ttracer_name = \"cephtap\";\n};\n");
	shown_printf(out,
		     "clock {\n\tname = monotonic;\n\tfreq = 1000000000;\n\toffset = %" PRIu64
		     ";\n\tabsolute = true;\n};\n",
		     wall_offset_ns);
	shown_bytes(out, types, sizeof(types) - 1);
	for (unsigned i = 0; i < schema->clauses_len; i++) {
		const struct record_layout *layout = &schema->clauses[i];

		if (layout->size && !layout->actions_len)
			put_event(schema, i, NULL, out);
		for (unsigned j = 0; j < layout->actions_len; j++)
			if (ctf_is_event(&layout->actions[j]))
				put_event(schema, i, &layout->actions[j], out);
	}
}
