// SPDX-License-Identifier: GPL-2.0-only
/* Ready-made file operations, descriptors, files without names, signals about files. */
#include "file_impl.h"

#include "../runtime.h"

#include <asm/uaccess.h>
#include <tern/base/err.h>
#include <tern/base/initcall.h>
#include <tern/kernel/clock.h>
#include <generated/version.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>
#include <uapi/fcntl.h>

#define FMODE_SEEKABLE	0x1cu		/* LSEEK, PREAD, PWRITE */
#define FMODE_STREAM	0x200000u
#define FMODE_ATOMIC_POS 0x8000u
#define FDPUT_FPUT	1UL

/* ---- positions ---- */

static long long move_to(struct lx_file *file, long long off, int whence, long long end)
{
	if (whence == 1)
		off += file->f_pos;
	else if (whence == 2)
		off += end;
	else if (whence)
		return -EINVAL;
	if (off < 0)
		return -EINVAL;
	file->f_pos = off;
	return off;
}

long long lx_default_llseek(struct lx_file *file, long long off, int whence)
{
	return move_to(file, off, whence, file->f_inode->i_size);
}
LX_EXPORT(default_llseek);
long long lx_noop_llseek(struct lx_file *file, long long off, int whence) { return file->f_pos; }
LX_EXPORT(noop_llseek);
long long lx_no_seek_end_llseek(struct lx_file *file, long long off, int whence)
{
	return whence == 2 ? -EINVAL : move_to(file, off, whence, 0);
}
LX_EXPORT(no_seek_end_llseek);

int lx_nonseekable_open(struct lx_inode *inode, struct lx_file *file)
{
	file->f_mode &= ~FMODE_SEEKABLE;
	return 0;
}
LX_EXPORT(nonseekable_open);
int lx_stream_open(struct lx_inode *inode, struct lx_file *file)
{
	file->f_mode = (file->f_mode & ~(FMODE_SEEKABLE | FMODE_ATOMIC_POS)) | FMODE_STREAM;
	return 0;
}
LX_EXPORT(stream_open);
int lx_simple_open(struct lx_inode *inode, struct lx_file *file)
{
	if (inode->i_private)
		file->private_data = inode->i_private;
	return 0;
}
LX_EXPORT(simple_open);

long lx_simple_read_from_buffer(void *to, size_t n, long long *pos, const void *from, size_t have)
{
	if (*pos < 0)
		return -EINVAL;
	if ((u64)*pos >= have || !n)
		return 0;
	n = min(n, have - (size_t)*pos);
	n -= user_copyout_partial((void __user *)to, (const u8 *)from + *pos, n);
	*pos += (long long)n;
	return n ? (long)n : -EFAULT;
}
LX_EXPORT(simple_read_from_buffer);

struct lx_timespec64 lx_current_time(struct lx_inode *inode)
{
	struct lx_timespec64 now;

	lx_ktime_get_coarse_real_ts64(&now);
	return now;
}
LX_EXPORT(current_time);

/* ---- descriptors: of files that modules made ---- */

int lx_get_unused_fd_flags(unsigned int flags) { return fd_reserve(0, (flags & O_CLOEXEC) != 0); }
LX_EXPORT(get_unused_fd_flags);
void lx_put_unused_fd(unsigned int fd) { fd_cancel((int)fd); }
LX_EXPORT(put_unused_fd);
void lx_fd_install(unsigned int fd, struct lx_file *file) { fd_publish((int)fd, lx_file_native(file)); }
LX_EXPORT(fd_install);

static void view_end(struct file_view *v)
{
	if (lx_view_is_native(v))
		lx_native_view_end(v);
	else
		lx_view_release(v);
}

static void end_late(struct task_work *w) { view_end(container_of(w, struct file_view, late)); }
static void end_later(struct workitem *w) { view_end(container_of(w, struct file_view, later)); }

/* As the calling thread returns to its program: the caller may have locks of disks and file systems. */
static void end_soon(struct file_view *v)
{
	v->late.fn = end_late;
	if (!thread_add_work(thread_self(), &v->late))
		return;
	workitem_init(&v->later, end_later);
	workpool_queue(workpool_long, &v->later);
}

void lx_fput(struct lx_file *file)
{
	struct file_view *v = container_of(file, struct file_view, file);

	if (__atomic_sub_fetch(&file->f_count.counter, 1, __ATOMIC_SEQ_CST))
		return;
	if (lx_view_is_native(v) || !READ_ONCE(v->native)) {
		end_soon(v);
		return;
	}
	/* The reference was the native file's, which no program got. */
	file->f_count.counter = 1;
	ofile_put(v->native);
}
LX_EXPORT(fput);

static bool has_view(const struct ofile *f) { return f->of_ops == &lx_file_fops && f->of_priv; }

struct lx_file *lx_fget(unsigned int fd)
{
	struct ofile *f = fd_get((int)fd);
	struct file_view *v;

	if (IS_ERR(f))
		return NULL;
	if (!has_view(f)) {
		v = lx_native_view(f);
		if (!IS_ERR(v))
			return &v->file;
		ofile_put(f);
		return NULL;
	}
	v = lx_view_of(f);
	__atomic_add_fetch(&v->file.f_count.counter, 1, __ATOMIC_SEQ_CST);
	ofile_put(f);
	return &v->file;
}
LX_EXPORT(fget);

