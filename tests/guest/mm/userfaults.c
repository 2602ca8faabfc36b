/* SPDX-License-Identifier: GPL-2.0-only */
/* userfaultfd: pages that a program puts in place, writes that it hears of, events. */
#include "../tap.h"

#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <sys/auxv.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#define PAGE 4096L

static int open_uffd(uint64_t features)
{
	struct uffdio_api a = { .api = UFFD_API, .features = features };
	int u = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);

	NEED(u >= 0);
	NEED(ioctl(u, UFFDIO_API, &a) == 0);
	return u;
}

static char *map(long pages, int flags, int fd)
{
	char *p = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, flags, fd, 0);

	NEED(p != MAP_FAILED);
	return p;
}

static char *map_anon(long pages)
{
	return map(pages, MAP_PRIVATE | MAP_ANONYMOUS, -1);
}

static uint64_t take(int u, void *p, long pages, uint64_t mode)
{
	struct uffdio_register r = { .range = { (unsigned long)p, pages * PAGE }, .mode = mode };

	NEED(ioctl(u, UFFDIO_REGISTER, &r) == 0);
	return r.ioctls;
}

static int copy_to(int u, void *dst, const void *src, long pages, uint64_t mode)
{
	struct uffdio_copy c = { (unsigned long)dst, (unsigned long)src, pages * PAGE, mode, 0 };

	return ioctl(u, UFFDIO_COPY, &c);
}

static int guard(int u, void *p, long pages, uint64_t mode)
{
	struct uffdio_writeprotect w = { { (unsigned long)p, pages * PAGE }, mode };

	return ioctl(u, UFFDIO_WRITEPROTECT, &w);
}

static struct uffd_msg next_msg(int u)
{
	struct pollfd p = { u, POLLIN, 0 };
	struct uffd_msg m;

	NEED(poll(&p, 1, 5000) == 1);
	NEED(read(u, &m, sizeof(m)) == sizeof(m));
	return m;
}

/* What another thread does to memory. */
struct job { volatile char *at; int is_write; char saw; void *done_by; };

static void *touch(void *arg)
{
	struct job *j = arg;

	if (j->is_write)
		*j->at = 'w';
	j->saw = *j->at;
	return NULL;
}

static pthread_t begin(struct job *j)
{
	pthread_t t;

	NEED(pthread_create(&t, NULL, touch, j) == 0);
	return t;
}

static char *filled(char c)
{
	char *p = map_anon(1);

	memset(p, c, PAGE);
	return p;
}

CASE(a_missing_page_is_asked_for_and_copied)
{
	int u = open_uffd(0);
	char *p = map_anon(4), *src = filled('s');
	struct job j = { p + 2 * PAGE + 5 }, k = { p, 1 };
	struct uffd_msg m;
	uint64_t calls = take(u, p, 4, UFFDIO_REGISTER_MODE_MISSING);
	pthread_t t = begin(&j);

	CHECK(calls & 1 << _UFFDIO_COPY);
	CHECK(calls & 1 << _UFFDIO_ZEROPAGE);
	CHECK(!(calls & 1 << _UFFDIO_WRITEPROTECT));
	m = next_msg(u);
	CHECK_EQ(m.event, UFFD_EVENT_PAGEFAULT);
	CHECK_EQ(m.arg.pagefault.address, (unsigned long)p + 2 * PAGE);
	CHECK_EQ(m.arg.pagefault.flags, 0);
	CHECK_EQ(copy_to(u, p + 2 * PAGE, src, 1, 0), 0);
	pthread_join(t, NULL);
	CHECK_EQ(j.saw, 's');
	FAILS(copy_to(u, p + 2 * PAGE, src, 1, 0), EEXIST);
	t = begin(&k);
	m = next_msg(u);
	CHECK_EQ(m.arg.pagefault.flags, UFFD_PAGEFAULT_FLAG_WRITE);
	CHECK_EQ(copy_to(u, p, src, 1, 0), 0);
	pthread_join(t, NULL);
	CHECK_EQ(p[0], 'w');
	CHECK_EQ(p[1], 's');
}

