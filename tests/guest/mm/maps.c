// SPDX-License-Identifier: GPL-2.0-only
/* mmap and friends. */
#include "tap.h"

#include <setjmp.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#define PAGE 4096ul
#define RW (PROT_READ | PROT_WRITE)
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)

static sigjmp_buf env;
static volatile sig_atomic_t faults;

static void on_fault(int sig)
{
	faults++;
	siglongjmp(env, 1);
}

static int faults_on(volatile char *p, int write)
{
	signal(SIGSEGV, on_fault);
	signal(SIGBUS, on_fault);
	if (sigsetjmp(env, 1))
		return 1;
	if (write)
		*p = 1;
	else
		(void)*p;
	return 0;
}

static char *anon(size_t n)
{
	char *p = mmap(NULL, n, RW, ANON, -1, 0);

	NEED(p != MAP_FAILED);
	return p;
}

CASE(anonymous_memory_is_zero)
{
	char *p = anon(64 * PAGE);

	for (size_t i = 0; i < 64 * PAGE; i += 64)
		NEED(p[i] == 0);
	p[0] = 1;
	CHECK(munmap(p, 64 * PAGE) == 0);
	CHECK(faults_on(p, 0));
}

CASE(mmap_argument_errors)
{
	int fd = open("f", O_RDWR | O_CREAT, 0600), ro = open("f", O_RDONLY), wo = open("f", O_WRONLY);

	FAILS((long)mmap(NULL, 0, RW, ANON, -1, 0), EINVAL);
	FAILS(syscall(SYS_mmap, NULL, PAGE, RW, MAP_ANONYMOUS, -1, 0), EINVAL);
	FAILS((long)mmap(NULL, PAGE, RW, MAP_PRIVATE, -1, 0), EBADF);
	FAILS(syscall(SYS_mmap, NULL, PAGE, RW, MAP_PRIVATE, fd, 1), EINVAL);
	FAILS((long)mmap(NULL, PAGE, RW, MAP_SHARED, ro, 0), EACCES);
	CHECK(mmap(NULL, PAGE, RW, MAP_PRIVATE, ro, 0) != MAP_FAILED);
	FAILS((long)mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, wo, 0), EACCES);
	FAILS((long)mmap((void *)(PAGE + 1), PAGE, RW, ANON | MAP_FIXED, -1, 0), EINVAL);
	FAILS((long)mmap((void *)0xffff800000000000, PAGE, RW, ANON | MAP_FIXED, -1, 0), ENOMEM);
	FAILS((long)mmap(NULL, 1ul << 47, RW, ANON, -1, 0), ENOMEM);
	FAILS((long)mmap(NULL, PAGE, RW, MAP_SHARED, open("/", O_RDONLY), 0), EACCES);
	FAILS(munmap((void *)1, PAGE), EINVAL);
	FAILS(munmap((void *)PAGE, 0), EINVAL);
	CHECK(munmap((void *)0x10000000, PAGE) == 0);
}

CASE(fixed_replaces_and_noreplace_refuses)
{
	char *p = anon(3 * PAGE);

	memset(p, 1, 3 * PAGE);
	CHECK(mmap(p + PAGE, PAGE, RW, ANON | MAP_FIXED, -1, 0) == p + PAGE);
	CHECK(p[0] == 1 && p[PAGE] == 0 && p[2 * PAGE] == 1);
	FAILS((long)mmap(p, PAGE, RW, ANON | 0x100000 /* FIXED_NOREPLACE */, -1, 0), EEXIST);
	munmap(p, PAGE);
	CHECK(mmap(p, PAGE, RW, ANON | 0x100000, -1, 0) == p);
}

CASE(hint_is_honoured_if_free)
{
	char *p = anon(PAGE);

	munmap(p, PAGE);
	CHECK(mmap(p, PAGE, RW, ANON, -1, 0) == p);
	CHECK(mmap(p, PAGE, RW, ANON, -1, 0) != p);
}

