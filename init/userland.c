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
#include <tern/base/err.h>
#include <tern/fs/ofile.h>
#include <tern/fs/path.h>
#include <tern/kernel/cmdline.h>
#include <tern/kernel/klog.h>
#include <tern/kernel/process.h>
#include <tern/lib/string.h>
#include <tern/mm/init.h>
#include <uapi/fcntl.h>

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

/* Mount root= on /root and make it the root. */
static int mount_root(void)
{
	const char *dev = cmdline_get("root"), *type = cmdline_get("rootfstype");
	u64 flags = cmdline_has("rw") ? 0 : 1 /* MS_RDONLY */;
	int err;

	if (!dev || !type)
		return -ENODEV;
	err = kfs_mkdir("/root", 0700);
	if (err && err != -EEXIST)
		return err;
	err = kfs_mount(dev, "/root", type, flags, cmdline_get("rootflags"));
	if (err)
		return err;
	err = kfs_chdir("/root");
	return err ? err : kfs_move_root("/root");
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