CASE(zero_pages_and_late_wakes)
{
	int u = open_uffd(UFFD_FEATURE_EXACT_ADDRESS | UFFD_FEATURE_THREAD_ID);
	char *p = map_anon(2), *src = filled('x');
	struct job j = { p + 17 }, k = { p + PAGE };
	struct uffdio_zeropage z = { { (unsigned long)p, PAGE }, 0, 0 };
	struct uffdio_range r = { (unsigned long)p + PAGE, PAGE };
	struct uffd_msg m;
	pthread_t t;

	take(u, p, 2, UFFDIO_REGISTER_MODE_MISSING);
	t = begin(&j);
	m = next_msg(u);
	CHECK_EQ(m.arg.pagefault.address, (unsigned long)p + 17);
	CHECK(m.arg.pagefault.feat.ptid > (unsigned)getpid());
	CHECK_EQ(ioctl(u, UFFDIO_ZEROPAGE, &z), 0);
	CHECK_EQ(z.zeropage, PAGE);
	pthread_join(t, NULL);
	CHECK_EQ(j.saw, 0);
	t = begin(&k);
	next_msg(u);
	CHECK_EQ(copy_to(u, p + PAGE, src, 1, UFFDIO_COPY_MODE_DONTWAKE), 0);
	msleep(20);
	CHECK_EQ(k.saw, 0);
	CHECK_EQ(ioctl(u, UFFDIO_WAKE, &r), 0);
	pthread_join(t, NULL);
	CHECK_EQ(k.saw, 'x');
}

static void *read_into(void *arg)
{
	struct job *j = arg;
	int fd[2];

	if (pipe(fd) == 0 && write(fd[1], "kernel", 6) == 6)
		j->saw = read(fd[0], (char *)j->at, 6);
	return NULL;
}

CASE(the_kernels_own_accesses_wait_too)
{
	int u = open_uffd(0);
	char *p = map_anon(1), *src = filled('z');
	struct job j = { p + 10 };
	pthread_t t;

	take(u, p, 1, UFFDIO_REGISTER_MODE_MISSING);
	NEED(pthread_create(&t, NULL, read_into, &j) == 0);
	next_msg(u);
	CHECK_EQ(copy_to(u, p, src, 1, 0), 0);
	pthread_join(t, NULL);
	CHECK_EQ(j.saw, 6);
	CHECK_EQ(memcmp(p + 9, "zkernelz", 8), 0);
}

CASE(guarded_pages_tell_of_writes)
{
	int u = open_uffd(UFFD_FEATURE_PAGEFAULT_FLAG_WP);
	char *p = map_anon(3);
	struct job j = { p + PAGE, 1 };
	struct uffd_msg m;
	pthread_t t;

	memset(p, 'a', 3 * PAGE);
	CHECK(take(u, p, 3, UFFDIO_REGISTER_MODE_WP) & 1 << _UFFDIO_WRITEPROTECT);
	CHECK_EQ(guard(u, p, 2, UFFDIO_WRITEPROTECT_MODE_WP), 0);
	p[2 * PAGE] = 'c';
	CHECK_EQ(p[0], 'a');
	t = begin(&j);
	m = next_msg(u);
	CHECK_EQ(m.arg.pagefault.flags, UFFD_PAGEFAULT_FLAG_WP | UFFD_PAGEFAULT_FLAG_WRITE);
	CHECK_EQ(p[PAGE], 'a');
	CHECK_EQ(guard(u, p + PAGE, 1, 0), 0);
	pthread_join(t, NULL);
	CHECK_EQ(p[PAGE], 'w');
	/* the guard outlives a change of protection */
	CHECK_EQ(mprotect(p, PAGE, PROT_NONE), 0);
	CHECK_EQ(mprotect(p, PAGE, PROT_READ | PROT_WRITE), 0);
	j.at = p;
	t = begin(&j);
	m = next_msg(u);
	CHECK_EQ(m.arg.pagefault.address, (unsigned long)p);
	close(u);		/* who waits goes on */
	pthread_join(t, NULL);
	CHECK_EQ(p[0], 'w');
}

