/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Questions to admin sockets: answers, and sockets that are not what they should be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ceph/admin_socket.h"
#include "lib/moment.h"

static char folder[] = "/tmp/cephtap-asok-XXXXXX";

/* What the daemon does with a question. */
enum manner { ANSWERS, IN_PIECES, IS_SILENT, CUTS_OFF, CLAIMS_MUCH, LISTENS_NOT };

struct daemon {
	pid_t pid;
	enum manner manner;
	int listener;
	char path[64];
};

static int listen_at(const char *path, bool listens)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	if (listens)
		assert_int_equal(listen(fd, 5), 0);
	return fd;
}

static void put(int fd, const void *data, size_t size)
{
	if (write(fd, data, size) != (ssize_t)size)
		_exit(1);
}

static void answer(int fd, enum manner manner)
{
	static const char wanted[] = "{\"prefix\": \"dump_ops_in_flight\", \"format\": \"json\"}";
	char question[256];
	uint32_t size = htonl(manner == CLAIMS_MUCH ? 0xfffffff0 : 5);
	ssize_t n = read(fd, question, sizeof(question));

	if (n != sizeof(wanted) || memcmp(question, wanted, sizeof(wanted)))
		_exit(1);
	while (manner == IS_SILENT)
		pause();
	put(fd, &size, manner == IN_PIECES ? 1 : 4);
	if (manner == IN_PIECES)
		put(fd, (char *)&size + 1, 3);
	put(fd, "hel", 3);
	if (manner != CUTS_OFF)
		put(fd, "lo", 2);
}

/* Listens in a process of its own. */
static struct daemon begin(const char *name, enum manner manner)
{
	struct daemon daemon = {.manner = manner};
	int ready[2];
	char c;

	snprintf(daemon.path, sizeof(daemon.path), "%s/%s", folder, name);
	assert_int_equal(pipe(ready), 0);
	daemon.pid = fork();
	assert_true(daemon.pid >= 0);
	if (!daemon.pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		int listener = listen_at(daemon.path, manner != LISTENS_NOT), fd;

		put(ready[1], "x", 1);
		while ((fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) >= 0 || manner == LISTENS_NOT) {
			if (manner == LISTENS_NOT)
				pause();
			answer(fd, manner);
			close(fd);
		}
		_exit(0);
	}
	assert_int_equal(read(ready[0], &c, 1), 1);
	close(ready[0]);
	close(ready[1]);
	return daemon;
}

static void end(struct daemon *daemon)
{
	kill(daemon->pid, SIGKILL);
	waitpid(daemon->pid, NULL, 0);
	unlink(daemon->path);
}

static struct admin_question ask(pid_t pid)
{
	struct admin_question question = {.pid = pid};

	admin_ask(&question, 1, "dump_ops_in_flight", 300);
	return question;
}

static void check(const char *name, enum manner manner, const char *why)
{
	struct daemon daemon = begin(name, manner);
	struct admin_question question = ask(daemon.pid);

	if (why)
		assert_string_equal(question.why, why);
	else
		assert_string_equal(question.why ? question.why : "", "");
	if (!why)
		assert_string_equal(question.text.data, "hello");
	buf_free(&question.text);
	end(&daemon);
}

static void test_answers(void **state)
{
	(void)state;
	check("a", ANSWERS, NULL);
	check("a name with blanks.asok", IN_PIECES, NULL);
}

static void test_no_answer(void **state)
{
	uint64_t before = moment_now().mono_ns;

	(void)state;
	check("a", IS_SILENT, "its admin socket does not answer");
	assert_true(moment_now().mono_ns - before < 5000000000);
	check("a", CUTS_OFF, "its admin socket's answer is cut off");
	check("a", CLAIMS_MUCH, "its admin socket's answer is too long");
	check("a", LISTENS_NOT, "it has no admin socket");
}

/* One that is slow keeps nobody else from answering. */
static void test_several(void **state)
{
	struct daemon daemons[] = {begin("a", IS_SILENT), begin("b", ANSWERS), begin("c", ANSWERS)};
	struct admin_question questions[3] = {
		{.pid = daemons[0].pid}, {.pid = daemons[1].pid}, {.pid = daemons[2].pid}};

	(void)state;
	admin_ask(questions, 3, "dump_ops_in_flight", 300);
	assert_non_null(questions[0].why);
	for (unsigned i = 0; i < 3; i++) {
		if (i)
			assert_string_equal(questions[i].text.data, "hello");
		buf_free(&questions[i].text);
		end(&daemons[i]);
	}
}

/* A process that has another one's socket open: the kernel says who listens. */
static void test_not_its_own(void **state)
{
	char path[64];
	struct admin_question question;
	pid_t other;
	int fd;

	(void)state;
	snprintf(path, sizeof(path), "%s/ours", folder);
	fd = listen_at(path, true);
	other = fork();
	assert_true(other >= 0);
	if (!other)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (!other)
		pause();
	question = ask(other);
	assert_string_equal(question.why, "its admin socket is not its own");
	kill(other, SIGKILL);
	waitpid(other, NULL, 0);
	close(fd);
	unlink(path);
}

/* The name leads elsewhere by now: to somebody else's socket, to a plain file, to a socket of another user. */
static void test_exchanged(void **state)
{
	struct daemon one = begin("one", ANSWERS), other = begin("other", ANSWERS);
	struct admin_question question;
	FILE *file;

	(void)state;
	assert_int_equal(unlink(one.path), 0);
	assert_int_equal(link(other.path, one.path), 0);
	question = ask(one.pid);
	assert_string_equal(question.why, "its admin socket is not its own");
	assert_int_equal(unlink(one.path), 0);
	file = fopen(one.path, "w");
	assert_non_null(file);
	fclose(file);
	question = ask(one.pid);
	assert_string_equal(question.why, "it has no admin socket");
	if (!geteuid()) {
		assert_int_equal(chown(other.path, 12345, 0), 0);
		question = ask(other.pid);
		assert_string_equal(question.why, "it has no admin socket");
	}
	end(&one);
	end(&other);
	question = ask(other.pid); /* it has ended */
	assert_string_equal(question.why, "it has no admin socket");
}

static int set_up(void **state)
{
	(void)state;
	return !mkdtemp(folder);
}

static int tear_down(void **state)
{
	(void)state;
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),	    cmocka_unit_test(test_no_answer), cmocka_unit_test(test_several),
		cmocka_unit_test(test_not_its_own), cmocka_unit_test(test_exchanged),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
