// SPDX-License-Identifier: GPL-2.0-only
/* bpf(2): decode, copy, call. */
#include "bpf_impl.h"

#include <asm/uaccess.h>
#include <tern/base/err.h>
#include <tern/kernel/cgdevice.h>
#include <tern/kernel/cgroup.h>
#include <tern/kernel/cred.h>
#include <tern/kernel/syscalls.h>
#include <tern/kernel/vfsface.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>
#include <uapi/fcntl.h>

#define ATTACH_FLAGS (BPF_F_ALLOW_OVERRIDE | BPF_F_ALLOW_MULTI | BPF_F_REPLACE)

#define ATTR_SIZE 144u		/* of the largest command's */

/* Each command knows a part; what is behind must be zero. */
#define GET_ATTR(a, size) user_attr(&(a), sizeof(a), uattr, size)
static int user_attr(void *a, size_t known, const void __user *uattr, u32 size)
{
	u8 all[ATTR_SIZE] = { 0 };
	int err = size > PAGE_SIZE ? -E2BIG : user_copyin_struct(all, sizeof(all), uattr, size);

	for (size_t i = known; i < sizeof(all) && !err; i++)
		err = all[i] ? -EINVAL : 0;
	memcpy(a, all, known);
	return err;
}
static_assert(sizeof(struct bpf_load_attr) == ATTR_SIZE);

/* A new descriptor; consumes @p. */
static long install(struct bpfprog *p)
{
	struct ofile *f;
	int fd;

	if (IS_ERR(p))
		return PTR_ERR(p);
	f = bpffile_create(p);
	if (IS_ERR(f)) {
		bpfprog_put(p);
		return PTR_ERR(f);
	}
	fd = fd_reserve(0, true);
	if (fd < 0)
		ofile_put(f);
	else
		fd_publish(fd, f);
	return fd;
}

/* The program behind a descriptor with a reference; ERR_PTR(-EBADF, -EINVAL: something else). */
static struct bpfprog *prog_of_fd(u32 fd)
{
	struct ofile *f = fd_get((int)fd);
	struct bpfprog *p;

	if (IS_ERR(f))
		return ERR_CAST(f);
	p = bpffile_prog(f);
	if (p)
		bpfprog_get(p);
	ofile_put(f);
	return p ? p : ERR_PTR(-EINVAL);
}

/* The group whose directory is open, with a reference; ERR_PTR(-EBADF). */
static struct cgnode *cgroup_of_fd(u32 fd)
{
	struct ofile *f = fd_get((int)fd);
	struct cgnode *c;

	if (IS_ERR(f))
		return ERR_CAST(f);
	c = cgfile_node(f);
	if (c)
		cgnode_get(c);
	ofile_put(f);
	return c ? c : ERR_PTR(-EBADF);
}

static long load(const void __user *uattr, u32 size)
{
	struct bpf_load_attr a;
	int err = GET_ATTR(a, size);

	return err ? err : install(bpfprog_load(&a));
}

static long attach_to(struct cgnode *c, struct bpfprog *prog, const struct bpf_attach_attr *a)
{
	struct bpfprog *replace = NULL;
	long err;

	if ((a->flags & BPF_F_REPLACE) && (a->flags & BPF_F_ALLOW_MULTI)) {
		replace = prog_of_fd(a->replace_fd);
		if (IS_ERR(replace))
			return PTR_ERR(replace);
	}
	err = cgdevice_attach(c, prog, replace, a->flags);
	bpfprog_put(replace);
	return err;
}

static long attach(const void __user *uattr, u32 size)
{
	struct bpf_attach_attr a;
	struct bpfprog *prog;
	struct cgnode *c;
	long err = GET_ATTR(a, size);

	if (err)
		return err;
	if ((a.flags & ~ATTACH_FLAGS) || a.attach_type != BPF_CGROUP_DEVICE)
		return -EINVAL;
	prog = prog_of_fd(a.prog_fd);
	if (IS_ERR(prog))
		return PTR_ERR(prog);
	c = cgroup_of_fd(a.target_fd);
	err = IS_ERR(c) ? PTR_ERR(c) : attach_to(c, prog, &a);
	if (!IS_ERR(c))
		cgnode_put(c);
	bpfprog_put(prog);
	return err;
}

static long detach(const void __user *uattr, u32 size)
{
	struct { u32 target_fd, prog_fd, attach_type; } a;
	struct bpfprog *prog;
	struct cgnode *c;
	long err = GET_ATTR(a, size);

	if (err)
		return err;
	if (a.attach_type != BPF_CGROUP_DEVICE)
		return -EINVAL;
	c = cgroup_of_fd(a.target_fd);
	if (IS_ERR(c))
		return PTR_ERR(c);
	prog = prog_of_fd(a.prog_fd);
	if (IS_ERR(prog))
		prog = NULL;	/* the only one has not to be named, by those who could have attached it */
	err = prog || bpf_may_rule() ? cgdevice_detach(c, prog) : -EPERM;
	bpfprog_put(prog);
	cgnode_put(c);
	return err;
}

/* @n numbers there is room for, and for each how it is attached. */
static long put_ids(const struct bpf_query_attr *a, const u32 *ids, u32 n, u32 flags)
{
	u32 __user *each = (u32 __user *)a->prog_attach_flags;

	if (user_copyout((void __user *)a->prog_ids, ids, n * sizeof(*ids)))
		return -EFAULT;
	for (u32 i = 0; each && i < n; i++)
		if (user_put(flags, each + i))
			return -EFAULT;
	return 0;
}