CASE(a_copy_may_come_guarded)
{
	int u = open_uffd(UFFD_FEATURE_PAGEFAULT_FLAG_WP);
	char *p = map_anon(1), *src = filled('g');
	struct job j = { p, 1 };
	pthread_t t;

	take(u, p, 1, UFFDIO_REGISTER_MODE_MISSING | UFFDIO_REGISTER_MODE_WP);
	CHECK_EQ(copy_to(u, p, src, 1, UFFDIO_COPY_MODE_WP), 0);
	CHECK_EQ(p[7], 'g');
	t = begin(&j);
	CHECK(next_msg(u).arg.pagefault.flags & UFFD_PAGEFAULT_FLAG_WP);
	CHECK_EQ(guard(u, p, 1, 0), 0);
	pthread_join(t, NULL);
	CHECK_EQ(p[0], 'w');
}

CASE(shared_memory_missing_and_minor)
{
	int u = open_uffd(UFFD_FEATURE_MISSING_SHMEM | UFFD_FEATURE_MINOR_SHMEM);
	int fd = memfd_create("m", 0);
	char *src = filled('q'), *p, *alias;
	struct uffdio_continue c = { .mode = 0 };
	struct job j, k;
	struct uffd_msg m;
	pthread_t t;

	NEED(fd >= 0 && ftruncate(fd, 2 * PAGE) == 0);
	p = map(2, MAP_SHARED, fd);
	alias = map(2, MAP_SHARED, fd);
	CHECK(take(u, p, 2, UFFDIO_REGISTER_MODE_MISSING | UFFDIO_REGISTER_MODE_MINOR) & 1 << _UFFDIO_CONTINUE);
	j = (struct job){ p };
	t = begin(&j);
	m = next_msg(u);
	CHECK_EQ(m.arg.pagefault.flags, 0);
	CHECK_EQ(copy_to(u, p, src, 1, 0), 0);
	pthread_join(t, NULL);
	CHECK_EQ(alias[3], 'q');
	strcpy(alias + PAGE, "through the alias");
	k = (struct job){ p + PAGE };
	t = begin(&k);
	m = next_msg(u);
	CHECK_EQ(m.arg.pagefault.flags, UFFD_PAGEFAULT_FLAG_MINOR);
	FAILS(copy_to(u, p + PAGE, src, 1, 0), EEXIST);
	c.range.start = (unsigned long)p + PAGE;
	c.range.len = PAGE;
	CHECK_EQ(ioctl(u, UFFDIO_CONTINUE, &c), 0);
	CHECK_EQ(c.mapped, PAGE);
	pthread_join(t, NULL);
	CHECK_EQ(k.saw, 't');
	FAILS(ioctl(u, UFFDIO_CONTINUE, &c), EEXIST);
}

/* ---- events ---- */

struct change { char *p; int what; void *to; pid_t child; };

static void *change(void *arg)
{
	struct change *c = arg;

	if (c->what == UFFD_EVENT_REMOVE)
		madvise(c->p, PAGE, MADV_DONTNEED);
	else if (c->what == UFFD_EVENT_UNMAP)
		munmap(c->p, PAGE);
	else if (c->what == UFFD_EVENT_REMAP)
		mremap(c->p, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, c->to);
	else if ((c->child = fork()) == 0)
		_exit(c->p[0] == 'f' ? 0 : 1);
	return NULL;
}

