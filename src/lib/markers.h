/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * cephtap's own markers, provider `cephtap`: what a second cephtap sees of this one. All of them are here, each a
 * function with the sentence that says when it is called; doc/own-markers.md has the same as a table, and a test holds
 * it against the binary.
 *
 * A name is a noun and what happened; what takes time has a pair, -start and -done, called by one thread in this order
 * also when it fails. `error` is 0 or a negative errno, `ns` how long it took, by CLOCK_MONOTONIC. Texts are "" rather
 * than NULL. A marker costs two nops; where an argument costs more than a look, the caller asks mark_is_on() first.
 * None is called for each record, and none in a process that holds links.
 */
#ifndef CEPHTAP_LIB_MARKERS_H
#define CEPHTAP_LIB_MARKERS_H

#include <stdint.h>

#include <cephtap/marker.h>

/* Does somebody look? The name as in the marker, with two underscores for a dash: mark_is_on(program__loaded). */
#define mark_is_on(name) CEPHTAP_MARKER_ENABLED(cephtap, name)

/* ---- The command ---- */

/* Before anything else. `command` is the first word behind the program's name. */
static inline void mark_run_start(const char *version, int words, const char *command)
{
	CEPHTAP_MARKER_NAMED(cephtap, run__start, ("version", version), ("words", words), ("command", command));
}

/* The last thing before the process exits with this status. */
static inline void mark_run_done(int status)
{
	CEPHTAP_MARKER_NAMED(cephtap, run__done, ("status", status));
}

/* ---- From text to programs ---- */

/* One source, of `bytes`, goes through the lexer and the parser. */
static inline void mark_parse_start(const char *source, uint64_t bytes)
{
	CEPHTAP_MARKER_NAMED(cephtap, parse__start, ("source", source), ("bytes", bytes));
}

/* `clauses`: of all sources so far. `errors`: the user's mistakes that are known by now. */
static inline void mark_parse_done(const char *source, unsigned clauses, unsigned errors, uint64_t ns)
{
	CEPHTAP_MARKER_NAMED(cephtap, parse__done, ("source", source), ("clauses", clauses), ("errors", errors),
			     ("ns", ns));
}

/* The tree gets its types and its probes. */
static inline void mark_check_start(unsigned clauses)
{
	CEPHTAP_MARKER_NAMED(cephtap, check__start, ("clauses", clauses));
}

/* `probes`: each once, however many clauses name it. All numbers are 0 when there were errors. */
static inline void mark_check_done(unsigned probes, unsigned variables, unsigned aggregations, unsigned errors,
				   uint64_t ns)
{
	CEPHTAP_MARKER_NAMED(cephtap, check__done, ("probes", probes), ("variables", variables),
			     ("aggregations", aggregations), ("errors", errors), ("ns", ns));
}

/* Within the check, at most once: /proc is read for the files that processes run. */
static inline void mark_scan_start(void)
{
	CEPHTAP_MARKER_NAMED(cephtap, scan__start);
}

/* `processes` that were looked at, and the different `files` that they run. */
static inline void mark_scan_done(unsigned processes, unsigned files, uint64_t ns)
{
	CEPHTAP_MARKER_NAMED(cephtap, scan__done, ("processes", processes), ("files", files), ("ns", ns));
}

/* Typed clauses become eBPF. */
static inline void mark_compile_start(unsigned clauses, unsigned probes)
{
	CEPHTAP_MARKER_NAMED(cephtap, compile__start, ("clauses", clauses), ("probes", probes));
}

/* `instructions`: of all programs. All numbers are 0 when there were errors. */
static inline void mark_compile_done(unsigned programs, unsigned maps, uint64_t instructions, unsigned errors,
				     uint64_t ns)
{
	CEPHTAP_MARKER_NAMED(cephtap, compile__done, ("programs", programs), ("maps", maps),
			     ("instructions", instructions), ("errors", errors), ("ns", ns));
}

/* ---- Into the kernel ---- */

/* Maps are made and programs loaded. */
static inline void mark_load_start(unsigned maps, unsigned programs)
{
	CEPHTAP_MARKER_NAMED(cephtap, load__start, ("maps", maps), ("programs", programs));
}

/* `entries` as the kernel was asked for; `bytes` is what keys and values take, without its own share. */
static inline void mark_map_created(const char *map, uint64_t entries, uint64_t bytes)
{
	CEPHTAP_MARKER_NAMED(cephtap, map__created, ("map", map), ("entries", entries), ("bytes", bytes));
}

/*
 * By whichever thread loaded it. `id`: the kernel's. `looked_at`: the instructions that the verifier went through, each
 * as often as it did; 0 before Linux 5.16. The dispatcher, if there is one, is the last: ct_dispatch.
 */
static inline void mark_program_loaded(const char *program, unsigned instructions, unsigned id, unsigned looked_at,
				       uint64_t ns)
{
	CEPHTAP_MARKER_NAMED(cephtap, program__loaded, ("program", program), ("instructions", instructions), ("id", id),
			     ("looked_at", looked_at), ("ns", ns));
}

/* By the verifier, or for want of a right. */
static inline void mark_program_refused(const char *program, unsigned instructions, int error)
{
	CEPHTAP_MARKER_NAMED(cephtap, program__refused, ("program", program), ("instructions", instructions),
			     ("error", error));
}

static inline void mark_load_done(int error, uint64_t maps_ns, uint64_t programs_ns)
{
	CEPHTAP_MARKER_NAMED(cephtap, load__done, ("error", error), ("maps_ns", maps_ns), ("programs_ns", programs_ns));
}

