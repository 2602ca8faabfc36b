// SPDX-License-Identifier: GPL-2.0-only
/* binfmt_misc: registration, matching, flags, status; 32-bit programs. guest-modules: binfmt_misc */
#include "../tap.h"

#include <sys/auxv.h>
#include <sys/mount.h>
#include <sys/vfs.h>

#define DIR "/proc/sys/fs/binfmt_misc/"

static void mount_it(void)
{
	struct statfs s;

	NEED(statfs(DIR, &s) == 0);
	if (s.f_type != 0x42494e4d)
		NEED(mount("binfmt_misc", "/proc/sys/fs/binfmt_misc", "binfmt_misc", 0, NULL) == 0);
}

/* An interpreter that prints its arguments, and a rule about it. */
static void interpreter(void)
{
	write_file("interp", "#!/bin/sh\necho \"0:$0 n:$#\"\nfor a; do echo \"$a\"; done\n");
	NEED(chmod("interp", 0755) == 0);
}

static long rule(const char *format)
{
	char text[2048], cwd[64];

	NEED(getcwd(cwd, sizeof(cwd)));
	snprintf(text, sizeof(text), format, cwd);
	return put_file(DIR "register", text);
}

static const char *output(const char *command)
{
	static char text[4096];
	FILE *p = popen(command, "r");
	size_t n;

	NEED(p);
	n = fread(text, 1, sizeof(text) - 1, p);
	text[n] = '\0';
	pclose(p);
	return text;
}

CASE(status_switches_everything)
{
	struct stat st;

	mount_it();
	NEED(stat(DIR "register", &st) == 0);
	CHECK_EQ(st.st_mode, S_IFREG | 0200);
	NEED(stat(DIR "status", &st) == 0);
	CHECK_EQ(st.st_mode, S_IFREG | 0644);
	CHECK_STR(read_file(DIR "status"), "enabled\n");
	CHECK(put_file(DIR "status", "0\n") == 0);
	CHECK_STR(read_file(DIR "status"), "disabled\n");
	CHECK(put_file(DIR "status", "1") == 0);
	CHECK_STR(read_file(DIR "status"), "enabled\n");
	FAILS(put_file(DIR "status", "2"), EINVAL);
	FAILS(put_file(DIR "status", "enable"), EINVAL);
	FAILS(open(DIR "new", O_CREAT | O_WRONLY, 0644), EACCES);
	FAILS(mkdir(DIR "new", 0755), EPERM);
	FAILS(unlink(DIR "status"), EPERM);
}

CASE(magic_rule_is_shown_and_removed)
{
	mount_it();
	CHECK(put_file(DIR "register", ":t_magic:M:2:\\x01AB\\xff:\\xff\\xff\\xf0\\x0f:/bin/true:OC\n") == 0);
	CHECK_STR(read_file(DIR "t_magic"),
		  "enabled\ninterpreter /bin/true\nflags: OC\noffset 2\nmagic 014142ff\nmask fffff00f\n");
	CHECK(put_file(DIR "t_magic", "0") == 0);
	CHECK(strstr(read_file(DIR "t_magic"), "disabled\n"));
	FAILS(put_file(DIR "t_magic", "x"), EINVAL);
	FAILS(put_file(DIR "register", ":t_magic:E::q::/bin/true:"), EEXIST);
	CHECK(put_file(DIR "t_magic", "-1\n") == 0);
	FAILS(open(DIR "t_magic", O_RDONLY), ENOENT);
	CHECK(put_file(DIR "register", ":t_magic:E::q::/bin/true:P") == 0);
	CHECK_STR(read_file(DIR "t_magic"), "enabled\ninterpreter /bin/true\nflags: P\nextension .q\n");
	CHECK(put_file(DIR "t_magic", "-1") == 0);
}

CASE(removed_rule_stays_readable_while_open)
{
	char text[256];
	int fd;

	mount_it();
	NEED(put_file(DIR "register", ":t_open:E::q::/bin/true:") == 0);
	NEED((fd = open(DIR "t_open", O_RDWR)) >= 0);
	CHECK(write(fd, "-1", 2) == 2);
	CHECK(read(fd, text, sizeof(text)) > 20);
	CHECK(write(fd, "-1", 2) == 2);
	FAILS(access(DIR "t_open", F_OK), ENOENT);
	NEED(put_file(DIR "register", ":t_open:E::q::/bin/true:") == 0);
	CHECK(access(DIR "t_open", F_OK) == 0);
	close(fd);
	CHECK(access(DIR "t_open", F_OK) == 0);
	CHECK(put_file(DIR "t_open", "-1") == 0);
}

