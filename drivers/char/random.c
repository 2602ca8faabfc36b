// SPDX-License-Identifier: GPL-2.0-only
/* /dev/random and /dev/urandom over kernel/random. */
#include "char_impl.h"

#include <asm/uaccess.h>
#include <tern/kernel/cred.h>
#include <tern/kernel/random.h>

#define RNDGETENTCNT	0x80045200u
#define RNDADDTOENTCNT	0x40045201u
#define RNDADDENTROPY	0x40085203u
#define RNDZAPENTCNT	0x5204u
#define RNDCLEARPOOL	0x5206u
#define RNDRESEEDCRNG	0x5207u

static ssize_t random_read(struct ofile *f, struct uio *u, loff_t *pos)
{
	int err;

	if (!random_is_ready()) {
		if (f->of_flags & O_NONBLOCK)
			return -EAGAIN;
		err = random_wait_ready();
		if (err)
			return err;
	}
	return random_read_user(u);
}

static ssize_t urandom_read(struct ofile *f, struct uio *u, loff_t *pos)
{
	return random_read_user(u);
}

static ssize_t random_write(struct ofile *f, struct uio *u, loff_t *pos)
{
	return random_write_user(u);
}

static u32 random_poll(struct ofile *f, struct poll_table *pt)
{
	poll_wait(f, &random_ready_waitq, pt);
	return (random_is_ready() ? POLLIN | POLLRDNORM : 0) | POLLOUT | POLLWRNORM;
}

/* { int bits; int bytes; u8 data[] }: mix the data in, then credit the bits. */
static long add_entropy(uptr arg)
{
	struct { s32 bits, bytes; } head;
	struct uio u;
	ssize_t n;
	int err;

	if (user_copyin(&head, (void __user *)arg, sizeof(head)))
		return -EFAULT;
	if (head.bits < 0 || head.bytes < 0)
		return -EINVAL;
	err = uio_init_user(&u, (void __user *)(arg + sizeof(head)), head.bytes);
	if (err)
		return err;
	n = random_write_user(&u);
	if (n < 0)
		return n;
	if (n != head.bytes)
		return -EFAULT;
	random_add_entropy(NULL, 0, head.bits);
	return 0;
}

static long random_ioctl(struct ofile *f, u32 cmd, uptr arg)
{
	u32 bits;

	if (cmd == RNDGETENTCNT)
		return user_put(random_entropy_bits(), (u32 __user *)arg);
	if (cmd != RNDADDTOENTCNT && cmd != RNDADDENTROPY && cmd != RNDZAPENTCNT && cmd != RNDCLEARPOOL &&
	    cmd != RNDRESEEDCRNG)
		return -EINVAL;
	if (!cap_has(CAP_SYS_ADMIN))
		return -EPERM;
	switch (cmd) {
	case RNDADDTOENTCNT:
		if (user_get(bits, (u32 __user *)arg))
			return -EFAULT;
		if ((s32)bits < 0)
			return -EINVAL;
		random_add_entropy(NULL, 0, bits);
		return 0;
	case RNDADDENTROPY:
		return add_entropy(arg);
	case RNDRESEEDCRNG:
		if (!random_is_ready())
			return -ENODATA;
		random_reseed();
		return 0;
	default:
		return 0;	/* the pool is never emptied, as Linux does it since 5.17 */
	}
}

static const struct ofile_ops random_fops = {
	CHAR_FOPS_COMMON, .open = char_open, .read = random_read, .write = random_write,
	.seek = char_seek, .poll = random_poll, .ioctl = random_ioctl, .mmap = fop_no_mmap,
};

static const struct ofile_ops urandom_fops = {
	CHAR_FOPS_COMMON, .open = char_open, .read = urandom_read, .write = random_write,
	.seek = char_seek, .poll = fop_default_poll, .ioctl = random_ioctl, .mmap = fop_no_mmap,
};

static struct chardev random_dev = { .name = "mem", .minor = 8, .ops = &random_fops };
static struct chardev urandom_dev = { .name = "mem", .minor = 9, .ops = &urandom_fops };

static int random_devs_start(void)
{
	int err = char_add(&random_dev, "random", 0666);

	return err ? err : char_add(&urandom_dev, "urandom", 0666);
}
INITCALL(DEVICE, random_devs_start);
