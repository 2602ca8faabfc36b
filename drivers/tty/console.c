// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/console and /dev/tty: devices that stand for another terminal.
 *
 * Every console= port prints the kernel log; the last one on the command line is
 * what /dev/console opens, as on Linux. Ports register while drivers start, on
 * one thread; afterwards nothing here changes.
 */
#include "console_impl.h"

#include "tty_impl.h"

#include <tern/base/err.h>
#include <tern/base/initcall.h>
#include <tern/drivers/classdev.h>
#include <tern/fs/chardev.h>
#include <tern/fs/devtmpfs.h>
#include <tern/kernel/cmdline.h>
#include <tern/lib/fmt.h>
#include <tern/lib/string.h>
#include <uapi/fcntl.h>

#define CONSOLE_MAJOR	5

static struct tty *chosen;	/* I after boot; what /dev/console opens */
static u32 chosen_rank;		/* position of its console= word, from 1; 0: by default */

struct match {
	const char *want;	/* "ttyS0" */
	u32 seen;		/* console= words so far */
	u32 rank;		/* the last one that matches */
	u32 baud;
};

static void match_word(const char *value, void *arg)
{
	struct match *m = arg;
	size_t n = strlen(m->want);
	const char *end;
	u64 baud;

	m->seen++;
	if (strncmp(value, m->want, n) || (value[n] && value[n] != ','))
		return;
	m->rank = m->seen;
	if (value[n] == ',' && !parse_u64(value + n + 1, 10, &baud, &end) && baud)
		m->baud = (u32)baud;
}

static void set_baud(struct tty *t, u32 baud)
{
	struct ktermios2_abi old = t->tio;

	kmutex_lock(&t->lock);
	t->tio.c_cflag = (t->tio.c_cflag & ~CBAUD) | tty_baud_to_cflag(baud);
	t->tio.c_ispeed = t->tio.c_ospeed = baud;
	t->ops->set_termios(t, &old);
	kmutex_unlock(&t->lock);
}

void console_port_add(struct tty *t, const char *name, u32 index, struct kconsole *con)
{
	char want[16];
	struct match m = { .want = want };

	fmt_print(want, sizeof(want), "%s%u", name, index);
	cmdline_foreach("console", match_word, &m);
	if (m.seen ? !m.rank : chosen != NULL)
		return;
	if (m.baud)
		set_baud(t, m.baud);
	kconsole_register(con);
	if (!chosen || m.rank > chosen_rank) {
		chosen = t;
		chosen_rank = m.rank;
	}
}

struct tty *tty_console(void)
{
	return chosen;
}

static int open_dev_console(struct ofile *f, struct vnode *vn)
{
	if (!chosen)
		return -ENODEV;
	/* As on Linux, the console does not become a controlling terminal by itself. */
	f->of_flags |= O_NOCTTY;
	return tty_open_file(chosen, f);
}

static int open_dev_tty(struct ofile *f, struct vnode *vn)
{
	struct tty *t = tty_self();
	int err;

	if (!t)
		return -ENXIO;
	f->of_flags |= O_NOCTTY;
	err = tty_open_file(t, f);
	tty_put(t);
	return err;
}

static int open_by_minor(struct ofile *f, struct vnode *vn)
{
	return DEV_MINOR(vn->vn_rdev) == 0 ? open_dev_tty(f, vn) : open_dev_console(f, vn);
}

/* Only open is ever used: it puts the terminal's own operations in place. */
static const struct ofile_ops redirect_fops = {
	.open = open_by_minor,
	.release = fop_default_release,
	.read = fop_no_read,
	.write = fop_no_write,
	.seek = fop_no_seek,
	.poll = fop_default_poll,
	.ioctl = fop_no_ioctl,
	FOPS_PLAIN,
	FOPS_NO_STORAGE,
};

static struct chardev redirect_chardev = {
	.name = "/dev/tty", .major = CONSOLE_MAJOR, .minor = 0, .count = 2, .ops = &redirect_fops,
};

static int console_init(void)
{
	int err = chardev_register(&redirect_chardev);

	if (!err)
		err = devtmpfs_add("tty", S_IFCHR | 0666, 0, 5, DEV_MAKE(CONSOLE_MAJOR, 0));
	if (!err)
		err = devtmpfs_add("console", S_IFCHR | 0600, 0, 0, DEV_MAKE(CONSOLE_MAJOR, 1));
	if (!err)
		err = classdev_add("tty", "tty", DEV_MAKE(CONSOLE_MAJOR, 0));
	if (!err)
		err = classdev_add("tty", "console", DEV_MAKE(CONSOLE_MAJOR, 1));
	return err;
}
INITCALL(DEVICE, console_init);