CASE(changes_of_memory_are_told)
{
	int u = open_uffd(UFFD_FEATURE_EVENT_REMOVE | UFFD_FEATURE_EVENT_UNMAP | UFFD_FEATURE_EVENT_REMAP);
	char *p = map_anon(3), *to = map_anon(1), *src = filled('n');
	struct change c = { p, UFFD_EVENT_REMOVE };
	struct uffd_msg m;
	pthread_t t;

	memset(p, 'o', 3 * PAGE);
	take(u, p, 3, UFFDIO_REGISTER_MODE_MISSING);
	NEED(pthread_create(&t, NULL, change, &c) == 0);
	m = next_msg(u);
	pthread_join(t, NULL);
	CHECK_EQ(m.event, UFFD_EVENT_REMOVE);
	CHECK_EQ(m.arg.remove.start, (unsigned long)p);
	CHECK_EQ(m.arg.remove.end, (unsigned long)p + PAGE);
	CHECK_EQ(copy_to(u, p, src, 1, 0), 0);
	CHECK_EQ(p[0], 'n');
	c = (struct change){ p + PAGE, UFFD_EVENT_UNMAP };
	NEED(pthread_create(&t, NULL, change, &c) == 0);
	m = next_msg(u);
	pthread_join(t, NULL);
	CHECK_EQ(m.event, UFFD_EVENT_UNMAP);
	CHECK_EQ(m.arg.remove.start, (unsigned long)p + PAGE);
	c = (struct change){ p + 2 * PAGE, UFFD_EVENT_REMAP, to };
	NEED(pthread_create(&t, NULL, change, &c) == 0);
	m = next_msg(u);
	while (m.event == UFFD_EVENT_UNMAP)
		m = next_msg(u);
	CHECK_EQ(m.event, UFFD_EVENT_REMAP);
	CHECK_EQ(m.arg.remap.from, (unsigned long)p + 2 * PAGE);
	CHECK_EQ(m.arg.remap.to, (unsigned long)to);
	CHECK_EQ(m.arg.remap.len, PAGE);
	/* moving may end with news of the old place, which wait for a reader */
	close(u);
	pthread_join(t, NULL);
	CHECK_EQ(to[0], 'o');
}

CASE(a_fork_brings_the_childs_descriptor)
{
	int u = open_uffd(UFFD_FEATURE_EVENT_FORK), st, v;
	char *p = map_anon(1), *src = filled('f');
	struct change c = { p, UFFD_EVENT_FORK };
	struct uffd_msg m;
	pthread_t t;

	take(u, p, 1, UFFDIO_REGISTER_MODE_MISSING);
	NEED(pthread_create(&t, NULL, change, &c) == 0);
	m = next_msg(u);
	CHECK_EQ(m.event, UFFD_EVENT_FORK);
	v = m.arg.fork.ufd;
	CHECK(v > u);
	pthread_join(t, NULL);
	m = next_msg(v);
	CHECK_EQ(m.event, UFFD_EVENT_PAGEFAULT);
	CHECK_EQ(copy_to(v, p, src, 1, 0), 0);
	CHECK_EQ(waitpid(c.child, &st, 0), c.child);
	CHECK_EQ(st, 0);
	FAILS(copy_to(v, p, src, 1, 0), ESRCH);
}

CASE(faults_are_signals_if_asked_for)
{
	int u = open_uffd(UFFD_FEATURE_SIGBUS), v, st;
	char *p = map_anon(1), *q = map_anon(1), c[1] = { 1 };
	struct uffdio_api a = { .api = UFFD_API };
	pid_t child;
	int fd[2];

	take(u, p, 1, UFFDIO_REGISTER_MODE_MISSING);
	NEED((child = vfork()) >= 0);
	if (!child) {
		*(volatile char *)p = 1;
		_exit(0);
	}
	CHECK_EQ(waitpid(child, &st, 0), child);
	CHECK(WIFSIGNALED(st) && WTERMSIG(st) == SIGBUS);
	/* with user mode only, the kernel's accesses fail */
	v = syscall(SYS_userfaultfd, O_NONBLOCK | UFFD_USER_MODE_ONLY);
	NEED(v >= 0 && ioctl(v, UFFDIO_API, &a) == 0);
	take(v, q, 1, UFFDIO_REGISTER_MODE_MISSING);
	NEED(pipe(fd) == 0 && write(fd[1], c, 1) == 1);
	FAILS(read(fd[0], q, 1), EFAULT);
}

