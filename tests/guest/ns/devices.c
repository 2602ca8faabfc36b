// SPDX-License-Identifier: GPL-2.0-only
/* Programs that say which devices a control group may use: bpf(2) with BPF_CGROUP_DEVICE, as container runtimes do. */
#include "../cgroup.h"
#include "../ipc/uring.h"

#include <linux/bpf.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

#define INSN(c, d, s, o, i) ((struct bpf_insn){ .code = (c), .dst_reg = (d), .src_reg = (s), .off = (o), .imm = (i) })
#define LOAD(d, off) INSN(BPF_LDX | BPF_MEM | BPF_W, d, 1, off, 0)
#define MOV(d, k) INSN(BPF_ALU64 | BPF_MOV | BPF_K, d, 0, 0, k)
#define JNE(d, k, o) INSN(BPF_JMP | BPF_JNE | BPF_K, d, 0, o, k)
#define EXIT INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)

static char log_text[4096];

static long bpf(int cmd, union bpf_attr *a, unsigned size)
{
	return syscall(SYS_bpf, cmd, a, size);
}

static int load_as(int type, const struct bpf_insn *p, unsigned n, int level)
{
	union bpf_attr a = { .prog_type = (uint32_t)type, .insns = (uintptr_t)p, .insn_cnt = n,
			     .license = (uintptr_t)"GPL" };

	strcpy(a.prog_name, "judge");
	if (level) {
		a.log_level = (uint32_t)level;
		a.log_buf = (uintptr_t)log_text;
		a.log_size = sizeof(log_text);
	}
	return (int)bpf(BPF_PROG_LOAD, &a, sizeof(a));
}

static int load(const struct bpf_insn *p, unsigned n) { return load_as(BPF_PROG_TYPE_CGROUP_DEVICE, p, n, 0); }

/* A program that always says @verdict. */
static int always(int verdict)
{
	struct bpf_insn p[] = { MOV(0, verdict), EXIT };
	int fd = load(p, 2);

	NEED(fd >= 0);
	return fd;
}

/* A program that forbids @access (BPF_DEVCG_ACC_*) to the character device 1:@minor. */
static int all_but(int minor, int access)
{
	struct bpf_insn p[] = {
		LOAD(2, 0), LOAD(3, 4), LOAD(4, 8),
		MOV(0, 1),
		INSN(BPF_ALU64 | BPF_MOV | BPF_X, 5, 2, 0, 0),
		INSN(BPF_ALU | BPF_AND | BPF_K, 5, 0, 0, 0xffff),
		JNE(5, BPF_DEVCG_DEV_CHAR, 6),
		JNE(3, 1, 5),
		JNE(4, minor, 4),
		INSN(BPF_ALU | BPF_RSH | BPF_K, 2, 0, 0, 16),
		INSN(BPF_ALU | BPF_AND | BPF_K, 2, 0, 0, access),
		INSN(BPF_JMP | BPF_JEQ | BPF_K, 2, 0, 1, 0),
		MOV(0, 0),
		EXIT,
	};
	int fd = load(p, sizeof(p) / sizeof(*p));

	NEED(fd >= 0);
	return fd;
}

static int group_fd(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY);

	NEED(fd >= 0);
	return fd;
}

static long attach_over(const char *dir, int prog, unsigned flags, int replace)
{
	union bpf_attr a = { .target_fd = (uint32_t)group_fd(dir), .attach_bpf_fd = (uint32_t)prog,
			     .attach_type = BPF_CGROUP_DEVICE, .attach_flags = flags,
			     .replace_bpf_fd = (uint32_t)replace };
	long err = bpf(BPF_PROG_ATTACH, &a, sizeof(a));
	int saved = errno;

	close((int)a.target_fd);
	errno = saved;
	return err;
}

static long attach(const char *dir, int prog, unsigned flags) { return attach_over(dir, prog, flags, 0); }

