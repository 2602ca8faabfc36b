// SPDX-License-Identifier: GPL-2.0-only
/*
 * From a kernel with nothing mounted to the first user process: unpack the
 * initramfs into the root file system, open the console, run init.
 *
 * As on Linux: with an initramfs that holds rdinit= (or /init), that program is
 * run; else root= is mounted and init=, /sbin/init, /etc/init, /bin/init, /bin/sh
 * are tried in turn. init= that cannot be run is fatal.
 */
#include "init_impl.h"

#include <asm/vmap.h>
#include <tern/drivers/blkdev.h>
#include <tern/base/err.h>
#include <tern/fs/ofile.h>
#include <tern/fs/path.h>
#include <tern/kernel/cmdline.h>
#include <tern/kernel/clock.h>
#include <tern/kernel/klog.h>
#include <tern/kernel/process.h>
#include <tern/lib/fmt.h>
#include <tern/lib/string.h>
#include <tern/mm/init.h>
#include <uapi/fcntl.h>
#include <uapi/mount.h>

#define ARGS_MAX 64

static char *init_argv[ARGS_MAX] = { NULL };
static char *init_envp[ARGS_MAX] = { "HOME=/", "TERM=linux", NULL };

/* Descriptors 0, 1 and 2 of pid 1. */
static void open_console(void)
{
	struct ofile *f = ofile_open_kernel("/dev/console", O_RDWR, 0);

	if (IS_ERR(f)) {
		kwarn("cannot open an initial console: error %ld", PTR_ERR(f));
		return;
	}
	for (int i = 0; i < 3; i++) {
		int fd;

		ofile_get(f);
		fd = fd_add(f, false);
		if (fd < 0) {
			kwarn("no descriptor for the console: error %d", fd);
			ofile_put(f);
		}
	}
	ofile_put(f);
}

static int try_exec(const char *path)
{
	init_argv[0] = (char *)path;
	return kernel_exec(path, init_argv, init_envp);
}

static bool file_exists(const char *path)
{
	struct fspath p;

	if (path_lookup(path, LOOKUP_FOLLOW | LOOKUP_KERNEL, &p))
		return false;
	fspath_put(&p);
	return true;
}

/* Nobody else has made the disks' nodes reachable before there is a root. */
static void mount_dev(void)
{
	int err = kfs_mkdir("/dev", 0755);

	if (!err || err == -EEXIST)
		err = kfs_mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
	if (err)
		kwarn("cannot mount /dev: error %d", err);
}

/* The source to mount for root=: what is not a path names a disk in another way (PARTUUID=, 8:1). */
static int root_source(const char *spec, char *path, size_t size)
{
	struct blkdev *b;

	if (*spec == '/' || !IS_ENABLED(CONFIG_BLOCK)) {
		fmt_print(path, size, "%s", spec);
		return 0;
	}
	b = blkdev_open_spec(spec, BLKDEV_READ, NULL);
	if (IS_ERR(b))
		return (int)PTR_ERR(b);
	fmt_print(path, size, "/dev/%s", blkdev_name(b));
	blkdev_close(b, BLKDEV_READ, NULL);
	return 0;
}

/* rootfstype= is a list; without it, all that a root may be on. */
static int try_types(const char *source, u64 flags)
{
	const char *given = cmdline_get("rootfstype");
	char list[128], *rest = list, *type;
	int err = -ENODEV;

	fmt_print(list, sizeof(list), "%s", given ? given : "ext4,squashfs,iso9660,vfat");
	while (err && (type = strsep(&rest, ","))) {
		int e = kfs_mount(source, "/root", type, flags, cmdline_get("rootflags"));

		/* What the likely type says is worth more than that another is not there. */
		if (!e || err == -ENODEV)
			err = e;
	}
	return err;
}

/* Mount root= on /root and make it the root. */
static int mount_root(void)
{
	const char *spec = cmdline_get("root");
	u64 flags = cmdline_has("rw") ? 0 : MS_RDONLY;
	char source[128];
	struct waitq never;
	int err;

	waitq_init(&never);
	if (!spec)
		return -ENODEV;
	mount_dev();
	err = kfs_mkdir("/root", 0700);
	if (err && err != -EEXIST)
		return err;
	blk_probe_wait();
	for (;;) {
		err = root_source(spec, source, sizeof(source));
		if (!err)
			err = try_types(source, flags);
		/* rootwait: disks may come late. */
		if ((err != -ENXIO && err != -ENOENT) || !cmdline_has("rootwait"))
			break;
		(void)waitq_wait_intr_until(&never, false, deadline_after(100 * NSEC_PER_MSEC));
	}
	if (err)
		return err;
	err = kfs_chdir("/root");
	if (!err)
		err = kfs_move_root("/root");
	if (!err && file_exists("/dev"))
		(void)kfs_mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
	return err;
}

static void run_rdinit(void)
{
	const char *path = cmdline_get("rdinit");
	int err;

	if (!path || !*path)
		path = "/init";
	if (!file_exists(path)) {
		if (cmdline_has("rdinit"))
			kwarn("rdinit=%s is not in the initramfs", path);
		return;
	}
	err = try_exec(path);
	kerr("cannot run %s: error %d", path, err);
}

static const char *const fallbacks[] = { "/sbin/init", "/etc/init", "/bin/init", "/bin/sh" };

int userland_start(void *unused)
{
	const char *path;
	int err;

	err = initramfs_unpack();
	if (err)
		kerr("initramfs: error %d", err);
	init_argv[0] = "init";
	cmdline_init_args(init_argv, init_envp, ARGS_MAX);
	arch_protect_image();
	mm_free_init();
	if (!file_exists("/dev/console"))
		kwarn("no /dev/console in the root file system");
	open_console();
	run_rdinit();
	err = mount_root();
	if (err && cmdline_has("root"))
		kpanic("cannot mount root=%s: error %d", cmdline_get("root"), err);
	path = cmdline_get("init");
	if (path && *path) {
		err = try_exec(path);
		kpanic("cannot run init=%s: error %d", path, err);
	}
	for (size_t i = 0; i < ARRAY_SIZE(fallbacks); i++) {
		err = try_exec(fallbacks[i]);
		if (err != -ENOENT)
			kerr("cannot run %s: error %d", fallbacks[i], err);
	}
	kpanic("no init found: give init= or an initramfs with /init");
}