CASE(ranges_and_modes_are_checked)
{
	struct uffdio_api a = { .api = 0xab };
	struct uffdio_register r = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	int u, v, w = syscall(SYS_userfaultfd, O_NONBLOCK);
	char *p = map_anon(4);

	FAILS(syscall(SYS_userfaultfd, 0x40), EINVAL);
	r.range.start = (unsigned long)p;
	r.range.len = PAGE;
	FAILS(ioctl(w, UFFDIO_REGISTER, &r), EINVAL);
	FAILS(read(w, &a, 32), EINVAL);
	FAILS(ioctl(w, UFFDIO_API, &a), EINVAL);
	a = (struct uffdio_api){ .api = UFFD_API, .features = 1ULL << 60 };
	FAILS(ioctl(w, UFFDIO_API, &a), EINVAL);
	CHECK_EQ(a.api, 0);
	a = (struct uffdio_api){ .api = UFFD_API };
	CHECK_EQ(ioctl(w, UFFDIO_API, &a), 0);
	CHECK(a.features & UFFD_FEATURE_EVENT_FORK);
	CHECK_EQ(a.ioctls, 1ULL << _UFFDIO_API | 1 << _UFFDIO_REGISTER | 1 << _UFFDIO_UNREGISTER);
	FAILS(ioctl(w, UFFDIO_API, &a), EINVAL);
	u = open_uffd(0);
	v = open_uffd(0);
	r.range.start = (unsigned long)p + 1;
	FAILS(ioctl(u, UFFDIO_REGISTER, &r), EINVAL);
	r.range.start = (unsigned long)p;
	r.mode = 0;
	FAILS(ioctl(u, UFFDIO_REGISTER, &r), EINVAL);
	r.mode = UFFDIO_REGISTER_MODE_MINOR;
	FAILS(ioctl(u, UFFDIO_REGISTER, &r), EINVAL);
	r.mode = UFFDIO_REGISTER_MODE_MISSING;
	CHECK_EQ(ioctl(u, UFFDIO_REGISTER, &r), 0);
	CHECK_EQ(ioctl(u, UFFDIO_REGISTER, &r), 0);
	FAILS(ioctl(v, UFFDIO_REGISTER, &r), EBUSY);
	r.range.start = getauxval(AT_SYSINFO_EHDR);
	FAILS(ioctl(u, UFFDIO_REGISTER, &r), EINVAL);
	FAILS(copy_to(u, p + PAGE, p, 1, 0), ENOENT);
	FAILS(copy_to(u, p, p, 1, 8), EINVAL);
	FAILS(copy_to(u, p, NULL, 1, 0), EFAULT);
	FAILS(guard(u, p, 1, UFFDIO_WRITEPROTECT_MODE_WP), ENOENT);
	FAILS(guard(u, p, 1, 3), EINVAL);
	FAILS(copy_to(u, p, filled('e'), 1, UFFDIO_COPY_MODE_WP), EINVAL);
	r.range.start = (unsigned long)p;
	CHECK_EQ(ioctl(u, UFFDIO_UNREGISTER, &r.range), 0);
	CHECK_EQ(ioctl(v, UFFDIO_REGISTER, &r), 0);
	NEED(setuid(1000) == 0);
	FAILS(syscall(SYS_userfaultfd, 0), EPERM);
	CHECK(syscall(SYS_userfaultfd, UFFD_USER_MODE_ONLY) >= 0);
}

TAP_MAIN