CASE(partial_unmap_splits)
{
	char *p = anon(5 * PAGE);

	memset(p, 7, 5 * PAGE);
	CHECK(munmap(p + 2 * PAGE, PAGE) == 0);
	CHECK(p[PAGE] == 7 && p[3 * PAGE] == 7);
	CHECK(faults_on(p + 2 * PAGE, 0));
	CHECK(munmap(p, 5 * PAGE) == 0);
}

CASE(protection_is_enforced_and_changed)
{
	char *p = anon(3 * PAGE);

	p[PAGE] = 5;
	CHECK(mprotect(p + PAGE, PAGE, PROT_READ) == 0);
	CHECK(!faults_on(p + PAGE, 0));
	CHECK(faults_on(p + PAGE, 1));
	CHECK(!faults_on(p, 1) && !faults_on(p + 2 * PAGE, 1));
	CHECK(mprotect(p + PAGE, PAGE, PROT_NONE) == 0);
	CHECK(faults_on(p + PAGE, 0));
	CHECK(mprotect(p, 3 * PAGE, RW) == 0);
	CHECK_EQ(p[PAGE], 5);
	FAILS(syscall(SYS_mprotect, p + 1, PAGE, RW), EINVAL);
	munmap(p + PAGE, PAGE);
	FAILS(mprotect(p, 3 * PAGE, RW), ENOMEM);
	FAILS(syscall(SYS_mprotect, p, PAGE, 0x100), EINVAL);
}

CASE(pages_are_not_executable_without_permission)
{
	unsigned char *p = mmap(NULL, PAGE, RW, ANON, -1, 0);

	p[0] = 0xc3;	/* ret */
	signal(SIGSEGV, on_fault);
	if (!sigsetjmp(env, 1))
		((void (*)(void))p)();
	CHECK_EQ(faults, 1);
	CHECK(mprotect(p, PAGE, PROT_READ | PROT_EXEC) == 0);
	((void (*)(void))p)();
}

CASE(file_mapping_shows_and_changes_the_file)
{
	int fd = open("f", O_RDWR | O_CREAT, 0600);
	char c, *s, *v;

	NEED(write(fd, "hello", 5) == 5);
	s = mmap(NULL, PAGE, RW, MAP_SHARED, fd, 0);
	v = mmap(NULL, PAGE, RW, MAP_PRIVATE, fd, 0);
	CHECK(!memcmp(s, "hello\0", 6) && !memcmp(v, "hello", 5));
	s[0] = 'H';
	CHECK(pread(fd, &c, 1, 0) == 1 && c == 'H');
	CHECK_EQ(v[0], 'H');
	v[1] = 'E';
	CHECK(pread(fd, &c, 1, 1) == 1 && c == 'e');
	CHECK_EQ(s[1], 'e');
	NEED(pwrite(fd, "L", 1, 2) == 1);
	CHECK_EQ(s[2], 'L');
	CHECK_EQ(v[1], 'E');
	CHECK(msync(s, PAGE, MS_SYNC) == 0);
	FAILS(msync(s, PAGE, MS_SYNC | MS_ASYNC), EINVAL);
	FAILS(msync(s + 1, PAGE, MS_SYNC), EINVAL);
	close(fd);
	CHECK_EQ(s[0], 'H');
}

CASE(truncation_removes_mapped_pages)
{
	int fd = open("f", O_RDWR | O_CREAT, 0600);
	char *s, *v;

	NEED(ftruncate(fd, 2 * PAGE) == 0);
	s = mmap(NULL, 2 * PAGE, RW, MAP_SHARED, fd, 0);
	v = mmap(NULL, 2 * PAGE, RW, MAP_PRIVATE, fd, 0);
	s[PAGE] = 1;
	v[PAGE] = 2;
	NEED(ftruncate(fd, 10) == 0);
	CHECK(faults_on(s + PAGE, 0));
	CHECK(faults_on(v + PAGE, 0));
	CHECK(!faults_on(s, 1));
	NEED(ftruncate(fd, 2 * PAGE) == 0);
	CHECK_EQ(s[PAGE], 0);
}

