// SPDX-License-Identifier: GPL-2.0-only
/* Registers of a held tracee, in the layouts of struct user and the core file notes. */
#include "../proc_impl.h"

#include <asm/tracereg.h>
#include <asm/uaccess.h>
#include <tern/mm/slab.h>

#include "trace_impl.h"

#define FP_SIZE		512

struct iovec_ { void __user *base; u64 len; };

/* ---- general registers ---- */

static void read_regs(struct thread *t, u64 out[USER_REGS_COUNT])
{
	for (u32 i = 0; i < USER_REGS_COUNT; i++)
		out[i] = tracereg_get(t, i);
}

static long write_regs(struct thread *t, const u64 *in, u32 n)
{
	int err = 0;

	for (u32 i = 0; i < n && !err; i++)
		err = tracereg_set(t, i, in[i]);
	return err;
}

long trace_get_regs(struct thread *t, void __user *out)
{
	u64 regs[USER_REGS_COUNT];

	read_regs(t, regs);
	return user_copyout(out, regs, sizeof(regs)) ? -EFAULT : 0;
}

long trace_set_regs(struct thread *t, const void __user *in)
{
	u64 regs[USER_REGS_COUNT];

	if (user_copyin(regs, in, sizeof(regs)))
		return -EFAULT;
	return write_regs(t, regs, USER_REGS_COUNT);
}

/* ---- struct user ---- */

static bool is_debug_register(u64 offset, u32 *n)
{
	*n = (offset - USER_DEBUGREG_OFFSET) / 8;
	return offset >= USER_DEBUGREG_OFFSET && *n < 8;
}

long trace_peek_user(struct thread *t, u64 offset, u64 __user *out)
{
	u64 v = 0;
	u32 n;

	if ((offset & 7) || offset >= USER_SIZE)
		return -EIO;
	if (offset < USER_REGS_COUNT * 8)
		v = tracereg_get(t, offset / 8);
	else if (is_debug_register(offset, &n))
		v = tracereg_debug(t, n);
	return user_put(v, out) ? -EFAULT : 0;
}

long trace_poke_user(struct thread *t, u64 offset, u64 v)
{
	u32 n;

	if ((offset & 7) || offset >= USER_SIZE)
		return -EIO;
	if (offset < USER_REGS_COUNT * 8)
		return tracereg_set(t, offset / 8, v);
	return is_debug_register(offset, &n) ? tracereg_debug_set(t, n, v) : -EIO;
}

/* ---- x87, SSE and the rest ---- */

long trace_get_fpregs(struct thread *t, void __user *out)
{
	u8 fp[FP_SIZE];

	tracereg_fp(t, fp);
	return user_copyout(out, fp, sizeof(fp)) ? -EFAULT : 0;
}

long trace_set_fpregs(struct thread *t, const void __user *in)
{
	u8 fp[FP_SIZE];

	if (user_copyin(fp, in, sizeof(fp)))
		return -EFAULT;
	return tracereg_fp_set(t, fp);
}

static size_t set_size(u32 type)
{
	switch (type) {
	case NT_PRSTATUS:
		return USER_REGS_COUNT * 8;
	case NT_PRFPREG:
		return FP_SIZE;
	case NT_X86_XSTATE:
		return xstate_size() > FP_SIZE ? xstate_size() : 0;
	}
	return 0;
}

static long read_set(struct thread *t, u32 type, void *buf, struct iovec_ *v)
{
	if (type == NT_PRSTATUS)
		read_regs(t, buf);
	else if (type == NT_PRFPREG)
		tracereg_fp(t, buf);
	else
		tracereg_xstate(t, buf);
	return user_copyout(v->base, buf, v->len) ? -EFAULT : 0;
}

static long write_set(struct thread *t, u32 type, void *buf, struct iovec_ *v)
{
	if (type == NT_X86_XSTATE && v->len != xstate_size())
		return -EFAULT;
	/* What a short write leaves out stays. */
	if (type == NT_PRFPREG)
		tracereg_fp(t, buf);
	if (user_copyin(buf, v->base, v->len))
		return -EFAULT;
	if (type == NT_PRSTATUS)
		return write_regs(t, buf, v->len / 8);
	return type == NT_PRFPREG ? tracereg_fp_set(t, buf) : xstate_load_user(t, buf, v->len);
}

long trace_regset(struct thread *t, u32 type, void __user *uiov, bool is_write)
{
	size_t size = set_size(type);
	struct iovec_ v;
	void *buf;
	long err;

	if (user_copyin(&v, uiov, sizeof(v)))
		return -EFAULT;
	if (!size || v.len % 8)
		return -EINVAL;
	v.len = min_t(u64, v.len, size);
	buf = kmem_zalloc(size, ALLOC_KERNEL);
	if (!buf)
		return -ENOMEM;
	err = is_write ? write_set(t, type, buf, &v) : read_set(t, type, buf, &v);
	kmem_free(buf);
	if (!err && user_put(v.len, &((struct iovec_ __user *)uiov)->len))
		err = -EFAULT;
	return err;
}
