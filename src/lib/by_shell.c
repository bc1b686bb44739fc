/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/by_shell.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/limits.h"

static void become_shell(const char *command, bool aside)
{
	static const int own[] = {SIGINT, SIGTERM, SIGQUIT, SIGHUP, SIGPIPE};
	sigset_t none;

	for (unsigned i = 0; i < sizeof(own) / sizeof(*own); i++)
		signal(own[i], SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	limits_restore_files();
	if (aside)
		dup2(STDERR_FILENO, STDOUT_FILENO);
	execl("/bin/sh", "sh", "-c", command, (char *)NULL);
	_exit(127);
}

int by_shell_run(const char *command, bool aside)
{
	pid_t pid = fork();

	if (pid < 0)
		return -errno;
	if (!pid)
		become_shell(command, aside);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return 0;
}
