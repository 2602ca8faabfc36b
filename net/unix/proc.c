// SPDX-License-Identifier: GPL-2.0-only
/* /proc/net/unix: every socket, a line each. Kernel addresses are not shown. */
#include "unix_impl.h"

#include <tern/kernel/ns.h>
#include <tern/fs/procfs.h>

#define SS_UNCONNECTED	1
#define SS_CONNECTED	3
#define ACCEPTCON_FLAG	0x10000u

static void print_socket(struct seqbuf *sb, struct usock *u)
{
	const struct usaddr *a = load_acquire(&u->addr);
	u64 ino = u->ns.file ? u->ns.file->of_vnode->vn_ino : 0;
	u8 state = READ_ONCE(u->state);
	u32 i = 0, len;

	seqbuf_printf(sb, "%016lx: %08X %08X %08X %04X %02X %5lu", (u64)0, ref_read(&u->refs), 0,
		      state == USTATE_LISTEN ? ACCEPTCON_FLAG : 0, u->ns.type,
		      state == USTATE_CONNECTED ? SS_CONNECTED : SS_UNCONNECTED, ino);
	if (a) {
		len = a->len - USADDR_MIN;
		seqbuf_putc(sb, ' ');
		if (a->name.sun_path[0]) {
			len = strnlen(a->name.sun_path, len);
		} else {
			seqbuf_putc(sb, '@');
			i = 1;
		}
		for (; i < len; i++)
			seqbuf_putc(sb, a->name.sun_path[i] ? a->name.sun_path[i] : '@');
	}
	seqbuf_putc(sb, '\n');
}

static void print_unix(struct seqbuf *sb, void *arg)
{
	struct usock *u;

	seqbuf_puts(sb, "Num       RefCount Protocol Flags    Type St Inode Path\n");
	spin_lock(&usock_list_lock);
	list_foreach(u, &usock_all, all_link)
		if (u->net == nsset_self()->net)
			print_socket(sb, u);
	spin_unlock(&usock_list_lock);
}
static struct procfile unix_file = { .path = "net/unix", .print = print_unix };
PROCFILE(unix_file);
