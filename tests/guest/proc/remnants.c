// SPDX-License-Identifier: GPL-2.0-only
/* Calls about memory nodes, keys, quotas, types of file systems, memory of the dying. */
#include "../tap.h"

#include <sys/mman.h>
#include <sys/syscall.h>

#define BIND 2

static char *pages_of(int n)
{
	char *p = mmap(NULL, n * 4096L, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	NEED(p != MAP_FAILED);
	return p;
}

static long mbind_(void *p, size_t n, int mode, unsigned long mask, unsigned flags)
{
	return syscall(SYS_mbind, p, n, mode, mask ? &mask : NULL, mask ? 64 : 0, flags);
}

CASE(policies_of_ranges)
{
	char *p = pages_of(4);

	CHECK(mbind_(p, 4 * 4096, BIND, 1, 0) == 0);
	CHECK(mbind_(p, 4 * 4096, BIND, 1, 3) == 0);
	CHECK(mbind_(p, 4 * 4096, 0, 0, 0) == 0);
	CHECK(mbind_(p, 0, BIND, 1, 0) == 0);
	FAILS(mbind_(p, 4096, BIND, 2, 0), EINVAL);
	FAILS(mbind_(p, 4096, BIND, 0, 0), EINVAL);
	FAILS(mbind_(p, 4096, 99, 1, 0), EINVAL);
	FAILS(mbind_(p, 4096, 0, 1, 0), EINVAL);
	FAILS(mbind_(p + 1, 4096, BIND, 1, 0), EINVAL);
	FAILS(mbind_(p, 4096, BIND, 1, 64), EINVAL);
	NEED(munmap(p + 4096, 4096) == 0);
	FAILS(mbind_(p, 4 * 4096, BIND, 1, 0), EFAULT);
	FAILS(syscall(450, p, 4096, 1000, 0), EINVAL);
	FAILS(syscall(450, p, 4096, 0, 1), EINVAL);
	NEED(setuid(1000) == 0);
	FAILS(mbind_(p, 4096, BIND, 1, 4), EPERM);
}

static int policy_of(void *p, int flags)
{
	int policy = -1;

	return syscall(SYS_get_mempolicy, &policy, NULL, 0, p, flags) ? -errno : policy;
}

CASE(policies_of_ranges_are_kept)
{
	char *p = pages_of(4);
	pid_t pid;

	CHECK(mbind_(p + 4096, 4096, BIND, 1, 0) == 0);
	CHECK_EQ(policy_of(p, 2), 0);
	CHECK_EQ(policy_of(p + 4096, 2), BIND);
	CHECK_EQ(policy_of(p + 8192, 2), 0);
	CHILD(pid, CHECK_EQ(policy_of(p + 5000, 2), BIND));
	JOIN(pid);
	CHECK_EQ(policy_of(p, 3), 0);			/* its node */
	CHECK_EQ(policy_of(p, 0), -EINVAL);
	CHECK_EQ(policy_of(NULL, 1), -EINVAL);
	CHECK_EQ(policy_of(p, 6), -EINVAL);
	CHECK_EQ(policy_of(p, 8), -EINVAL);
	CHECK_EQ(policy_of((void *)8, 2), -EFAULT);
	CHECK(syscall(450, p + 4096, 4096, 0, 0) == 0);
	FAILS(syscall(450, p, 4096, 0, 0), ENOENT);
	CHECK(mbind_(p, 4096, 1, 1, 0) == 0);
	FAILS(syscall(450, p, 4096, 0, 0), EOPNOTSUPP);
	CHECK(mbind_(p, 4 * 4096, 0, 0, 0) == 0);
	CHECK_EQ(policy_of(p + 4096, 2), 0);
}

CASE(pages_are_on_their_node)
{
	char *p = pages_of(3);
	void *at[4] = { p, p + 4096, p + 8192, (void *)8 };
	int nodes[4] = { 0, 0, 0, 0 }, st[4];

	p[0] = p[8192] = 1;
	CHECK(syscall(SYS_move_pages, 0, 4, at, NULL, st, 0) == 0);
	CHECK_EQ(st[0], 0);
	CHECK_EQ(st[1], -EFAULT);
	CHECK_EQ(st[2], 0);
	CHECK_EQ(st[3], -EFAULT);
	memset(st, 9, sizeof(st));
	CHECK(syscall(SYS_move_pages, 0, 3, at, nodes, st, 2) == 0);
	CHECK_EQ(st[0], 0);
	CHECK_EQ(st[1], -EFAULT);
	nodes[0] = 5;
	FAILS(syscall(SYS_move_pages, 0, 3, at, nodes, st, 2), ENODEV);
	FAILS(syscall(SYS_move_pages, 0, 3, at, nodes, st, 1), EINVAL);
	FAILS(syscall(SYS_move_pages, 4000000, 3, at, NULL, st, 0), ESRCH);
	FAILS(syscall(SYS_move_pages, 0, 3, (void *)8, NULL, st, 0), EFAULT);
	FAILS(syscall(SYS_move_pages, 0, 3, at, NULL, (void *)8, 0), EFAULT);
}

CASE(pages_of_a_mapping_are_reordered)
{
	int fd = open("f", O_RDWR | O_CREAT, 0600);
	char *p, *q = pages_of(1);

	NEED(ftruncate(fd, 3 * 4096) == 0);
	p = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	NEED(p != MAP_FAILED);
	p[0] = 'a';
	p[4096] = 'b';
	p[8192] = 'c';
	CHECK(syscall(SYS_remap_file_pages, p, 4096, 0, 2, 0) == 0);
	CHECK_EQ(p[0], 'c');
	CHECK_EQ(p[4096], 'b');
	CHECK(syscall(SYS_remap_file_pages, p + 8192, 4096, 0, 0, 0) == 0);
	CHECK_EQ(p[8192], 'a');
	p[0] = 'x';
	CHECK(pread(fd, q, 1, 8192) == 1 && q[0] == 'x');
	FAILS(syscall(SYS_remap_file_pages, p, 4096, PROT_READ, 0, 0), EINVAL);
	FAILS(syscall(SYS_remap_file_pages, q, 4096, 0, 0, 0), EINVAL);
	FAILS(syscall(SYS_remap_file_pages, p, 0, 0, 0, 0), EINVAL);
	/* memory without a file, and a range of several mappings of it */
	p = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	NEED(p != MAP_FAILED);
	p[0] = 'a';
	p[4096] = 'b';
	p[8192] = 'c';
	CHECK(syscall(SYS_remap_file_pages, p, 4096, 0, 2, 0) == 0);
	CHECK_EQ(p[0], 'c');
	CHECK(syscall(SYS_remap_file_pages, p, 3 * 4096, 0, 0, 0) == 0);
	CHECK(p[0] == 'a' && p[4096] == 'b' && p[8192] == 'c');
}

CASE(processes_stay_on_the_node)
{
	unsigned long node0 = 1, none = 0, other = 2;

	CHECK(syscall(SYS_migrate_pages, 0, 64, &node0, &node0) == 0);
	FAILS(syscall(SYS_migrate_pages, 0, 64, &node0, &none), EINVAL);
	FAILS(syscall(SYS_migrate_pages, 0, 64, &node0, &other), EINVAL);
	FAILS(syscall(SYS_migrate_pages, 4000000, 64, &node0, &node0), ESRCH);
}

CASE(protection_keys_without_the_feature)
{
	char *p = pages_of(1);
	long key = syscall(SYS_pkey_alloc, 0, 0);
	int err = errno;

	FAILS(syscall(SYS_pkey_alloc, 1, 0), EINVAL);
	FAILS(syscall(SYS_pkey_alloc, 0, 4), EINVAL);
	CHECK(syscall(SYS_pkey_mprotect, p, 4096, PROT_READ, -1) == 0);
	if (key >= 0)
		SKIP("this kernel uses the processor's keys");
	CHECK_EQ(err, ENOSPC);
	FAILS(syscall(SYS_pkey_free, 1), EINVAL);
	FAILS(syscall(SYS_pkey_mprotect, p, 4096, PROT_READ, 1), EINVAL);
}

CASE(types_of_file_systems_are_numbered)
{
	char name[64] = "";
	long n = syscall(SYS_sysfs, 3), at = syscall(SYS_sysfs, 1, "proc");

	CHECK(n > 5);
	CHECK(at >= 0 && at < n);
	CHECK(syscall(SYS_sysfs, 2, at, name) == 0);
	CHECK_STR(name, "proc");
	FAILS(syscall(SYS_sysfs, 1, "nosuchfs"), EINVAL);
	FAILS(syscall(SYS_sysfs, 2, n, name), EINVAL);
	FAILS(syscall(SYS_sysfs, 2, at, 8), EFAULT);
	FAILS(syscall(SYS_sysfs, 4), EINVAL);
}

#define QCMD(cmd, type) ((int)((unsigned)(cmd) << 8 | (type)))
#define Q_SYNC 0x800001
#define Q_GETINFO 0x800005

CASE(quotas_are_not_kept)
{
	char buf[64];
	int fd;

	CHECK(syscall(SYS_quotactl, QCMD(Q_SYNC, 0), NULL, 0, NULL) == 0);
	FAILS(syscall(SYS_quotactl, QCMD(Q_SYNC, 3), NULL, 0, NULL), EINVAL);
	FAILS(syscall(SYS_quotactl, QCMD(Q_GETINFO, 0), NULL, 0, buf), ENODEV);
	FAILS(syscall(SYS_quotactl, QCMD(Q_GETINFO, 0), "/no/such", 0, buf), ENOENT);
	FAILS(syscall(SYS_quotactl, QCMD(Q_GETINFO, 0), "/dev/null", 0, buf), ENOTBLK);
	NEED((fd = open(".", O_RDONLY)) >= 0);
	FAILS(syscall(443, fd, QCMD(Q_GETINFO, 0), 0, buf), ENOSYS);
	FAILS(syscall(443, 99, QCMD(Q_GETINFO, 0), 0, buf), EBADF);
	FAILS(syscall(443, fd, QCMD(Q_GETINFO, 3), 0, buf), EINVAL);
}

CASE(memory_of_the_dying_is_released)
{
	int fd, err, p[2];
	pid_t pid;
	char c;
	long r;

	NEED(pipe(p) == 0);
	CHILD(pid, char *m = pages_of(2000); memset(m, 1, 2000 * 4096L); (void)!write(p[1], "", 1); pause());
	NEED(read(p[0], &c, 1) == 1);
	NEED((fd = (int)syscall(SYS_pidfd_open, pid, 0)) >= 0);
	FAILS(syscall(448, fd, 0), EINVAL);
	FAILS(syscall(448, fd, 1), EINVAL);
	FAILS(syscall(448, p[0], 0), EBADF);
	kill(pid, SIGKILL);
	r = syscall(448, fd, 0);
	err = errno;
	CHECK(r == 0 || err == ESRCH);		/* it may be gone already */
	NEED(waitpid(pid, NULL, 0) == pid);
	FAILS(syscall(448, fd, 0), ESRCH);
}
TAP_MAIN
