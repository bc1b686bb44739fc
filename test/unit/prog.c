/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "prog.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probe/host.h"

const char *prog_path(const char *name)
{
	const char *folder = getenv("PROGS");
	static char path[4096];

	snprintf(path, sizeof(path), "%s/%s", folder ? folder : "build/test/prog", name);
	return path;
}

pid_t prog_start(const char *path)
{
	char proc[64], text[16] = "";
	pid_t pid = fork();
	FILE *file;
	int i;

	if (!pid) {
		execl(path, path, "1000000", "1000", (char *)NULL);
		_exit(127);
	}
	/* main() sleeps between its rounds: the first sleep shows that the dynamic linker is done */
	snprintf(proc, sizeof(proc), "/proc/%d/wchan", (int)pid);
	for (i = 0; i < 2000 && !strstr(text, "nanosleep"); i++) {
		usleep(1000);
		file = fopen(proc, "r");
		if (file) {
			text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
			fclose(file);
		}
		if (i > 200) /* a kernel that does not tell */
			break;
	}
	return pid;
}

void prog_stop(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

char *prog_copy(const char *path, size_t size)
{
	char *copy = strdup("/tmp/cephtap-test-XXXXXX");
	FILE *in = fopen(path, "r"), *out = NULL;
	int c, fd = copy ? mkstemp(copy) : -1;

	if (fd >= 0)
		out = fdopen(fd, "w");
	if (!in || !out)
		abort();
	while (size-- && (c = getc(in)) != EOF)
		putc(c, out);
	fchmod(fd, 0755);
	fclose(in);
	fclose(out);
	return copy;
}

int prog_add(struct probe_host *host, const char *path)
{
	struct buf why = {0};
	int error = host_add_file(host, path, &why);

	buf_free(&why);
	return error;
}
