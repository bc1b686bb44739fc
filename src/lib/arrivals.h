/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Processes that begin a program or map one of its files, on the whole host, as the kernel tells it (perf events of
 * each processor, Linux 5.10 and later, root). In: nothing. Out: numbers of processes, each soon after it happened;
 * several changes of one process in a row are one. In a container, those whose processes can be seen from there.
 */
#ifndef CEPHTAP_LIB_ARRIVALS_H
#define CEPHTAP_LIB_ARRIVALS_H

#include <stdbool.h>
#include <sys/types.h>

struct arrivals;

/* NULL, and errno: EACCES and EPERM without privilege. */
struct arrivals *arrivals_open(void);
void arrivals_close(struct arrivals *arrivals); /* NULL is allowed */
/* A descriptor to wait for (poll, epoll): readable when there is something to be told. */
int arrivals_fd(const struct arrivals *arrivals);
/* All that came since the last time. Returns how many messages the kernel had no room for: look at all processes then.
 */
unsigned long arrivals_read(struct arrivals *arrivals, void (*each)(void *data, pid_t pid), void *data);

#endif
