/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Threads for calls that only wait: making or closing a link waits tens of milliseconds for the kernel's readers, and
 * waits that overlap cost one of them.
 */
#ifndef CEPHTAP_ENGINE_KERNEL_POOL_H
#define CEPHTAP_ENGINE_KERNEL_POOL_H

enum { POOL_THREADS_MAX = 32 };

/* Calls run(data, i) for each i below n, in no order, on up to `threads` threads at once; returns when all have
 * returned. */
void pool_run(unsigned threads, unsigned n, void (*run)(void *data, unsigned i), void *data);

#endif
