// SPDX-License-Identifier: GPL-2.0-only
/* devtmpfs: the one tmpfs instance in which the kernel makes its device nodes, mounted or not. */
#include <tern/fs/devtmpfs.h>

#include <tern/base/bug.h>
#include <tern/fs/path.h>
#include <tern/fs/tmpfs.h>
#include <tern/lib/string.h>

static struct mountpt *dev_mount;
static struct filesys *dev_fs;

static struct filesys *devtmpfs_mount(struct fstype *t, const struct mount_args *args)
{
	static const struct mount_args first = { .data = "mode=755" };

	if (!dev_fs)		/* from devtmpfs_init(), alone */
		return dev_fs = tmpfs_make(t, &first);
	filesys_get(dev_fs);
	return dev_fs;
}

static struct fstype devtmpfs_type = { .name = "devtmpfs", .flags = FSTYPE_NODEV, .mount = devtmpfs_mount };
FILESYSTEM(devtmpfs_type);

void devtmpfs_init(void)
{
	dev_mount = vfs_kernel_mount("devtmpfs", NULL);
	VERIFY(!IS_ERR(dev_mount));
}

static void dev_root(struct fspath *out)
{
	out->mnt = dev_mount;
	out->nc = dev_mount->mp_root;
}

/* Make the directories that lead to @name. */
static int make_parents(const struct fspath *root, const char *name)
{
	char dir[128];
	const char *slash = name;
	int err;

	while ((slash = strchr(slash, '/'))) {
		if ((size_t)(slash - name) >= sizeof(dir))
			return -ENAMETOOLONG;
		memcpy(dir, name, (size_t)(slash - name));
		dir[slash - name] = 0;
		err = kfs_mkdir_at(root, dir, 0755);
		if (err && err != -EEXIST)
			return err;
		slash++;
	}
	return 0;
}

int devtmpfs_add(const char *name, mode_t mode, uid_t uid, gid_t gid, u64 rdev)
{
	struct fspath root;
	int err;

	dev_root(&root);
	err = make_parents(&root, name);
	return err ? err : kfs_mknod_at(&root, name, mode, uid, gid, rdev);
}

int devtmpfs_remove(const char *name)
{
	struct fspath root;

	dev_root(&root);
	return kfs_unlink_at(&root, name);
}
