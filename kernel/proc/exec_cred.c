// SPDX-License-Identifier: GPL-2.0-only
/*
 * Credentials across execve: set-id bits, file capabilities, root's privileges,
 * and whether the new program must distrust its environment (AT_SECURE).
 * The formulas are those of capabilities(7).
 */
#include "proc_impl.h"

#include <tern/kernel/trace.h>
#include <tern/kernel/userns.h>
#include <tern/kernel/vfsface.h>
#include <tern/lib/bits.h>

#include "exec_impl.h"

#define S_ISUID_	04000
#define S_ISGID_	02000
#define S_IXGRP_	0010
#define SECBIT_NOROOT	0x1u
#define SECBIT_KEEP_CAPS 0x10u
#define CAP_VALID	((1UL << (CAP_LAST + 1)) - 1)

#define VFS_CAP_REVISION_MASK	0xff000000u
#define VFS_CAP_REVISION_1	0x01000000u
#define VFS_CAP_REVISION_2	0x02000000u
#define VFS_CAP_REVISION_3	0x03000000u
#define VFS_CAP_EFFECTIVE	0x1u

struct filecaps {
	u64 permitted, inheritable;
	bool is_effective, exists;
};

/* security.capability: magic, then pairs of permitted and inheritable words. */
static void filecaps_read(struct ofile *f, struct filecaps *fc)
{
	u8 raw[24];
	ssize_t n = execfile_file_caps(f, raw, sizeof(raw));
	u32 magic, rev, words;

	if (n < 4)
		return;
	magic = get_le32(raw);
	rev = magic & VFS_CAP_REVISION_MASK;
	words = rev == VFS_CAP_REVISION_1 ? 1 : 2;
	if ((rev == VFS_CAP_REVISION_1 && n != 12) || (rev == VFS_CAP_REVISION_2 && n != 20) ||
	    (rev == VFS_CAP_REVISION_3 && (n != 24 || get_le32(raw + 20) != 0)) ||
	    rev < VFS_CAP_REVISION_1 || rev > VFS_CAP_REVISION_3)
		return;
	for (u32 i = 0; i < words; i++) {
		fc->permitted |= (u64)get_le32(raw + 4 + 8 * i) << 32 * i;
		fc->inheritable |= (u64)get_le32(raw + 8 + 8 * i) << 32 * i;
	}
	fc->permitted &= CAP_VALID;
	fc->inheritable &= CAP_VALID;
	fc->is_effective = magic & VFS_CAP_EFFECTIVE;
	fc->exists = true;
}

static void apply_setid(struct credset *n, const struct execfile_info *info)
{
	if (info->is_nosuid || n->no_new_privs || !ids_are_known(n->ns, info->uid, info->gid))
		return;
	if (info->mode & S_ISUID_)
		n->euid = info->uid;
	if ((info->mode & (S_ISGID_ | S_IXGRP_)) == (S_ISGID_ | S_IXGRP_))
		n->egid = info->gid;
}

static void root_is_powerful(struct credset *n, struct filecaps *fc)
{
	uid_t root = userns_root_uid(n->ns);

	if (root == ID_NONE || (n->securebits & SECBIT_NOROOT) ||
	    (n->uid != root && n->euid != root))
		return;
	/* A set-user-id-root program with file capabilities gets only those. */
	if (fc->exists && n->uid != root && n->euid == root)
		return;
	fc->permitted = fc->inheritable = CAP_VALID;
	fc->is_effective = n->euid == root;
}

/* What it would gain is lost again if gaining is forbidden. */
static void forbid_gain(struct credset *n, const struct credset *o)
{
	n->euid = n->uid;
	n->egid = n->gid;
	n->cap_permitted &= o->cap_permitted;
}

int exec_cred_compute(struct binprm *b)
{
	const struct credset *o = cred_self();
	struct credset *n = b->cred;
	struct execfile_info info;
	struct ofile *f = b->flags & BINPRM_EXECFD_CREDS ? b->executable : b->file;
	struct filecaps fc = { 0 };
	bool is_setid;

	execfile_stat(f, &info);
	n->euid = o->euid;
	n->egid = o->egid;
	apply_setid(n, &info);
	if (!info.is_nosuid && !n->no_new_privs)
		filecaps_read(f, &fc);
	is_setid = n->euid != o->uid || n->egid != o->gid;
	root_is_powerful(n, &fc);
	if (is_setid || fc.exists)
		n->cap_ambient = 0;
	n->cap_permitted = (o->cap_inheritable & fc.inheritable) |
			   (fc.permitted & n->cap_bounding) | n->cap_ambient;
	if (fc.exists && (fc.permitted & ~n->cap_permitted) && fc.is_effective &&
	    n->euid != userns_root_uid(n->ns))
		return -EPERM;	/* a dumb program would run with part of its rights */
	if ((n->no_new_privs || !tracee_exec_is_safe()) && (is_setid || (n->cap_permitted & ~o->cap_permitted)))
		forbid_gain(n, o);
	n->cap_effective = fc.is_effective ? n->cap_permitted : n->cap_ambient;
	n->suid = n->fsuid = n->euid;
	n->sgid = n->fsgid = n->egid;
	n->securebits &= ~SECBIT_KEEP_CAPS;
	b->secure_exec = is_setid || (n->uid != userns_root_uid(n->ns) && (fc.is_effective ||
				      (n->cap_permitted & ~n->cap_ambient)));
	return 0;
}
