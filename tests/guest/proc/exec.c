// SPDX-License-Identifier: GPL-2.0-only
/* execve, the stack it makes, scripts, close-on-exec. */
#include "tap.h"

#include <elf.h>
#include <limits.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>

#define BUSYBOX "/bin/busybox"

/* Run a program with its output in a file; its exit status. */
static int run(const char *path, char *const argv[], char *const envp[])
{
	int st;
	pid_t pid = fork();

	if (!pid) {
		dup2(open("out", O_CREAT | O_TRUNC | O_WRONLY, 0600), 1);
		execve(path, argv, envp);
		_exit(126);
	}
	NEED(waitpid(pid, &st, 0) == pid && WIFEXITED(st));
	return WEXITSTATUS(st);
}

CASE(arguments_and_environment_arrive)
{
	char *argv[] = { "sh", "-c", "echo \"$0 $1 $2 $X\"", "zero", "", "two words", NULL };
	char *envp[] = { "X=value", NULL };

	CHECK_EQ(run("/bin/sh", argv, envp), 0);
	CHECK_STR(read_file("out"), "zero  two words value\n");
}

CASE(errors)
{
	char *argv[] = { "x", NULL };
	struct stat st;

	FAILS(execve("absent", argv, NULL), ENOENT);
	FAILS(execve("/tmp", argv, NULL), EACCES);
	write_file("noexec", "#!/bin/sh\n");
	FAILS(execve("noexec", argv, NULL), EACCES);
	FAILS(execve("noexec/x", argv, NULL), ENOTDIR);
	write_file("empty", "");
	chmod("empty", 0755);
	FAILS(execve("empty", argv, NULL), ENOEXEC);
	write_file("text", "hello world, this is no program\n");
	chmod("text", 0755);
	FAILS(execve("text", argv, NULL), ENOEXEC);
	write_file("noint", "#!/absent/interpreter\n");
	chmod("noint", 0755);
	FAILS(execve("noint", argv, NULL), ENOENT);
	FAILS(syscall(SYS_execve, 8, argv, NULL), EFAULT);
	FAILS(syscall(SYS_execve, "/bin/true", (char **)8, NULL), EFAULT);
	char *bad[] = { "x", (char *)8, NULL };
	FAILS(execve("/bin/true", bad, NULL), EFAULT);
	CHECK(stat("/bin/true", &st) == 0);
}

CASE(broken_elf_headers_are_refused)
{
	Elf64_Ehdr h;
	char *argv[] = { "x", NULL };
	int fd = open(BUSYBOX, O_RDONLY), st;

	NEED(read(fd, &h, sizeof(h)) == sizeof(h));
	for (int i = 0; i < 7; i++) {
		Elf64_Ehdr b = h;

		switch (i) {
		case 0: b.e_ident[EI_CLASS] = ELFCLASS32; break;
		case 1: b.e_machine = EM_ARM; break;
		case 2: b.e_type = ET_REL; break;
		case 3: b.e_phentsize = 1; break;
		case 4: b.e_phnum = 0; break;
		case 5: b.e_phoff = ~0ull - 10; break;
		case 6: b.e_phnum = 0xffff; break;
		}
		int out = open("bad", O_CREAT | O_TRUNC | O_WRONLY, 0755);
		NEED(write(out, &b, sizeof(b)) == sizeof(b));
		close(out);
		pid_t pid = fork();
		if (!pid) {
			execve("bad", argv, NULL);
			_exit(errno == ENOEXEC || errno == EIO ? 55 : 56);
		}
		waitpid(pid, &st, 0);
		if (!(WIFSIGNALED(st) || (WIFEXITED(st) && WEXITSTATUS(st) == 55)))
			tap_fail(__LINE__, "variant %d: status %#x", i, st);
	}
}