CASE(register_refuses)
{
	static const char *const bad[] = {
		":a:M::x::/bin/i", ":a:X::x::/bin/i:", "::M::x::/bin/i:", ":..:M::x::/bin/i:",
		":a/b:M::x::/bin/i:", ":a:M::::/bin/i:", ":a:M::x:yy:/bin/i:", ":a:M::\\xg0::/bin/i:",
		":a:M:-1:x::/bin/i:", ":a:M:1k:x::/bin/i:", ":a:M:256:x::/bin/i:", ":a:M::x:::",
		":a:E::::/bin/i:", ":a:E::a/b::/bin/i:", ":a:E::x::/bin/i:Z", ":a:E::x::/bin/i:\nP", "short",
	};

	mount_it();
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		FAILS(put_file(DIR "register", bad[i]), EINVAL);
	FAILS(put_file(DIR "register", ":t_fixed:E::q::/no/such/file:F"), ENOENT);
	FAILS(open(DIR "t_fixed", O_RDONLY), ENOENT);
}

CASE(extension_runs_the_interpreter)
{
	char want[256], cwd[64];

	mount_it();
	interpreter();
	NEED(getcwd(cwd, sizeof(cwd)));
	write_file("prog.tern", "anything");
	NEED(chmod("prog.tern", 0755) == 0);
	NEED(rule(":t_ext:E::tern::%s/interp:") == 0);
	snprintf(want, sizeof(want), "0:%s/interp n:3\n./prog.tern\none\ntwo\n", cwd);
	CHECK_STR(output("./prog.tern one two"), want);
	CHECK(put_file(DIR "t_ext", "0") == 0);
	CHECK(system("./prog.tern 2>/dev/null") != 0);
	CHECK(put_file(DIR "t_ext", "1") == 0);
	CHECK(put_file(DIR "status", "0") == 0);
	CHECK(execl("./prog.tern", "x", NULL) == -1 && errno == ENOEXEC);
	CHECK(put_file(DIR "status", "1") == 0);
	CHECK_STR(output("./prog.tern one two"), want);
	CHECK(put_file(DIR "t_ext", "-1") == 0);
}

CASE(argv0_is_kept_by_flag_p)
{
	char cwd[64], want[256], got[512];
	ssize_t n;
	pid_t pid;
	int p[2];

	mount_it();
	interpreter();
	NEED(getcwd(cwd, sizeof(cwd)));
	write_file("prog", "\x01TERN...");
	NEED(chmod("prog", 0755) == 0);
	NEED(rule(":t_p:M::\\x01TERN::%s/interp:P") == 0);
	snprintf(want, sizeof(want), "0:%s/interp n:3\n./prog\nname\narg\n", cwd);
	NEED(pipe(p) == 0);
	CHILD(pid, dup2(p[1], 1); execl("./prog", "name", "arg", NULL); _exit(9));
	JOIN(pid);
	n = read(p[0], got, sizeof(got) - 1);
	got[n > 0 ? n : 0] = '\0';
	CHECK_STR(got, want);
	CHECK(put_file(DIR "t_p", "-1") == 0);
}

/* This program as interpreter says what the kernel told it. */
static void __attribute__((constructor)) be_interpreter(void)
{
	unsigned long fd = getauxval(AT_EXECFD);
	char text[64] = "";

	if (!strstr(program_invocation_name, "self-interp"))
		return;
	if (getauxval(AT_EXECFN) && read((int)fd, text, sizeof(text) - 1) > 0)
		printf("flags %lu fd %d text %s cloexec %d euid %d\n", getauxval(AT_FLAGS),
		       fcntl((int)fd, F_GETFD) >= 0, text, fcntl((int)fd, F_GETFD), geteuid());
	else
		printf("flags %lu nofd\n", getauxval(AT_FLAGS));
	fflush(stdout);
	_exit(0);
}

static void copy_self(const char *to)
{
	char command[128];

	snprintf(command, sizeof(command), "cp /proc/%d/exe %s && chmod 755 %s", getpid(), to, to);
	NEED(system(command) == 0);
}

CASE(descriptor_by_flag_o)
{
	int fd;

	mount_it();
	copy_self("self-interp");
	write_file("prog", "\x01TERX");
	NEED(chmod("prog", 0711) == 0);
	NEED(rule(":t_o:M::\\x01TERX::%s/self-interp:O") == 0);
	CHECK_STR(output("./prog"), "flags 0 fd 1 text \x01TERX cloexec 0 euid 0\n");
	CHECK(put_file(DIR "t_o", "-1") == 0);
	NEED(rule(":t_o:M::\\x01TERX::%s/self-interp:OP") == 0);
	CHECK_STR(output("./prog"), "flags 1 fd 1 text \x01TERX cloexec 0 euid 0\n");
	fd = open("prog", O_WRONLY);
	CHECK(fd >= 0);
	CHECK(put_file(DIR "t_o", "-1") == 0);
}

