// SPDX-License-Identifier: GPL-2.0-only
/* Options of AF_VSOCK's own level, and /dev/vsock, which tells this machine's number. */
#include "vsock_impl.h"

#include <asm/uaccess.h>
#include <tern/base/initcall.h>
#include <tern/fs/chardev.h>
#include <tern/fs/devtmpfs.h>
#include <tern/fs/ofile.h>
#include <tern/kernel/clock.h>
#include <uapi/stat.h>

#define MISC_MAJOR	10
#define VSOCK_MINOR	121

static int set_buffer(struct vsock *v, int name, u64 val)
{
	u64 size;

	if (!val || val > U32_MAX)
		return -EINVAL;
	spin_lock(&v->lock);
	if (name == SO_VM_SOCKETS_BUFFER_MAX_SIZE)
		v->buf_max = val;
	else if (name == SO_VM_SOCKETS_BUFFER_MIN_SIZE)
		v->buf_min = val;
	size = name == SO_VM_SOCKETS_BUFFER_SIZE ? val : v->buf_size;
	size = max_t(u64, min_t(u64, size, v->buf_max), v->buf_min);
	v->buf_size = size;
	v->buf_alloc = (u32)size;
	spin_unlock(&v->lock);
	return READ_ONCE(v->state) == VSTATE_CONNECTED ? vsock_send_op(v, VSOCK_CREDIT_UPDATE, 0) : 0;
}

static int set_timeout(struct vsock *v, const void *val, u32 len)
{
	struct { s64 sec, usec; } tv;
	nsec_t ns;

	if (len < sizeof(tv))
		return -EINVAL;
	memcpy(&tv, val, sizeof(tv));
	if (tv.sec < 0 || tv.usec < 0 || tv.usec >= 1000000 || (u64)tv.sec > U32_MAX)
		return -ERANGE;
	ns = (u64)tv.sec * NSEC_PER_SEC + (u64)tv.usec * NSEC_PER_USEC;
	WRITE_ONCE(v->connect_timeout, ns ? ns : 2 * NSEC_PER_SEC);
	return 0;
}

int vsock_setopt(struct netsock *s, int level, int name, const void *val, u32 len)
{
	struct vsock *v = vsock_of(s);
	u64 n;

	if (level != AF_VSOCK)
		return -ENOPROTOOPT;
	switch (name) {
	case SO_VM_SOCKETS_BUFFER_SIZE:
	case SO_VM_SOCKETS_BUFFER_MIN_SIZE:
	case SO_VM_SOCKETS_BUFFER_MAX_SIZE:
		if (len < sizeof(n))
			return -EINVAL;
		memcpy(&n, val, sizeof(n));
		return set_buffer(v, name, n);
	case SO_VM_SOCKETS_CONNECT_TIMEOUT_OLD:
	case SO_VM_SOCKETS_CONNECT_TIMEOUT_NEW:
		return set_timeout(v, val, len);
	}
	return -ENOPROTOOPT;
}

int vsock_getopt(struct netsock *s, int level, int name, void *val, u32 *len)
{
	struct vsock *v = vsock_of(s);
	u64 out[2] = { 0 };
	u32 n = sizeof(u64);

	if (level == SOL_SOCKET && name == SO_ACCEPTCONN) {
		out[0] = READ_ONCE(v->state) == VSTATE_LISTEN;
		n = min_t(u32, *len, sizeof(s32));
	} else if (level != AF_VSOCK) {
		return -ENOPROTOOPT;
	} else if (name == SO_VM_SOCKETS_BUFFER_SIZE) {
		out[0] = v->buf_size;
	} else if (name == SO_VM_SOCKETS_BUFFER_MIN_SIZE) {
		out[0] = v->buf_min;
	} else if (name == SO_VM_SOCKETS_BUFFER_MAX_SIZE) {
		out[0] = v->buf_max;
	} else if (name == SO_VM_SOCKETS_CONNECT_TIMEOUT_OLD || name == SO_VM_SOCKETS_CONNECT_TIMEOUT_NEW) {
		out[0] = v->connect_timeout / NSEC_PER_SEC;
		out[1] = v->connect_timeout % NSEC_PER_SEC / NSEC_PER_USEC;
		n = sizeof(out);
	} else {
		return -ENOPROTOOPT;
	}
	if (*len < n)
		return -EINVAL;
	memcpy(val, out, n);
	*len = n;
	return 0;
}

static long own_cid(u32 cmd, uptr arg)
{
	u32 cid;

	if (cmd != IOCTL_VM_SOCKETS_GET_LOCAL_CID)
		return -ENOTTY;
	cid = vsock_guest_cid();
	return user_put(cid == VMADDR_CID_ANY ? VMADDR_CID_LOCAL : cid, (u32 __user *)arg);
}

long vsock_ioctl(struct netsock *s, u32 cmd, uptr arg)
{
	return own_cid(cmd, arg);
}

/* ---- /dev/vsock ---- */

static long dev_ioctl(struct ofile *f, u32 cmd, uptr arg)
{
	return own_cid(cmd, arg);
}

static const struct ofile_ops dev_fops = {
	.open = fop_default_open, .release = fop_default_release, .read = fop_no_read, .write = fop_no_write,
	.seek = fop_no_seek, .poll = fop_default_poll, .ioctl = dev_ioctl, FOPS_PLAIN, FOPS_NO_STORAGE,
};

static struct chardev vsock_dev = { .name = "misc", .major = MISC_MAJOR, .minor = VSOCK_MINOR, .count = 1,
				    .ops = &dev_fops };

static int vsockdev_start(void)
{
	int err = chardev_register(&vsock_dev);

	return err ? err : devtmpfs_add("vsock", S_IFCHR | 0666, 0, 0, DEV_MAKE(MISC_MAJOR, VSOCK_MINOR));
}
INITCALL(DEVICE, vsockdev_start);