static long answer_query(struct cgnode *c, const struct bpf_query_attr *a, void __user *uattr)
{
	struct bpf_query_attr __user *out = uattr;
	u32 room = (u32)min_t(u64, a->prog_cnt, (u64)CGDEVICE_PROGS_MAX * (c->level + 1)), n, flags;
	u32 *ids = kmem_alloc_large(max(room, 1u) * sizeof(*ids), ALLOC_KERNEL);
	long err = 0;

	if (!ids)
		return -ENOMEM;
	n = cgdevice_list(c, a->query_flags & BPF_F_QUERY_EFFECTIVE, ids, room, &flags);
	if (user_put(flags, &out->attach_flags) || user_put(n, &out->prog_cnt))
		err = -EFAULT;
	else if (n && a->prog_cnt && a->prog_ids)
		err = put_ids(a, ids, min(n, room), flags);
	if (!err && a->prog_cnt && a->prog_ids && n > a->prog_cnt)
		err = -ENOSPC;
	kmem_free_large(ids);
	return err;
}

static long query(void __user *uattr, u32 size)
{
	struct bpf_query_attr a;
	struct cgnode *c;
	long err = GET_ATTR(a, size);

	if (!cap_has(CAP_NET_ADMIN))
		return -EPERM;
	if (err)
		return err;
	if ((a.query_flags & ~BPF_F_QUERY_EFFECTIVE) || a.attach_type != BPF_CGROUP_DEVICE ||
	    ((a.query_flags & BPF_F_QUERY_EFFECTIVE) && a.prog_attach_flags))
		return -EINVAL;
	c = cgroup_of_fd(a.target_fd);
	if (IS_ERR(c))
		return PTR_ERR(c);
	err = answer_query(c, &a, uattr);
	cgnode_put(c);
	return err;
}

static long next_id(void __user *uattr, u32 size)
{
	struct bpf_id_attr __user *out = uattr;
	struct bpf_id_attr a;
	long err = GET_ATTR(a, size);
	u32 id;

	if (err || a.open_flags || a.id >= S32_MAX)
		return err ? err : -EINVAL;
	if (!cap_has(CAP_SYS_ADMIN))
		return -EPERM;
	id = bpfprog_next_id(a.id);
	if (!id)
		return -ENOENT;
	return user_put(id, &out->next_id) ? -EFAULT : 0;
}

static long open_id(const void __user *uattr, u32 size)
{
	struct { u32 id; } a;
	struct bpfprog *p;
	long err = GET_ATTR(a, size);

	if (err)
		return err;
	if (!cap_has(CAP_SYS_ADMIN))
		return -EPERM;
	p = bpfprog_find(a.id);
	return p ? install(p) : -ENOENT;
}

/* Pointers in @in are the caller's: instructions go there as far as there is room. */
static long fill_info(const struct bpfprog *p, const struct bpf_prog_info_ *in, struct bpf_prog_info_ *out)
{
	u32 len = bpf_may_load() ? p->n * (u32)sizeof(*p->insns) : 0;

	*out = (struct bpf_prog_info_){ .type = p->type, .id = p->id, .xlated_len = len,
		.xlated_insns = in->xlated_insns, .load_time = p->load_time, .created_by_uid = p->uid,
		.gpl_compatible = p->is_gpl, .verified_insns = p->n };
	memcpy(out->tag, p->tag, sizeof(out->tag));
	memcpy(out->name, p->name, sizeof(out->name));
	if (!in->xlated_len || !len)
		return 0;
	return user_copyout((void __user *)in->xlated_insns, p->insns, min(len, in->xlated_len)) ? -EFAULT : 0;
}

static long info(void __user *uattr, u32 size)
{
	struct bpf_info_attr __user *uout = uattr;
	struct bpf_prog_info_ in = { 0 }, out;
	struct bpf_info_attr a;
	struct bpfprog *p;
	long err = GET_ATTR(a, size);
	u32 len;

	if (err || a.info_len > PAGE_SIZE)
		return err ? err : -E2BIG;
	p = prog_of_fd(a.fd);
	if (IS_ERR(p))
		return PTR_ERR(p);
	len = min_t(u32, a.info_len, sizeof(in));
	err = user_copyin_struct(&in, sizeof(in), (const void __user *)a.info, a.info_len);
	if (!err)
		err = fill_info(p, &in, &out);
	if (!err && (user_copyout((void __user *)a.info, &out, len) || user_put(len, &uout->info_len)))
		err = -EFAULT;
	bpfprog_put(p);
	return err;
}

long sys_bpf(int cmd, void __user *uattr, u32 size)
{
	switch (cmd) {
	case BPF_PROG_LOAD: return load(uattr, size);
	case BPF_PROG_ATTACH: return attach(uattr, size);
	case BPF_PROG_DETACH: return detach(uattr, size);
	case BPF_PROG_QUERY: return query(uattr, size);
	case BPF_PROG_GET_NEXT_ID: return next_id(uattr, size);
	case BPF_PROG_GET_FD_BY_ID: return open_id(uattr, size);
	case BPF_OBJ_GET_INFO_BY_FD: return info(uattr, size);
	default: return -EINVAL;
	}
}