CASE(credentials_by_flag_c)
{
	mount_it();
	NEED(mkdir("suid", 0755) == 0);		/* /tmp may ignore set-id bits */
	NEED(mount("tmpfs", "suid", "tmpfs", 0, NULL) == 0);
	NEED(chdir("suid") == 0);
	copy_self("self-interp");
	write_file("prog", "\x01TERY");
	NEED(chown("prog", 1234, 1234) == 0);
	NEED(chmod("prog", 04755) == 0);
	NEED(rule(":t_c:M::\\x01TERY::%s/self-interp:O") == 0);
	CHECK(strstr(output("./prog"), "euid 0\n"));
	CHECK(put_file(DIR "t_c", "-1") == 0);
	NEED(rule(":t_c:M::\\x01TERY::%s/self-interp:C") == 0);
	CHECK(strstr(output("./prog"), "euid 1234\n"));
	CHECK(put_file(DIR "t_c", "-1") == 0);
	NEED(chdir("..") == 0);
	CHECK(umount("suid") == 0);
}

CASE(fixed_interpreter_outlives_its_name)
{
	mount_it();
	copy_self("self-interp");
	write_file("prog", "\x01TERZ");
	NEED(chmod("prog", 0755) == 0);
	NEED(rule(":t_f:M::\\x01TERZ::%s/self-interp:F") == 0);
	FAILS(open("self-interp", O_WRONLY), ETXTBSY);
	NEED(unlink("self-interp") == 0);
	CHECK_STR(output("./prog"), "flags 0 nofd\n");
	CHECK_STR(output("./prog"), "flags 0 nofd\n");
	CHECK(put_file(DIR "t_f", "-1") == 0);
	CHECK(execl("./prog", "x", NULL) == -1 && errno == ENOEXEC);
}

CASE(newest_rule_wins_until_unmounted)
{
	mount_it();
	copy_self("self-interp");
	interpreter();
	write_file("prog.two", "\x01TERW");
	NEED(chmod("prog.two", 0755) == 0);
	NEED(rule(":t_old:M::\\x01TERW::%s/interp:") == 0);
	NEED(rule(":t_new:E::two::%s/self-interp:") == 0);
	CHECK_STR(output("./prog.two"), "flags 0 nofd\n");
	CHECK(put_file(DIR "t_new", "-1") == 0);
	CHECK(strstr(output("./prog.two"), "interp n:1\n./prog.two\n"));
	CHECK(put_file(DIR "status", "-1") == 0);
	FAILS(open(DIR "t_old", O_RDONLY), ENOENT);
	CHECK_STR(read_file(DIR "status"), "enabled\n");
	NEED(rule(":t_old:M::\\x01TERW::%s/interp:") == 0);
	NEED(mkdir("m", 0755) == 0);
	NEED(mount("binfmt_misc", "m", "binfmt_misc", 0, NULL) == 0);
	CHECK(access("m/t_old", F_OK) == 0);
	NEED(umount("/proc/sys/fs/binfmt_misc") == 0);
	CHECK(strstr(output("./prog.two"), "interp n:1\n./prog.two\n"));
	NEED(umount("m") == 0);
	CHECK(execl("./prog.two", "x", NULL) == -1 && errno == ENOEXEC);
	mount_it();
	FAILS(open(DIR "t_old", O_RDONLY), ENOENT);
}

CASE(loops_end)
{
	mount_it();
	interpreter();
	write_file("a.loop", "x");
	NEED(chmod("a.loop", 0755) == 0);
	NEED(rule(":t_loop:E::loop::%s/a.loop:") == 0);
	CHECK(execl("./a.loop", "x", NULL) == -1 && errno == ELOOP);
	CHECK(put_file(DIR "t_loop", "-1") == 0);
}

/* A 32-bit program of an architecture that no kernel here runs. */
CASE(foreign_elf_is_refused)
{
	static const char head[64] = "\177ELF\1\1\1\0\0\0\0\0\0\0\0\0\2\0\50\0\1";
	int fd = open("arm", O_CREAT | O_WRONLY, 0755);

	NEED(write(fd, head, sizeof(head)) == sizeof(head));
	close(fd);
	CHECK(execl("./arm", "x", NULL) == -1 && errno == ENOEXEC);
}
TAP_MAIN