/* A file with a bit that says: fput() is due. */
unsigned long lx___fdget(unsigned int fd)
{
	struct lx_file *file = lx_fget(fd);

	return file ? (unsigned long)file | FDPUT_FPUT : 0;
}
LX_EXPORT(__fdget);

struct lx_file *lx_anon_inode_getfile(const char *name, const struct lx_file_operations *ops, void *priv, int flags)
{
	struct ofile *f;
	struct file_view *v;

	if (ops->owner && !lx_try_module_get(ops->owner))
		return ERR_PTR(-ENOENT);
	f = ofile_create_anon(&lx_file_fops, NULL, (u32)flags, name);
	v = IS_ERR(f) ? NULL : lx_view_make(f, ops);
	if (!v) {
		lx_module_put(ops->owner);
		return IS_ERR(f) ? (struct lx_file *)f : ERR_PTR(-ENOMEM);
	}
	v->file.private_data = priv;
	v->inode.i_mode = 0600;
	f->of_priv = v;
	return &v->file;
}
LX_EXPORT(anon_inode_getfile);

int lx_anon_inode_getfd(const char *name, const struct lx_file_operations *ops, void *priv, int flags)
{
	int fd = lx_get_unused_fd_flags((unsigned int)flags);
	struct lx_file *file;

	if (fd < 0)
		return fd;
	file = lx_anon_inode_getfile(name, ops, priv, flags);
	if (IS_ERR(file)) {
		lx_put_unused_fd((unsigned int)fd);
		return (int)PTR_ERR(file);
	}
	lx_fd_install((unsigned int)fd, file);
	return fd;
}
LX_EXPORT(anon_inode_getfd);

/* ---- SIGIO: the module's list of files that want it ---- */

static struct lx_raw_spinlock fasync_lock;

int lx_fasync_helper(int fd, struct lx_file *file, int on, struct lx_fasync_struct **list)
{
	struct lx_fasync_struct *made = on ? kmem_zalloc(sizeof(*made), ALLOC_KERNEL) : NULL, **at, *gone = NULL;
	unsigned long flags;
	int changed = 0;

	if (on && !made)
		return -ENOMEM;
	flags = lx__raw_spin_lock_irqsave(&fasync_lock);
	for (at = list; *at && (*at)->fa_file != file; at = &(*at)->fa_next)
		;
	if (on && !*at) {
		made->fa_file = file;
		made->fa_fd = fd;
		*at = made;
		made = NULL;
		changed = 1;
	} else if (!on && *at) {
		gone = *at;
		*at = gone->fa_next;
		changed = 1;
	}
	lx__raw_spin_unlock_irqrestore(&fasync_lock, flags);
	kmem_free(made);
	kmem_free(gone);
	return changed;
}
LX_EXPORT(fasync_helper);

void lx_kill_fasync(struct lx_fasync_struct **list, int sig, int band)
{
	unsigned long flags;

	if (!READ_ONCE(*list))
		return;
	flags = lx__raw_spin_lock_irqsave(&fasync_lock);
	for (struct lx_fasync_struct *f = *list; f; f = f->fa_next)
		ofile_sigio(lx_file_native(f->fa_file), band == 1 ? POLLIN : band == 2 ? POLLOUT : POLLPRI);
	lx__raw_spin_unlock_irqrestore(&fasync_lock, flags);
}
LX_EXPORT(kill_fasync);

/* ---- debugfs: there is none, which its callers are told ---- */

struct lx_dentry *lx_debugfs_create_dir(const char *name, struct lx_dentry *parent) { return ERR_PTR(-ENODEV); }
LX_EXPORT(debugfs_create_dir);
struct lx_dentry *lx_debugfs_create_file(const char *name, unsigned short mode, struct lx_dentry *parent, void *data,
					 const struct lx_file_operations *ops)
{
	return ERR_PTR(-ENODEV);
}
LX_EXPORT(debugfs_create_file);
void lx_debugfs_create_regset32(const char *name, unsigned short mode, struct lx_dentry *parent,
				struct lx_debugfs_regset32 *regs)
{
}
LX_EXPORT(debugfs_create_regset32);
void lx_debugfs_remove(struct lx_dentry *d) { }
LX_EXPORT(debugfs_remove);
void lx_debugfs_lookup_and_remove(const char *name, struct lx_dentry *parent) { }
LX_EXPORT(debugfs_lookup_and_remove);

/* ---- who calls: views of credentials and processes are the task's own ---- */

void lx___put_cred(struct lx_cred *c) { }
LX_EXPORT(__put_cred);
void lx_put_pid(struct lx_pid *p) { }
LX_EXPORT(put_pid);

static struct lx_uts_namespace lx_init_uts_ns;
LX_EXPORT_DATA(init_uts_ns);

static int uts_init(void)
{
	strlcpy(lx_init_uts_ns.name.sysname, "Linux", sizeof(lx_init_uts_ns.name.sysname));
	strlcpy(lx_init_uts_ns.name.release, TERN_RELEASE, sizeof(lx_init_uts_ns.name.release));
	strlcpy(lx_init_uts_ns.name.machine, "x86_64", sizeof(lx_init_uts_ns.name.machine));
	return 0;
}
INITCALL(CORE, uts_init);