static long detach(const char *dir, int prog)
{
	union bpf_attr a = { .target_fd = (uint32_t)group_fd(dir), .attach_bpf_fd = (uint32_t)prog,
			     .attach_type = BPF_CGROUP_DEVICE };
	long err = bpf(BPF_PROG_DETACH, &a, sizeof(a));
	int saved = errno;

	close((int)a.target_fd);
	errno = saved;
	return err;
}

static uint32_t ids[8], attached;

/* How many programs @dir has, or -1; their numbers are in ids. */
static long listed(const char *dir, unsigned flags, unsigned room)
{
	union bpf_attr a = { 0 };
	long err;

	a.query.target_fd = (uint32_t)group_fd(dir);
	a.query.attach_type = BPF_CGROUP_DEVICE;
	a.query.query_flags = flags;
	a.query.prog_ids = (uintptr_t)ids;
	a.query.prog_cnt = room;
	memset(ids, 0, sizeof(ids));
	err = bpf(BPF_PROG_QUERY, &a, sizeof(a));
	close((int)a.query.target_fd);
	attached = a.query.attach_flags;
	return err ? -1 : (long)a.query.prog_cnt;
}

static struct bpf_prog_info info_of(int prog)
{
	struct bpf_prog_info info = { 0 };
	union bpf_attr a = { .info = { .bpf_fd = (uint32_t)prog, .info_len = sizeof(info), .info = (uintptr_t)&info } };

	CHECK_EQ(bpf(BPF_OBJ_GET_INFO_BY_FD, &a, sizeof(a)), 0);
	return info;
}

