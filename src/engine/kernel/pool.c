/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/kernel/pool.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

struct pool {
	unsigned n;
	atomic_uint next;
	void (*run)(void *data, unsigned i);
	void *data;
};

static void *pool_work(void *arg)
{
	struct pool *pool = arg;
	unsigned i;

	while ((i = atomic_fetch_add(&pool->next, 1)) < pool->n)
		pool->run(pool->data, i);
	return NULL;
}

void pool_run(unsigned threads, unsigned n, void (*run)(void *data, unsigned i), void *data)
{
	struct pool pool = {.n = n, .run = run, .data = data};
	pthread_t ids[POOL_THREADS_MAX];
	unsigned len = 0;
	sigset_t all, old;

	/* Signals are for the main thread: it waits for them. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	while (len + 1 < n && len + 1 < threads && len < POOL_THREADS_MAX) {
		if (pthread_create(&ids[len], NULL, pool_work, &pool))
			break; /* fewer do as well, only later */
		len++;
	}
	pool_work(&pool);
	while (len)
		pthread_join(ids[--len], NULL);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}
