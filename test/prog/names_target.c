/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cflags: -O1 */
/*
 * Names and texts of any bytes. Usage: names_target FILE TEXT NAME...: a thread for each NAME, called so, that fires names:::hit(i, TEXT,
 * NAME), runs a little, writes to FILE and sleeps, until it is killed. Each in hexadecimal, as the bytes would be in no other way.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include <sys/sdt.h>

static char *text;
static int file;

struct thread {
	pthread_t id;
	int number;
	char *name;
};

static char *bytes_of(const char *hex)
{
	size_t n = strlen(hex) / 2;
	char *bytes = calloc(1, n + 1);

	for (size_t i = 0; i < n; i++)
		bytes[i] = (char)strtol((char[]){hex[2 * i], hex[2 * i + 1], '\0'}, NULL, 16);
	return bytes;
}

__attribute__((noinline)) void spin(int rounds)
{
	for (volatile int i = 0; i < rounds; i++)
		;
}

__attribute__((noinline)) void work(const struct thread *thread)
{
	const struct timespec pause = {.tv_nsec = 5000000};

	DTRACE_PROBE3(names, hit, thread->number, text, thread->name);
	spin(1000000);
	if (write(file, thread->name, strlen(thread->name)) < 0 || lseek(file, 0, SEEK_SET))
		exit(1);
	nanosleep(&pause, NULL);
}

static void *run(void *data)
{
	const struct thread *thread = data;

	prctl(PR_SET_NAME, thread->name);
	for (;;)
		work(thread);
	return NULL;
}

int main(int argc, char **argv)
{
	struct thread *threads = calloc(argc, sizeof(*threads));

	if (argc < 4)
		return 2;
	file = open(bytes_of(argv[1]), O_RDWR | O_CREAT, 0600);
	text = bytes_of(argv[2]);
	for (int i = 3; i < argc; i++) {
		threads[i] = (struct thread){.number = i - 3, .name = bytes_of(argv[i])};
		if (i > 3)
			pthread_create(&threads[i].id, NULL, run, &threads[i]);
	}
	run(&threads[3]);
	return 0;
}