CASE(mremap_moves_grows_and_shrinks)
{
	char *p = anon(4 * PAGE), *q;

	p[0] = 1;
	p[3 * PAGE] = 4;
	CHECK(mremap(p, 4 * PAGE, 2 * PAGE, 0) == p);
	CHECK(faults_on(p + 3 * PAGE, 0));
	NEED(mmap(p + 2 * PAGE, PAGE, RW, ANON | MAP_FIXED, -1, 0) != MAP_FAILED);
	mprotect(p + 2 * PAGE, PAGE, PROT_NONE);
	FAILS((long)mremap(p, 2 * PAGE, 8 * PAGE, 0), ENOMEM);
	q = mremap(p, 2 * PAGE, 8 * PAGE, MREMAP_MAYMOVE);
	CHECK(q != MAP_FAILED && q != p);
	CHECK(q[0] == 1 && q[7 * PAGE] == 0);
	CHECK(faults_on(p, 0));
	FAILS((long)mremap(q + 1, PAGE, PAGE, 0), EINVAL);
	FAILS((long)mremap(q, PAGE, 0, 0), EINVAL);
	FAILS((long)mremap((void *)0x20000000, PAGE, 2 * PAGE, MREMAP_MAYMOVE), EFAULT);
}

CASE(brk_moves_the_heap_end)
{
	char *b = (char *)syscall(SYS_brk, 0);

	CHECK_EQ(syscall(SYS_brk, b + 10 * PAGE), (long)(b + 10 * PAGE));
	b[5 * PAGE] = 1;
	CHECK_EQ(syscall(SYS_brk, b), (long)b);
	CHECK(faults_on(b + 5 * PAGE, 0));
	CHECK_EQ(syscall(SYS_brk, 1), (long)b);
}

CASE(madvise_dontneed_zeroes)
{
	char *p = anon(4 * PAGE);

	memset(p, 3, 4 * PAGE);
	CHECK(madvise(p + PAGE, PAGE, MADV_DONTNEED) == 0);
	CHECK(p[0] == 3 && p[PAGE] == 0 && p[2 * PAGE] == 3);
	FAILS(madvise(p, PAGE, 9999), EINVAL);
	FAILS(syscall(SYS_madvise, p + 1, PAGE, MADV_DONTNEED), EINVAL);
	munmap(p + PAGE, PAGE);
	FAILS(madvise(p, 3 * PAGE, MADV_DONTNEED), ENOMEM);
}

CASE(dontfork_and_wipeonfork)
{
	char *p = anon(PAGE), *q = anon(PAGE);
	pid_t pid;

	*p = *q = 1;
	CHECK(madvise(p, PAGE, MADV_DONTFORK) == 0);
	CHECK(madvise(q, PAGE, 18 /* WIPEONFORK */) == 0);
	CHILD(pid, CHECK(faults_on(p, 0)); CHECK_EQ(*q, 0));
	JOIN(pid);
	CHECK(*p == 1 && *q == 1);
}

CASE(mincore_tells_resident_pages)
{
	char *p = anon(4 * PAGE);
	unsigned char v[4];

	p[0] = p[2 * PAGE] = 1;
	CHECK(mincore(p, 4 * PAGE, v) == 0);
	CHECK((v[0] & 1) && !(v[1] & 1) && (v[2] & 1) && !(v[3] & 1));
	FAILS(mincore(p + 1, PAGE, v), EINVAL);
	FAILS(mincore((void *)0x20000000, PAGE, v), ENOMEM);
}