/* Uprobes and timers. `sites` counts a site for each program that goes there. */
static inline void mark_attach_start(unsigned probes, unsigned sites)
{
	CEPHTAP_MARKER_NAMED(cephtap, attach__start, ("probes", probes), ("sites", sites));
}

/* One link for `sites` of this file. `pid` 0: in every process. */
static inline void mark_link_made(const char *path, unsigned sites, int pid)
{
	CEPHTAP_MARKER_NAMED(cephtap, link__made, ("path", path), ("sites", sites), ("pid", pid));
}

/* The kernel refused them together: they are tried again in parts, unless there is but one. */
static inline void mark_link_refused(const char *path, unsigned sites, int pid, int error)
{
	CEPHTAP_MARKER_NAMED(cephtap, link__refused, ("path", path), ("sites", sites), ("pid", pid), ("error", error));
}

/* Refused alone as well: left out. `address` as in the file's symbols. */
static inline void mark_site_refused(const char *probe, const char *path, uint64_t address, int error,
				     const char *reason)
{
	CEPHTAP_MARKER_NAMED(cephtap, site__refused, ("probe", probe), ("path", path), ("address", address),
			     ("error", error), ("reason", reason));
}

/*
 * Once for each probe of the script, when all links are there. `probe`: provider:module:function:name. `id`: as listed.
 * Of its sites so many are attached and so many are not; BEGIN, END, ERROR and timers have none.
 */
static inline void mark_probe_attached(const char *probe, unsigned id, unsigned sites, unsigned refused)
{
	CEPHTAP_MARKER_NAMED(cephtap, probe__attached, ("probe", probe), ("id", id), ("sites", sites),
			     ("refused", refused));
}

/* It matched, and cannot be traced: already the check knows it, or the kernel refused all of its sites. */
static inline void mark_probe_refused(const char *probe, unsigned id, const char *reason)
{
	CEPHTAP_MARKER_NAMED(cephtap, probe__refused, ("probe", probe), ("id", id), ("reason", reason));
}

/* `links` of uprobes and timers. */
static inline void mark_attach_done(unsigned links, int error, uint64_t ns)
{
	CEPHTAP_MARKER_NAMED(cephtap, attach__done, ("links", links), ("error", error), ("ns", ns));
}

/* ---- While it runs ---- */

/* BEGIN has run, probes fire. `processes`: those that the user named; 0: all. */
static inline void mark_trace_start(unsigned probes, unsigned processes)
{
	CEPHTAP_MARKER_NAMED(cephtap, trace__start, ("probes", probes), ("processes", processes));
}

/* A named process has ended. `status` as of wait(2), 0 where it is not our child. */
static inline void mark_process_ended(int pid, int status)
{
	CEPHTAP_MARKER_NAMED(cephtap, process__ended, ("pid", pid), ("status", status));
}

/* A process that held links was killed. */
static inline void mark_keeper_lost(int pid, int signal)
{
	CEPHTAP_MARKER_NAMED(cephtap, keeper__lost, ("pid", pid), ("signal", signal));
}

/* `cause`: exit, target, keeper, time, signal or error; `error` is the errno of the last one. */
static inline void mark_trace_done(const char *cause, int error, uint64_t ns)
{
	CEPHTAP_MARKER_NAMED(cephtap, trace__done, ("cause", cause), ("error", error), ("ns", ns));
}

/* So much waits in the ring, headers included; not called when nothing does. */
static inline void mark_batch_start(uint64_t bytes)
{
	CEPHTAP_MARKER_NAMED(cephtap, batch__start, ("bytes", bytes));
}

/* Records that were handed on, and the bytes that they leave free: fewer when one is still being written. */
static inline void mark_batch_done(unsigned records, uint64_t bytes, int error, uint64_t ns)
{
	CEPHTAP_MARKER_NAMED(cephtap, batch__done, ("records", records), ("bytes", bytes), ("error", error),
			     ("ns", ns));
}

/* An aggregation is read from the kernel. */
static inline void mark_snapshot_start(const char *aggregation)
{
	CEPHTAP_MARKER_NAMED(cephtap, snapshot__start, ("aggregation", aggregation));
}

/* `entries`: a key for each processor that has it. `keys`: the same, merged. */
static inline void mark_snapshot_done(const char *aggregation, uint64_t entries, uint64_t keys, int error, uint64_t ns)
{
	CEPHTAP_MARKER_NAMED(cephtap, snapshot__done, ("aggregation", aggregation), ("entries", entries),
			     ("keys", keys), ("error", error), ("ns", ns));
}

/* Finished text goes to the output; not called when there is none. */
static inline void mark_print_start(uint64_t bytes)
{
	CEPHTAP_MARKER_NAMED(cephtap, print__start, ("bytes", bytes));
}

static inline void mark_print_done(uint64_t bytes, int error, uint64_t ns)
{
	CEPHTAP_MARKER_NAMED(cephtap, print__done, ("bytes", bytes), ("error", error), ("ns", ns));
}

/* So many more were lost since the last time. `cause` as in --json. */
static inline void mark_events_dropped(const char *cause, uint64_t count)
{
	CEPHTAP_MARKER_NAMED(cephtap, events__dropped, ("cause", cause), ("count", count));
}

/* All `links` are closed; those of uprobes are with so many processes, the `keepers`. Not called when there is none. */
static inline void mark_detach_start(unsigned links, unsigned keepers)
{
	CEPHTAP_MARKER_NAMED(cephtap, detach__start, ("links", links), ("keepers", keepers));
}

static inline void mark_detach_done(uint64_t ns)
{
	CEPHTAP_MARKER_NAMED(cephtap, detach__done, ("ns", ns));
}

#endif
