/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The calls that one call makes: what a thread does from the entry of one function, the trigger, to its return. In:
 * records of the script that src/cmd/calls_script.c writes. Out: trees of calls with their times, as text, JSON or
 * folded stacks.
 *
 * The contract with the script: its first clause is for the entry of the trigger, and each record is six values of
 * trace(): the thread, the time, the stack pointer, the number of the thread's trigger call, the number of the record
 * in that call (both from 1), and how many of the thread's trigger calls have ended without a return. The record's
 * number makes sure that none is missing; a call that misses one is left out and counted.
 *
 * The stack pointer says which functions are still there: one that was entered further down the stack than where the
 * thread is now was left without a return, as an exception does.
 */
#ifndef CEPHTAP_VIEWS_CALLS_H
#define CEPHTAP_VIEWS_CALLS_H

#include "views/view.h"

/* Values of its options that the maker of the script asks for, by name. */
#define CALLS_TRIGGER	"trigger"
#define CALLS_FUNCTIONS "functions"

#endif
