/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <signal.h>
#include <stddef.h>

#include "run/tracer.h"

/* From here on the third signal ends us at once: the output may be a pipe that nobody reads. */
enum { SIGNALS_PATIENT = 2 };

static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
	if (++interrupted > SIGNALS_PATIENT) {
		signal(number, SIG_DFL);
		raise(number);
	}
}

void tracer_catch_signals(void)
{
	struct sigaction action = {.sa_handler = on_signal}, old;

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	if (!sigaction(SIGHUP, NULL, &old) && old.sa_handler != SIG_IGN) /* nohup cephtap ... & */
		sigaction(SIGHUP, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_DFL); /* otherwise nobody could ask how our helpers have ended */
}

bool tracer_was_interrupted(void)
{
	return interrupted;
}