CASE(mlock_and_its_limit)
{
	struct rlimit rl = { 2 * PAGE, 2 * PAGE };
	char *p = anon(8 * PAGE);
	pid_t pid;

	CHECK(mlock(p, PAGE) == 0);
	CHECK(munlock(p, PAGE) == 0);
	if (getuid())
		SKIP("needs root");
	CHILD(pid, {
		NEED(setrlimit(RLIMIT_MEMLOCK, &rl) == 0 && setuid(1000) == 0);
		CHECK(mlock(p, 2 * PAGE) == 0);
		FAILS(mlock(p, 8 * PAGE), ENOMEM);
	});
	JOIN(pid);
}

CASE(address_space_limit)
{
	struct rlimit rl = { 64 << 20, 64 << 20 };

	NEED(setrlimit(RLIMIT_AS, &rl) == 0);
	FAILS((long)mmap(NULL, 128 << 20, RW, ANON, -1, 0), ENOMEM);
	CHECK(mmap(NULL, 1 << 20, RW, ANON, -1, 0) != MAP_FAILED);
}

static int deep(int n)
{
	volatile char big[4096];

	big[0] = (char)n;
	return n ? deep(n - 1) + big[0] : 0;
}

static char alt[16384];

static void on_overflow(int sig)
{
	_exit(42);
}

CASE(stack_grows_to_its_limit)
{
	stack_t ss = { .ss_sp = alt, .ss_size = sizeof(alt) };
	struct sigaction sa = { .sa_handler = on_overflow, .sa_flags = SA_ONSTACK };
	int st;
	pid_t pid;

	deep(1000);	/* 4 MiB */
	pid = fork();
	if (!pid) {
		sigaltstack(&ss, NULL);
		sigaction(SIGSEGV, &sa, NULL);
		deep(10000);
		_exit(1);
	}
	waitpid(pid, &st, 0);
	CHECK(WIFEXITED(st) && WEXITSTATUS(st) == 42);
}

CASE(memfd_and_seals)
{
	int fd = syscall(SYS_memfd_create, "x", 2 /* ALLOW_SEALING */);
	char *p;

	NEED(fd >= 0);
	CHECK(ftruncate(fd, PAGE) == 0);
	p = mmap(NULL, PAGE, RW, MAP_SHARED, fd, 0);
	p[0] = 1;
	FAILS(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), EBUSY);
	munmap(p, PAGE);
	CHECK(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK) == 0);
	FAILS(write(fd, "x", 1), EPERM);
	FAILS(ftruncate(fd, 0), EPERM);
	FAILS((long)mmap(NULL, PAGE, RW, MAP_SHARED, fd, 0), EPERM);
	CHECK_EQ(fcntl(fd, F_GET_SEALS), F_SEAL_WRITE | F_SEAL_SHRINK);
	FAILS(syscall(SYS_memfd_create, "x", 0x100), EINVAL);
}

