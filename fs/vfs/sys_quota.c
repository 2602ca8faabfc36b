// SPDX-License-Identifier: GPL-2.0-only
/* quotactl(2) and quotactl_fd(2): decoding and rights. Users and groups see their own limits, root all. */
#include "vfs_impl.h"

#include <tern/fs/quota.h>
#include <tern/kernel/syscalls.h>
#include <tern/kernel/userns.h>
#include <uapi/quota.h>

#define TYPE_USER	0u
#define TYPE_GROUP	1u

static bool is_mine(u32 type, u32 id)
{
	if (type == TYPE_USER)
		return cred_self()->euid == id;
	return type == TYPE_GROUP && cred_in_group(cred_self(), id);
}

static int may(u32 cmd, u32 type, u32 id)
{
	switch (cmd) {
	case Q_SYNC: case Q_GETFMT: case Q_GETINFO:
		return 0;
	case Q_GETQUOTA:
		return is_mine(type, id) || cap_has(CAP_SYS_ADMIN) ? 0 : -EPERM;
	default:
		return cap_has(CAP_SYS_ADMIN) ? 0 : -EPERM;
	}
}

static int ask(struct filesys *fs, enum quota_op op, u32 type, struct quota_call *c)
{
	return fs->ops->quota(fs, op, type, c);
}

static int get(struct filesys *fs, enum quota_op op, u32 type, u32 id, void __user *addr)
{
	struct quota_call c = { .data = { .id = id } };
	struct if_dqblk out;
	int err = ask(fs, op, type, &c);

	if (err)
		return err;
	out = (struct if_dqblk){ c.data.bhard, c.data.bsoft, c.data.space, c.data.ihard, c.data.isoft, c.data.inodes,
				 c.data.btime, c.data.itime, QIF_ALL, op == QUOTA_NEXT ? c.data.id : 0 };
	return user_copyout(addr, &out, sizeof(out)) ? -EFAULT : 0;
}

static int set(struct filesys *fs, u32 type, u32 id, const void __user *addr)
{
	struct quota_call c;
	struct if_dqblk in;

	if (user_copyin(&in, addr, sizeof(in)))
		return -EFAULT;
	if (in.valid & ~QIF_ALL)
		return -EINVAL;
	c.data = (struct quota_data){ id, in.valid, in.bhardlimit, in.bsoftlimit, in.curspace, in.ihardlimit,
				      in.isoftlimit, in.curinodes, in.btime, in.itime };
	return ask(fs, QUOTA_SET, type, &c);
}

static int get_info(struct filesys *fs, u32 type, void __user *addr)
{
	struct quota_call c = { 0 };
	struct if_dqinfo out;
	int err = ask(fs, QUOTA_TIMES, type, &c);

	if (err)
		return err;
	out = (struct if_dqinfo){ c.times.blocks, c.times.inodes, 0, IIF_BGRACE | IIF_IGRACE | IIF_FLAGS };
	return user_copyout(addr, &out, sizeof(out)) ? -EFAULT : 0;
}

static int set_info(struct filesys *fs, u32 type, const void __user *addr)
{
	struct quota_call c = { 0 };
	struct if_dqinfo in;

	if (user_copyin(&in, addr, sizeof(in)))
		return -EFAULT;
	if ((in.valid & IIF_FLAGS) && in.flags)
		return -EINVAL;
	c.times = (struct quota_times){ in.bgrace, in.igrace, in.valid };
	return ask(fs, QUOTA_SET_TIMES, type, &c);
}

static int get_format(struct filesys *fs, u32 type, void __user *addr)
{
	struct quota_call c = { 0 };
	u32 format = QFMT_VFS_V1;
	int err = ask(fs, QUOTA_TIMES, type, &c);

	if (err)
		return err;
	return user_copyout(addr, &format, sizeof(format)) ? -EFAULT : 0;
}

static int run(struct filesys *fs, u32 cmd, u32 type, u32 id, void __user *addr)
{
	u32 kid = type == TYPE_USER ? uid_in(id) : gid_in(id);
	bool has_id = cmd == Q_GETQUOTA || cmd == Q_SETQUOTA || cmd == Q_GETNEXTQUOTA;
	struct quota_call none = { 0 };
	int err;

	if (!fs->ops->quota)
		return -ENOSYS;
	if (has_id && kid == ID_NONE)
		return -EINVAL;
	err = may(cmd, type, kid);
	if (err)
		return err;
	if ((fs->flags & FILESYS_RDONLY) && (cmd == Q_SETQUOTA || cmd == Q_SETINFO || cmd == Q_QUOTAON))
		return -EROFS;
	switch (cmd) {
	case Q_SYNC: return filesys_sync_one(fs);
	case Q_QUOTAON: return ask(fs, QUOTA_ENFORCE, type, &none);
	case Q_QUOTAOFF: return ask(fs, QUOTA_RELAX, type, &none);
	case Q_GETFMT: return get_format(fs, type, addr);
	case Q_GETINFO: return get_info(fs, type, addr);
	case Q_SETINFO: return set_info(fs, type, addr);
	case Q_GETQUOTA: return get(fs, QUOTA_GET, type, kid, addr);
	case Q_GETNEXTQUOTA: return get(fs, QUOTA_NEXT, type, kid, addr);
	case Q_SETQUOTA: return set(fs, type, kid, addr);
	default: return -EINVAL;
	}
}

static int of_disk(const char __user *special, u32 cmd, u32 type, u32 id, void __user *addr)
{
	struct filesys *fs = NULL;
	struct fspath p;
	int err = path_lookup_user(AT_FDCWD, special, LOOKUP_FOLLOW, &p);

	if (err)
		return err;
	if (!S_ISBLK(path_vnode(&p)->vn_mode)) {
		err = -ENOTBLK;
	} else if (p.mnt->mp_flags & MOUNT_NODEV) {
		err = -EACCES;
	} else {
		fs = filesys_by_dev(path_vnode(&p)->vn_rdev);
		err = fs ? run(fs, cmd, type, id, addr) : -ENODEV;
	}
	if (fs)
		filesys_put(fs);
	fspath_put(&p);
	return err;
}

long sys_quotactl(u32 cmd, const char __user *special, u32 id, void __user *addr)
{
	if ((cmd & 0xff) >= QUOTA_TYPES)
		return -EINVAL;
	if (special)
		return of_disk(special, cmd >> 8, cmd & 0xff, id, addr);
	if (cmd >> 8 != Q_SYNC)
		return -ENODEV;
	return 0;		/* use is in the same transactions as what it counts */
}

long sys_quotactl_fd(u32 fd, u32 cmd, u32 id, void __user *addr)
{
	struct fdref r;
	long err;

	if ((cmd & 0xff) >= QUOTA_TYPES)
		return -EINVAL;
	r = fd_borrow_path((int)fd);
	if (!r.file)
		return -EBADF;
	err = run(r.file->of_vnode->vn_fs, cmd >> 8, cmd & 0xff, id, addr);
	fd_return(r);
	return err;
}
