// SPDX-License-Identifier: GPL-2.0-only
/* memfd_create(2): a tmpfs file without a name on a mount of the kernel's own; and seals. */
#include "tmpfs_impl.h"

#include <tern/base/initcall.h>
#include <tern/fs/memfd.h>
#include <tern/fs/path.h>
#include <tern/kernel/syscalls.h>

#define MEMFD_NAME_MAX 249

static struct mountpt *memfd_mount;

static int memfd_init(void)
{
	vnode_ops_verify(&tmpfs_vnode_ops);
	ofile_ops_verify(&tmpfs_file_fops);
	ofile_ops_verify(&tmpfs_dir_fops);
	memfd_mount = vfs_kernel_mount("tmpfs", NULL);
	if (IS_ERR(memfd_mount))
		return (int)PTR_ERR(memfd_mount);
	((struct tmpfs_super *)memfd_mount->mp_fs->priv)->max_blocks = 0;
	((struct tmpfs_super *)memfd_mount->mp_fs->priv)->max_inodes = 0;
	return 0;
}
INITCALL(CORE, memfd_init);

struct ofile *memfd_open(const char *name, u64 size, u32 seals)
{
	struct tmpfs_vnode *t;
	struct fspath p = { .mnt = memfd_mount };
	struct ofile *f;

	if (IS_ERR_OR_NULL(memfd_mount))
		return ERR_PTR(-ENOMEM);
	t = tmpfs_vnode_make(memfd_mount->mp_fs, NULL, S_IFREG | 0777);
	if (IS_ERR(t))
		return ERR_CAST(t);
	t->vn.vn_nlink = 0;
	t->file.seals = seals;
	vnode_size_set(&t->vn, size);
	p.nc = ncent_anon(memfd_mount->mp_fs, &t->vn, name);
	if (!p.nc) {
		vnode_put(&t->vn);
		return ERR_PTR(-ENOMEM);
	}
	f = ofile_open(&p, O_RDWR | O_LARGEFILE, NULL);
	ncent_put(p.nc);
	if (!IS_ERR(f))
		ofile_drop_write_access(f);	/* programs are run from what made them: execveat(2) of it */
	return f;
}

long sys_memfd_create(const char __user *uname, u32 flags)
{
	char name[MEMFD_NAME_MAX + 24] = "/memfd:";
	ssize_t n;
	struct ofile *f;
	int fd;

	if (flags & ~(MFD_CLOEXEC | MFD_ALLOW_SEALING))
		return -EINVAL;
	n = user_strncpy(name + 7, uname, MEMFD_NAME_MAX + 1);
	if (n < 0 || n > MEMFD_NAME_MAX)
		return n < 0 ? n : -EINVAL;
	strlcat(name, " (deleted)", sizeof(name));
	f = memfd_open(name, 0, flags & MFD_ALLOW_SEALING ? 0 : F_SEAL_SEAL);
	if (IS_ERR(f))
		return PTR_ERR(f);
	fd = fd_add(f, flags & MFD_CLOEXEC);
	if (fd < 0)
		ofile_put(f);
	return fd;
}

static long add_seals(struct ofile *f, struct tmpfs_vnode *t, u32 seals)
{
	long err = 0;

	if (!(f->of_mode & OFILE_WRITE))
		return -EPERM;
	if (seals & ~F_SEAL_ALL)
		return -EINVAL;
	rwsem_write_lock(&t->vn.vn_lock);
	if (t->file.seals & F_SEAL_SEAL)
		err = -EPERM;
	else if ((seals & F_SEAL_WRITE) && !(t->file.seals & F_SEAL_WRITE) &&
		 READ_ONCE(t->vn.vn_pages.nr_shared_writable))
		err = -EBUSY;
	else
		WRITE_ONCE(t->file.seals, t->file.seals | seals);
	rwsem_write_unlock(&t->vn.vn_lock);
	return err;
}

long memfd_fcntl(struct ofile *f, u32 cmd, uptr arg)
{
	struct tmpfs_vnode *t = tmpfs_of(f->of_vnode);

	if (f->of_ops != &tmpfs_file_fops)
		return -EINVAL;
	return cmd == F_GET_SEALS ? (long)READ_ONCE(t->file.seals) : add_seals(f, t, (u32)arg);
}