CASE(truncated_and_random_elf_never_harm)
{
	static char image[70000];
	char *argv[] = { "x", NULL };
	int fd = open(BUSYBOX, O_RDONLY), st;
	ssize_t n = read(fd, image, sizeof(image));
	unsigned seed = 12345;

	NEED(n > 1000);
	for (int round = 0; round < 40; round++) {
		int out = open("fuzz", O_CREAT | O_TRUNC | O_WRONLY, 0755);
		char save[400];

		memcpy(save, image, sizeof(save));
		for (int i = 0; i < 8; i++) {
			seed = seed * 1103515245 + 12345;
			image[16 + (seed >> 16) % 380] = (char)(seed >> 8);
		}
		write(out, image, round & 1 ? n : 400);
		close(out);
		memcpy(image, save, sizeof(save));
		pid_t pid = fork();
		if (!pid) {
			alarm(2);
			execve("fuzz", argv, NULL);
			_exit(0);
		}
		NEED(waitpid(pid, &st, 0) == pid);
	}
}

CASE(scripts_get_interpreter_and_argument)
{
	char *argv[] = { "name", "arg", NULL };

	write_file("s", "#! /bin/sh -e\necho \"$0 $1\"\nfalse\necho not reached\n");
	chmod("s", 0755);
	CHECK_EQ(run("./s", argv, environ), 1);
	CHECK_STR(read_file("out"), "./s arg\n");
	write_file("s2", "#!./s\n");
	chmod("s2", 0755);
	CHECK_EQ(run("./s2", argv, environ), 1);
	CHECK_STR(read_file("out"), "./s ./s2\n");
	write_file("loop", "#!./loop\n");
	chmod("loop", 0755);
	FAILS(execve("./loop", argv, environ), ELOOP);
}

CASE(cloexec_descriptors_close)
{
	char *argv[] = { "sh", "-c", "[ -e /proc/self/fd/50 ] && [ ! -e /proc/self/fd/51 ]", NULL };

	dup2(open("/dev/null", O_RDONLY), 50);
	dup3(50, 51, O_CLOEXEC);
	CHECK_EQ(run("/bin/sh", argv, environ), 0);
}

static void on_signal(int sig)
{
}

CASE(caught_signals_reset_and_ignored_stay)
{
	char *argv[] = { "sh", "-c", "grep -E 'Sig(Ign|Cgt|Blk)' /proc/self/status", NULL };
	sigset_t s;

	signal(SIGUSR1, SIG_IGN);
	signal(SIGUSR2, on_signal);
	sigemptyset(&s);
	sigaddset(&s, SIGHUP);
	sigprocmask(SIG_BLOCK, &s, NULL);
	CHECK_EQ(run("/bin/sh", argv, environ), 0);
	const char *text = read_file("out");
	CHECK_EQ(strtoul(strstr(text, "SigBlk:") + 7, NULL, 16), 1);
	CHECK_EQ(strtoul(strstr(text, "SigIgn:") + 7, NULL, 16) & 0xa00, 0x200);
	CHECK_EQ(strtoul(strstr(text, "SigCgt:") + 7, NULL, 16) & 0xa00, 0);
}

CASE(auxiliary_vector_is_complete)
{
	CHECK_EQ(getauxval(AT_PAGESZ), 4096);
	CHECK_EQ(getauxval(AT_UID), getuid());
	CHECK_EQ(getauxval(AT_EGID), getegid());
	CHECK_EQ(getauxval(AT_SECURE), 0);
	CHECK_EQ(getauxval(AT_CLKTCK), 100);
	CHECK(getauxval(AT_RANDOM) != 0);
	CHECK(getauxval(AT_SYSINFO_EHDR) != 0);
	CHECK(!memcmp((void *)getauxval(AT_SYSINFO_EHDR), "\177ELF", 4));
	CHECK(getauxval(AT_PHDR) && getauxval(AT_PHNUM) && getauxval(AT_ENTRY));
	CHECK_STR((char *)getauxval(AT_PLATFORM), "x86_64");
	CHECK(getauxval(AT_HWCAP) != 0);
	CHECK(strstr((char *)getauxval(AT_EXECFN), "exec") != NULL);
}

