// SPDX-License-Identifier: GPL-2.0-only
/*
 * kcmp(2): do two processes share a kernel object. The order that it tells is
 * that of addresses scrambled by random numbers, so that nothing leaks.
 */
#include "proc_impl.h"

#include <asm/uaccess.h>
#include <tern/kernel/random.h>
#include <tern/kernel/syscalls.h>
#include <tern/kernel/vfsface.h>

enum { KCMP_FILE, KCMP_VM, KCMP_FILES, KCMP_FS, KCMP_SIGHAND, KCMP_IO, KCMP_SYSVSEM,
	KCMP_EPOLL_TFD, KCMP_TYPES };

/* How user space names a file that is watched: number @toff of those watched as @tfd. */
struct watch_slot {
	u32 efd, tfd, toff;
};

static u64 scramble(const void *p, u32 type)
{
	static struct spin lock = SPIN_INIT(LOCKRANK_KLIST);	/* protects the filling of keys */
	static u64 keys[KCMP_TYPES][2];

	spin_lock(&lock);
	if (!keys[type][1]) {
		random_bytes(keys[type], sizeof(keys[type]));
		keys[type][1] |= 1;	/* odd: multiplication keeps values apart */
	}
	spin_unlock(&lock);
	return ((u64)p ^ keys[type][0]) * keys[type][1];
}

static long compare(const void *a, const void *b, u32 type)
{
	u64 x = scramble(a, type), y = scramble(b, type);

	return x < y ? 1 : x > y ? 2 : 0;
}

static long compare_files(struct thread *a, struct thread *b, u64 fd_a, u64 fd_b)
{
	struct ofile *fa = fd_a > S32_MAX ? NULL : fdtab_file_of(a, (int)fd_a);
	struct ofile *fb = fd_b > S32_MAX ? NULL : fdtab_file_of(b, (int)fd_b);
	long ret = -EBADF;

	if (!IS_ERR_OR_NULL(fa) && !IS_ERR_OR_NULL(fb))
		ret = compare(fa, fb, KCMP_FILE);
	if (!IS_ERR_OR_NULL(fa))
		ofile_put(fa);
	if (!IS_ERR_OR_NULL(fb))
		ofile_put(fb);
	return ret;
}

/* Is @a's file the one that an epoll file of @b watches? The slot is in user memory. */
static long compare_watched(struct thread *a, struct thread *b, u64 fd_a, uptr slot)
{
	struct ofile *fa, *ep, *watched = NULL;
	struct watch_slot es;
	long ret;

	if (!IS_ENABLED(CONFIG_EPOLL))
		return -EOPNOTSUPP;
	if (user_copyin(&es, (void __user *)slot, sizeof(es)))
		return -EFAULT;
	fa = fd_a > S32_MAX ? NULL : fdtab_file_of(a, (int)fd_a);
	if (IS_ERR_OR_NULL(fa))
		return -EBADF;
	ep = es.efd > S32_MAX ? NULL : fdtab_file_of(b, (int)es.efd);
	ret = -EBADF;
	if (!IS_ERR_OR_NULL(ep)) {
		watched = epoll_watched(ep, (int)es.tfd, es.toff);
		ret = IS_ERR(watched) ? PTR_ERR(watched) : compare(fa, watched, KCMP_FILE);
		ofile_put(ep);
	}
	ofile_put(fa);
	return ret;
}

static const void *object_of(struct thread *t, u32 type)
{
	switch (type) {
	case KCMP_VM: return READ_ONCE(t->t_as);
	case KCMP_FILES: return READ_ONCE(t->t_files);
	case KCMP_FS: return READ_ONCE(t->t_fs);
	case KCMP_SYSVSEM: return READ_ONCE(t->t_semundos);
	case KCMP_IO: return NULL;	/* nobody has an I/O context of its own */
	default: return READ_ONCE(t->t_proc->p_actions);
	}
}

static struct thread *thread_lookup(s32 nr)
{
	struct pidref *ref;
	struct thread *t;

	rcu_read_lock();
	ref = pidref_find(nr);
	t = ref ? pidref_thread(ref) : NULL;
	if (t && !ref_get_unless_zero(&t->t_refs))
		t = NULL;
	rcu_read_unlock();
	return t;
}

long sys_kcmp(s32 pid_a, s32 pid_b, s32 type, u64 idx_a, u64 idx_b)
{
	struct thread *a = thread_lookup(pid_a), *b = thread_lookup(pid_b);
	long ret = -ESRCH;

	if (!a || !b)
		goto out;
	ret = -EPERM;
	if (!process_may_access(a->t_proc, false) || !process_may_access(b->t_proc, false))
		goto out;
	switch (type) {
	case KCMP_FILE:
		ret = compare_files(a, b, idx_a, idx_b);
		break;
	case KCMP_VM: case KCMP_FILES: case KCMP_FS: case KCMP_SIGHAND:
	case KCMP_IO: case KCMP_SYSVSEM:
		ret = compare(object_of(a, type), object_of(b, type), type);
		break;
	case KCMP_EPOLL_TFD:
		ret = compare_watched(a, b, idx_a, idx_b);
		break;
	default:
		ret = -EINVAL;
	}
out:
	if (a)
		thread_put(a);
	if (b)
		thread_put(b);
	return ret;
}
