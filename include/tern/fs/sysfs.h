/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sysfs: the kernel's objects as directories, one value a file. Owner fs/sysfs.
 * Nodes may be made before anything is mounted, from INITLEVEL_CORE on.
 */
#pragma once

#include <tern/base/types.h>
#include <tern/lib/seqbuf.h>

struct sysnode;		/* a directory, attribute or link; counted */

struct sysattr {
	const char *name;
	mode_t mode;		/* 0: 0444, or 0644 with @store */
	/* Text, a newline at the end; cut at a page. 0 or -errno. */
	int (*show)(struct seqbuf *sb, void *arg);
	/* NUL-terminated text of one write; bytes taken or -errno. NULL: read-only. */
	ssize_t (*store)(const char *text, size_t n, void *arg);
};

/* Contents as raw bytes at a position (PCI configuration space, firmware tables). */
struct sysbin {
	const char *name;
	mode_t mode;		/* 0: 0444 */
	u64 size;		/* shown by stat; 0: unknown */
	ssize_t (*read)(void *arg, void *buf, size_t n, loff_t pos);
	ssize_t (*write)(void *arg, const void *buf, size_t n, loff_t pos);	/* NULL: read-only */
};

/* A directory in which programs make and remove directories; not in sysfs's own tree. 0 or -errno each. Sleep. */
struct sysdir {
	/* Make @name with sysfs_dir_create_as(). NULL: nothing can be made in it. */
	int (*mkdir)(struct sysnode *dir, const char *name, void *arg);
	/* Take this directory away with sysfs_remove(). NULL: it stays. */
	int (*rmdir)(struct sysnode *dir, void *arg);
};

/** The usual places; borrowed, never removed. */
extern struct sysnode *sysfs_root, *sysfs_kernel, *sysfs_devices, *sysfs_class, *sysfs_bus, *sysfs_block,
	*sysfs_fs, *sysfs_module, *sysfs_dev_block, *sysfs_dev_char, *sysfs_firmware, *sysfs_power;

/**
 * sysfs_dir_create() - directory @name below @parent; borrowed until
 * sysfs_remove(); ERR_PTR(-EEXIST, -ENOMEM). Sleeps.
 */
struct sysnode *sysfs_dir_create(struct sysnode *parent, const char *name);
/**
 * sysfs_dir_create_in() - the same, seen through the mounts of the network
 * namespace with inode number @net only; what is below it goes with it.
 */
struct sysnode *sysfs_dir_create_in(struct sysnode *parent, const char *name, u32 net);
/** sysfs_dir_create_as() - the same with what programs may do there; @ops must outlive it. */
struct sysnode *sysfs_dir_create_as(struct sysnode *parent, const char *name, const struct sysdir *ops, void *arg);
/** sysfs_dir_find() - existing child directory (borrowed), NULL if there is none. */
struct sysnode *sysfs_dir_find(struct sysnode *parent, const char *name);
/**
 * sysfs_file_create() - attribute @a (must outlive it) with @arg for its
 * functions; 0, -EEXIST, -ENOMEM.
 */
int sysfs_file_create(struct sysnode *dir, const struct sysattr *a, void *arg);
/** sysfs_files_create() - all of a table of attributes. 0 or the first error. */
int sysfs_files_create(struct sysnode *dir, const struct sysattr *a, u32 n, void *arg);
/** sysfs_bin_create() - the same for raw bytes. */
int sysfs_bin_create(struct sysnode *dir, const struct sysbin *b, void *arg);
/** sysfs_link_create() - symbolic link to another node, by relative path; 0, -EEXIST, -ENOMEM. */
int sysfs_link_create(struct sysnode *dir, const char *name, const struct sysnode *target);
/** sysfs_link_create_in() - the same, seen in one network namespace only. */
int sysfs_link_create_in(struct sysnode *dir, const char *name, const struct sysnode *target, u32 net);
/** sysfs_remove() - a node and all below it; on return none of their functions runs. Sleeps. */
void sysfs_remove(struct sysnode *n);
/** sysfs_remove_name() - one child by name; -ENOENT. */
int sysfs_remove_name(struct sysnode *dir, const char *name);
/** sysfs_remove_name_in() - the same, of those seen in network namespace @net. */
int sysfs_remove_name_in(struct sysnode *dir, const char *name, u32 net);
/** sysfs_wake() - an attribute's value changed: those who poll it wake. Context: any. */
void sysfs_wake(struct sysnode *dir, const char *name);
/** sysfs_print_path() - path below the mount point, with a leading slash ("/devices/..."). */
void sysfs_print_path(const struct sysnode *n, struct seqbuf *sb);

struct fstype;
struct filesys;
/**
 * systree_create() - root of a tree of its own, which another file system shows; NULL if no memory
 * @gone: error of who uses a file that is removed
 */
struct sysnode *systree_create(mode_t mode, int gone);
/**
 * systree_show() - an instance of a file system that shows the tree of @root
 * @net: network namespace (inum) whose nodes it shows
 * Return: referenced, or ERR_PTR(-ENOMEM). Sleeps.
 */
struct filesys *systree_show(struct fstype *t, struct sysnode *root, u64 magic, u32 net);