CASE(long_argument_lists)
{
	static char big[131073];
	char *one[] = { "true", big, NULL };
	char **many;
	int n = 20000;

	memset(big, 'a', sizeof(big) - 1);
	CHECK_EQ(run("/bin/true", one, environ), 126);	/* MAX_ARG_STRLEN counts the NUL */
	big[131071] = 0;
	CHECK_EQ(run("/bin/true", one, environ), 0);
	many = calloc(n + 1, sizeof(char *));
	for (int i = 0; i < n; i++)
		many[i] = i ? "0123456789" : "true";
	CHECK_EQ(run("/bin/true", many, environ), 0);
	for (int i = 1; i < n; i++)
		many[i] = big + 131000 - 1000;
	FAILS(execve("/bin/true", many, environ), E2BIG);
}

CASE(running_program_cannot_be_written)
{
	char *argv[] = { "sleep", "5", NULL }, comm[32];
	pid_t pid;

	NEED(system("cp " BUSYBOX " sleep") == 0);
	pid = fork();
	snprintf(comm, sizeof(comm), "/proc/%d/comm", pid);
	if (!pid) {
		execve("./sleep", argv, environ);
		_exit(1);
	}
	for (int i = 0; i < 500 && !strstr(read_file(comm), "sleep"); i++)
		msleep(1);
	FAILS(open("sleep", O_WRONLY), ETXTBSY);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	int w = open("sleep", O_WRONLY);
	CHECK(w >= 0);
	FAILS(execve("./sleep", argv, environ), ETXTBSY);
}

/* As container runtimes do: a sealed copy of the program in memory, run by the descriptor that made it. */
CASE(execveat_of_what_was_made_in_memory)
{
	char *argv[] = { "sh", "-c", "exit 7", NULL }, path[40];
	int st, from = open(BUSYBOX, O_RDONLY), fd = memfd_create("copy", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	pid_t pid;

	NEED(from >= 0 && fd >= 0);
	NEED(sendfile(fd, from, NULL, 1 << 30) > 0);
	CHECK_EQ(fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE), 0);
	pid = fork();
	if (!pid) {
		syscall(SYS_execveat, fd, "", argv, environ, AT_EMPTY_PATH);
		_exit(1);
	}
	NEED(waitpid(pid, &st, 0) == pid);
	CHECK(WIFEXITED(st) && WEXITSTATUS(st) == 7);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	fd = open(path, O_RDWR);	/* who opens it to write is in the way */
	NEED(fd >= 0);
	FAILS(syscall(SYS_execveat, fd, "", argv, environ, AT_EMPTY_PATH), ETXTBSY);
}

CASE(execveat_by_descriptor)
{
	char *argv[] = { "true", NULL };
	int st, fd = open("/bin/true", O_PATH | O_CLOEXEC);
	pid_t pid = fork();

	if (!pid) {
		syscall(SYS_execveat, fd, "", argv, environ, AT_EMPTY_PATH);
		_exit(1);
	}
	waitpid(pid, &st, 0);
	CHECK_EQ(st, 0);
	FAILS(syscall(SYS_execveat, fd, "", argv, environ, 0), ENOENT);
	FAILS(syscall(SYS_execveat, fd, "/bin/true", argv, environ, 0x8000000), EINVAL);
}

CASE(core_file_is_written)
{
	struct rlimit rl = { RLIM_INFINITY, RLIM_INFINITY };
	Elf64_Ehdr h;
	int st, fd;
	pid_t pid;

	if (strcmp(read_file("/proc/sys/kernel/core_pattern"), "core\n"))
		SKIP("core_pattern is not \"core\"");
	if (setrlimit(RLIMIT_CORE, &rl))
		SKIP("cannot raise the core limit");
	pid = fork();
	if (!pid)
		abort();
	waitpid(pid, &st, 0);
	CHECK(WIFSIGNALED(st) && WTERMSIG(st) == SIGABRT && WCOREDUMP(st));
	fd = open("core", O_RDONLY);
	NEED(fd >= 0 && read(fd, &h, sizeof(h)) == sizeof(h));
	CHECK(!memcmp(h.e_ident, ELFMAG, SELFMAG) && h.e_type == ET_CORE);
}

TAP_MAIN