CASE(process_vm_readv_reads_a_child)
{
	char *p = anon(PAGE), buf[16] = "";
	struct iovec l = { buf, 6 }, r = { p, 6 };
	int fds[2];
	pid_t pid;

	NEED(pipe(fds) == 0);
	CHILD(pid, strcpy(p, "child"); write(fds[1], "x", 1); pause());
	NEED(read(fds[0], buf, 1) == 1);
	CHECK_EQ(process_vm_readv(pid, &l, 1, &r, 1, 0), 6);
	CHECK_STR(buf, "child");
	CHECK_EQ(p[0], 0);
	FAILS(process_vm_readv(pid, &l, 1, &r, 1, 1), EINVAL);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

CASE(proc_maps_lists_mappings)
{
	char *p = mmap(NULL, 3 * PAGE, PROT_READ, ANON, -1, 0), line[64];

	snprintf(line, sizeof(line), "%08lx-%08lx r--p 00000000 00:00 0", (long)p, (long)p + 3 * PAGE);
	mprotect(p - 0, 3 * PAGE, PROT_READ | PROT_EXEC);
	snprintf(line, sizeof(line), "%lx-%lx r-xp 00000000 00:00 0", (long)p, (long)p + 3 * PAGE);
	CHECK(strstr(read_file("/proc/self/maps"), line) != NULL);
	CHECK(strstr(read_file("/proc/self/maps"), "[stack]") != NULL);
}

/* Read a long list with reads of @step bytes: lines in order, each once. */
static int count_regions(const char *name, size_t step, uintptr_t base, int n)
{
	static char text[2 << 20];
	size_t len = 0, start, end;
	ssize_t got;
	int found = 0, fd = open(name, O_RDONLY);
	unsigned long last = 0;

	NEED(fd >= 0);
	while ((got = read(fd, text + len, step)) > 0)
		len += got;
	close(fd);
	text[len] = 0;
	for (char *p = text; p && *p; p = strchr(p, '\n') ? strchr(p, '\n') + 1 : NULL) {
		if (sscanf(p, "%zx-%zx ", &start, &end) != 2 || strchr("KRPSADLVF", *p))
			continue;
		CHECK(start >= last);
		last = end;
		if (start >= base && end <= base + n * 8192UL)
			found++;
	}
	return found;
}

CASE(long_lists_of_regions_are_whole)
{
	int n = 1500, fd;
	char *base = mmap(NULL, n * 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char a[64], b[64];

	NEED(base != MAP_FAILED);
	for (int i = 0; i < n; i++)
		NEED(!mprotect(base + i * 8192 + 4096, 4096, PROT_NONE));
	CHECK_EQ(count_regions("/proc/self/maps", 4096, (uintptr_t)base, n), 2 * n);
	CHECK_EQ(count_regions("/proc/self/maps", 77, (uintptr_t)base, n), 2 * n);
	CHECK_EQ(count_regions("/proc/self/smaps", 65536, (uintptr_t)base, n), 2 * n);
	fd = open("/proc/self/maps", O_RDONLY);
	CHECK_EQ(pread(fd, a, 64, 60000), 64);
	CHECK_EQ(lseek(fd, 60000, SEEK_SET), 60000);
	CHECK_EQ(read(fd, b, 64), 64);
	CHECK(!memcmp(a, b, 64));
	CHECK_EQ(pread(fd, a, 64, 1 << 30), 0);
	CHECK_EQ(pread(fd, b, 20, 0), 20);
}

/* Is exactly [@from, @to) one line of /proc/self/maps. */
static int is_region(const char *from, const char *to)
{
	char line[64];

	snprintf(line, sizeof(line), "%lx-%lx ", (long)from, (long)to);
	return strstr(read_file("/proc/self/maps"), line) != NULL;
}

/* VmSize in pages. */
static long size_now(void) { return atol(read_file("/proc/self/statm")); }

static char *at(char *p, int page, int pages)
{
	return mmap(p + page * PAGE, (size_t)pages * PAGE, PROT_READ | PROT_WRITE, ANON | MAP_FIXED, -1, 0);
}

CASE(neighbours_grow_together_and_shrink_at_both_ends)
{
	char *p = mmap(NULL, 32 * PAGE, PROT_NONE, ANON, -1, 0);
	long size = size_now();

	NEED(at(p, 8, 4) == p + 8 * PAGE);
	for (int i = 8; i < 12; i++)
		p[i * PAGE] = (char)i;
	NEED(at(p, 4, 4) == p + 4 * PAGE);		/* below */
	p[4 * PAGE] = 4;
	CHECK(is_region(p + 4 * PAGE, p + 12 * PAGE));
	NEED(at(p, 12, 4) == p + 12 * PAGE);		/* above */
	p[15 * PAGE] = 15;
	CHECK(is_region(p + 4 * PAGE, p + 16 * PAGE));
	NEED(at(p, 20, 4) == p + 20 * PAGE);
	p[20 * PAGE] = 20;
	CHECK(!munmap(p + 16 * PAGE, 4 * PAGE));
	NEED(at(p, 16, 4) == p + 16 * PAGE);		/* between two that have pages */
	CHECK_EQ(size_now(), size);
	CHECK(!munmap(p + 4 * PAGE, 4 * PAGE));		/* the front */
	CHECK(!munmap(p + 22 * PAGE, 2 * PAGE));	/* the end */
	CHECK_EQ(size_now(), size - 6);
	CHECK(faults_on(p + 4 * PAGE, 0) && faults_on(p + 23 * PAGE, 0));
	for (int i = 8; i < 12; i++)
		CHECK_EQ(p[i * PAGE], i);
	CHECK_EQ(p[15 * PAGE], 15);
	CHECK_EQ(p[20 * PAGE], 20);
	CHECK_EQ(p[16 * PAGE], 0);
	NEED(at(p, 4, 4) == p + 4 * PAGE);		/* what came back is empty */
	CHECK_EQ(p[4 * PAGE], 0);
	CHECK_EQ(size_now(), size - 2);
}

CASE(a_file_mapping_that_lost_its_front_follows_the_file)
{
	int fd = open("f", O_RDWR | O_CREAT, 0600);
	char *p;

	NEED(fd >= 0 && !ftruncate(fd, 16 * PAGE));
	for (int i = 0; i < 16; i++)
		NEED(pwrite(fd, &(char){ (char)(i + 1) }, 1, i * PAGE) == 1);
	p = mmap(NULL, 16 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	NEED(p != MAP_FAILED);
	p[10 * PAGE] = 77;				/* a copy of its own */
	CHECK(!munmap(p, 4 * PAGE));
	CHECK(!munmap(p + 14 * PAGE, 2 * PAGE));
	for (int i = 4; i < 14; i++)
		CHECK_EQ(p[i * PAGE], i == 10 ? 77 : i + 1);
	NEED(pwrite(fd, "x", 1, 5 * PAGE) == 1);
	CHECK_EQ(p[5 * PAGE], 'x');
	CHECK(!ftruncate(fd, 8 * PAGE));
	CHECK_EQ(p[7 * PAGE], 8);
	CHECK(faults_on(p + 8 * PAGE, 0));
	CHECK(faults_on(p + 10 * PAGE, 0));		/* copies behind the end go too */
}

CASE(locked_memory_is_counted_as_it_shrinks)
{
	char *p = mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE, ANON, -1, 0);

	NEED(!mlock(p, 8 * PAGE));
	CHECK(strstr(read_file("/proc/self/status"), "VmLck:\t      32 kB"));
	CHECK(!munmap(p, 2 * PAGE));
	CHECK(!munmap(p + 7 * PAGE, PAGE));
	CHECK(strstr(read_file("/proc/self/status"), "VmLck:\t      20 kB"));
	CHECK(!munmap(p + 2 * PAGE, 5 * PAGE));
	CHECK(strstr(read_file("/proc/self/status"), "VmLck:\t       0 kB"));
}

CASE(low_addresses_are_given_where_asked_for)
{
	char *want = (char *)0x50000000, *p;

	CHECK(mmap(want, 4 * PAGE, PROT_READ, ANON | MAP_32BIT, -1, 0) == want);
	p = mmap(want, 4 * PAGE, PROT_READ, ANON | MAP_32BIT, -1, 0);
	CHECK(p != want && p >= (char *)0x40000000 && p + 4 * PAGE <= (char *)0x80000000);
	munmap(p, 4 * PAGE);
	p = mmap((char *)0x7fffe000, 4 * PAGE, PROT_READ, ANON | MAP_32BIT, -1, 0);
	CHECK(p >= (char *)0x40000000 && p + 4 * PAGE <= (char *)0x80000000);
	munmap(p, 4 * PAGE);
	CHECK(mmap((char *)0x20000000, PAGE, PROT_READ, ANON | MAP_32BIT, -1, 0) == (char *)0x20000000);
	CHECK(mmap((char *)0x7ffff000, PAGE, PROT_READ, ANON | MAP_32BIT, -1, 0) == (char *)0x7ffff000);
	FAILS((long)mmap(NULL, 0x40001000, PROT_READ, ANON | MAP_32BIT, -1, 0), ENOMEM);
}

TAP_MAIN