/* 0 or errno. */
static int opens(const char *path, int flags)
{
	int fd = open(path, flags);

	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

static void begin(void)
{
	if (group_begin("+pids", 'd'))
		SKIP("no control groups");
}

static void end(void)
{
	put(ROOT, "cgroup.procs", "0");
	group_end();
}

CASE(a_program_forbids_devices)
{
	int prog;

	begin();
	prog = all_but(3, BPF_DEVCG_ACC_WRITE);
	CHECK_EQ(attach(top, prog, 0), 0);
	CHECK_EQ(opens("/dev/null", O_RDWR), 0);	/* not in the group yet */
	enter(top);
	CHECK_EQ(opens("/dev/null", O_RDONLY), 0);
	CHECK_EQ(opens("/dev/null", O_WRONLY), EPERM);
	CHECK_EQ(opens("/dev/null", O_RDWR), EPERM);
	FAILS(access("/dev/null", W_OK), EPERM);
	CHECK_EQ(access("/dev/null", R_OK), 0);
	CHECK_EQ(opens("/dev/zero", O_RDWR), 0);
	CHECK_EQ(detach(top, prog), 0);
	CHECK_EQ(opens("/dev/null", O_RDWR), 0);
	FAILS(detach(top, prog), ENOENT);
	end();
}

/* Who works for a ring acts for its user's group. */
CASE(also_by_workers)
{
	struct ring r;
	struct sqe *s;
	int to[2];
	char c;

	begin();
	ring_open(&r, 4);
	NEED(!pipe(to));
	CHECK_EQ(attach(top, all_but(3, BPF_DEVCG_ACC_WRITE), 0), 0);
	enter(top);
	s = rw(&r, OPENAT, AT_FDCWD, "/dev/null", 0, 0, 1);
	s->opflags = O_WRONLY;
	s->flags = ASYNC;
	ring_enter(&r, 1);
	CHECK_EQ(next(&r).res, -EPERM);
	s = rw(&r, OPENAT, AT_FDCWD, "/dev/zero", 0, 0, 2);
	s->opflags = O_WRONLY;
	s->flags = ASYNC;
	ring_enter(&r, 1);
	CHECK(next(&r).res >= 0);
	rw(&r, READ, to[0], &c, 1, 0, 3)->flags = LINK;	/* waits, and the other after it */
	rw(&r, OPENAT, AT_FDCWD, "/dev/null", 0, 0, 4)->opflags = O_WRONLY;
	ring_enter(&r, 0);
	CHECK_EQ(write(to[1], "x", 1), 1);
	CHECK_EQ(next(&r).res, 1);
	CHECK_EQ(next(&r).res, -EPERM);
	close(r.fd);
	end();
}

CASE(and_making_them)
{
	begin();
	CHECK_EQ(attach(top, all_but(77, BPF_DEVCG_ACC_MKNOD), 0), 0);
	enter(top);
	FAILS(mknod("n", S_IFCHR | 0600, makedev(1, 77)), EPERM);
	CHECK_EQ(mknod("n", S_IFCHR | 0600, makedev(1, 78)), 0);
	CHECK_EQ(mknod("b", S_IFBLK | 0600, makedev(1, 77)), 0);
	CHECK_EQ(mknod("w", S_IFCHR | 0600, 0), 0);
	CHECK_EQ(mknod("f", S_IFREG | 0600, 0), 0);
	end();
}

CASE(without_flags_groups_below_have_none)
{
	char *below;

	begin();
	below = sub("a");
	NEED(!mkdir(below, 0755));
	CHECK_EQ(attach(top, all_but(3, BPF_DEVCG_ACC_READ), 0), 0);
	FAILS(attach(below, always(1), 0), EPERM);
	FAILS(attach(below, always(1), BPF_F_ALLOW_MULTI), EPERM);
	enter(below);
	CHECK_EQ(opens("/dev/null", O_RDONLY), EPERM);	/* inherited */
	CHECK_EQ(attach(top, always(1), 0), 0);		/* in place of the other */
	CHECK_EQ(listed(top, 0, 8), 1);
	CHECK_EQ(opens("/dev/null", O_RDONLY), 0);
	FAILS(attach(top, always(1), BPF_F_ALLOW_MULTI), EPERM);
	CHECK_EQ(detach(top, -1), 0);
	put(ROOT, "cgroup.procs", "0");
	rmdir(below);
	end();
}

CASE(one_below_overrides)
{
	char *below;

	begin();
	below = sub("a");
	NEED(!mkdir(below, 0755));
	CHECK_EQ(attach(top, always(0), BPF_F_ALLOW_OVERRIDE), 0);
	CHECK_EQ(attach(below, always(1), BPF_F_ALLOW_OVERRIDE), 0);
	enter(below);
	CHECK_EQ(opens("/dev/null", O_RDONLY), 0);
	CHECK_EQ(listed(below, BPF_F_QUERY_EFFECTIVE, 8), 1);
	CHECK_EQ(detach(below, -1), 0);
	CHECK_EQ(opens("/dev/null", O_RDONLY), EPERM);
	put(ROOT, "cgroup.procs", "0");
	rmdir(below);
	end();
}

CASE(several_must_agree)
{
	int first, second;
	char *below;

	begin();
	below = sub("a");
	NEED(!mkdir(below, 0755));
	first = all_but(3, BPF_DEVCG_ACC_READ);
	second = all_but(5, BPF_DEVCG_ACC_READ);
	CHECK_EQ(attach(top, first, BPF_F_ALLOW_MULTI), 0);
	CHECK_EQ(attach(below, second, BPF_F_ALLOW_MULTI), 0);
	FAILS(attach(below, second, BPF_F_ALLOW_MULTI), EINVAL);
	enter(below);
	CHECK_EQ(opens("/dev/null", O_RDONLY), EPERM);
	CHECK_EQ(opens("/dev/zero", O_RDONLY), EPERM);
	CHECK_EQ(opens("/dev/full", O_RDONLY), 0);
	CHECK_EQ(listed(below, 0, 8), 1);
	CHECK_EQ(attached, BPF_F_ALLOW_MULTI);
	CHECK_EQ(ids[0], info_of(second).id);
	CHECK_EQ(listed(below, BPF_F_QUERY_EFFECTIVE, 8), 2);
	CHECK_EQ(ids[0], info_of(second).id);
	CHECK_EQ(ids[1], info_of(first).id);
	FAILS(listed(below, BPF_F_QUERY_EFFECTIVE, 1), ENOSPC);
	CHECK_EQ(listed(below, 0, 0), 1);
	FAILS(detach(below, -1), EINVAL);
	FAILS(detach(below, first), ENOENT);
	FAILS(attach_over(below, first, BPF_F_ALLOW_MULTI | BPF_F_REPLACE, first), ENOENT);
	CHECK_EQ(attach_over(below, first, BPF_F_ALLOW_MULTI | BPF_F_REPLACE, second), 0);
	CHECK_EQ(opens("/dev/zero", O_RDONLY), 0);
	CHECK_EQ(detach(below, first), 0);
	CHECK_EQ(opens("/dev/null", O_RDONLY), EPERM);	/* the one above still */
	put(ROOT, "cgroup.procs", "0");
	rmdir(below);
	end();
}

CASE(what_is_loaded_can_be_found)
{
	struct bpf_insn p[] = { MOV(0, 1), EXIT }, back[2];
	struct bpf_prog_info info = { 0 };
	union bpf_attr a = { 0 };
	int prog = load(p, 2), again;
	char path[64];

	NEED(prog >= 0);
	CHECK_EQ(fcntl(prog, F_GETFD), FD_CLOEXEC);
	info.xlated_prog_insns = (uintptr_t)back;
	info.xlated_prog_len = sizeof(back);
	a.info.bpf_fd = (uint32_t)prog;
	a.info.info_len = sizeof(info);
	a.info.info = (uintptr_t)&info;
	NEED(!bpf(BPF_OBJ_GET_INFO_BY_FD, &a, sizeof(a)));
	CHECK_EQ(info.type, BPF_PROG_TYPE_CGROUP_DEVICE);
	CHECK_EQ(info.xlated_prog_len, sizeof(p));
	CHECK(!memcmp(back, p, sizeof(p)));
	a.info.info_len = 8192;
	FAILS(bpf(BPF_OBJ_GET_INFO_BY_FD, &a, sizeof(a)), E2BIG);
	CHECK_STR(info.name, "judge");
	CHECK_EQ(info.gpl_compatible, 1);
	CHECK_EQ(info.created_by_uid, 0);
	memset(&a, 0, sizeof(a));
	a.prog_id = info.id;
	again = (int)bpf(BPF_PROG_GET_FD_BY_ID, &a, sizeof(a));
	CHECK(again >= 0);
	CHECK_EQ(info_of(again).id, info.id);
	memset(&a, 0, sizeof(a));
	a.start_id = info.id - 1;
	CHECK_EQ(bpf(BPF_PROG_GET_NEXT_ID, &a, sizeof(a)), 0);
	CHECK_EQ(a.next_id, info.id);
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", prog);
	CHECK(strstr(read_file(path), "prog_type:\t15\n"));
	close(prog);
	close(again);
	memset(&a, 0, sizeof(a));
	a.prog_id = info.id;
	msleep(100);
	FAILS(bpf(BPF_PROG_GET_FD_BY_ID, &a, sizeof(a)), ENOENT);
}

/* Tags name programs: everybody computes the same, by SHA-1. */
CASE(tags_are_digests)
{
	struct bpf_prog_info a = info_of(always(1)), b = info_of(always(0));

	CHECK(!memcmp(a.tag, "\x57\xcd\x31\x1f\x2e\x27\x36\x6b", sizeof(a.tag)));
	CHECK(memcmp(a.tag, b.tag, sizeof(a.tag)));
}

CASE(bad_programs_are_refused)
{
	struct bpf_insn high[] = { MOV(0, 2), EXIT }, none[] = { EXIT }, far[] = { LOAD(0, 12), EXIT },
		middle[] = { LOAD(0, 2), EXIT }, open_end[] = { MOV(0, 0) }, leak[] = {
			INSN(BPF_ALU64 | BPF_MOV | BPF_X, 0, 1, 0, 0), EXIT },
		helper[] = { INSN(BPF_JMP | BPF_CALL, 0, 0, 0, 9999), EXIT },
		store[] = { MOV(0, 0), INSN(BPF_STX | BPF_MEM | BPF_W, 1, 0, 0, 0), EXIT },
		dead[] = { MOV(0, 0), INSN(BPF_JMP | BPF_JA, 0, 0, 1, 0), MOV(0, 0), EXIT },
		part[] = { INSN(BPF_LDX | BPF_MEM | BPF_H, 0, 1, 0, 0), MOV(0, 0), EXIT };
	int fd;

	FAILS(load(high, 2), EINVAL);
	FAILS(load(none, 1), EACCES);
	FAILS(load(far, 2), EACCES);
	FAILS(load(middle, 2), EACCES);
	FAILS(load(open_end, 1), EINVAL);
	FAILS(load(leak, 2), EINVAL);
	FAILS(load(helper, 2), EINVAL);
	FAILS(load(store, 3), EACCES);
	FAILS(load(dead, 4), EINVAL);
	FAILS(load(high, 0), E2BIG);
	FAILS(load_as(9999, high, 2, 0), EINVAL);
	FAILS(load((void *)8, 2), EFAULT);
	FAILS(load_as(BPF_PROG_TYPE_CGROUP_DEVICE, none, 1, 1), EACCES);
	CHECK(strlen(log_text) > 5);
	fd = load(part, 3);
	CHECK(fd >= 0);
}

CASE(bad_requests_are_refused)
{
	struct bpf_insn p[] = { MOV(0, 1), EXIT };
	union bpf_attr a = { .prog_type = BPF_PROG_TYPE_CGROUP_DEVICE, .insns = (uintptr_t)p, .insn_cnt = 2,
			     .license = (uintptr_t)"x" };
	struct { union bpf_attr a; uint64_t more; } big = { .a = a };
	int prog = always(1), file = open("f", O_CREAT | O_RDWR, 0600);

	begin();
	FAILS(bpf(9999, &a, sizeof(a)), EINVAL);
	FAILS(bpf(BPF_PROG_LOAD, (void *)8, sizeof(a)), EFAULT);
	big.more = 1;
	FAILS(syscall(SYS_bpf, BPF_PROG_LOAD, &big, 8192), E2BIG);
	CHECK(bpf(BPF_PROG_LOAD, &a, sizeof(a)) >= 0);
	a.prog_flags = 1 << 20;
	FAILS(bpf(BPF_PROG_LOAD, &a, sizeof(a)), EINVAL);
	a.prog_flags = 0;
	strcpy(a.prog_name, "a b");
	FAILS(bpf(BPF_PROG_LOAD, &a, sizeof(a)), EINVAL);
	FAILS(attach("/tmp", prog, 0), EBADF);
	FAILS(attach(top, file, 0), EINVAL);
	FAILS(attach(top, 999, 0), EBADF);
	FAILS(attach(top, prog, BPF_F_ALLOW_MULTI | BPF_F_ALLOW_OVERRIDE), EINVAL);
	FAILS(attach(top, prog, BPF_F_REPLACE), EINVAL);
	FAILS(attach(top, prog, 0x80), EINVAL);
	FAILS(listed(top, 8, 0), EINVAL);
	end();
}

CASE(only_with_capabilities)
{
	struct bpf_insn p[] = { MOV(0, 1), EXIT };
	pid_t pid;

	CHILD(pid, NEED(!setuid(1000)); FAILS(load(p, 2), EPERM));
	JOIN(pid);
}

TAP_MAIN
