// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names of hosts for ws2_32.dll: numbers, and what /etc/hosts names. The name service of the
 * network is not asked.
 */
#include "../resolver.h"

#include <tern/fs/ofile.h>
#include <tern/kernel/ns.h>
#include <tern/net/byteorder.h>
#include <uapi/fcntl.h>

#define WSAEFAULT	10014
#define WSAHOST_NOT_FOUND 11001
#define WSATYPE_NOT_FOUND 10109
#define BUFFER_TOO_SMALL 122
#define HOSTS_MAX	65536u
#define NAME_MAX_	256u
#define STREAM		1
#define DGRAM		2

/* struct addrinfo of 64-bit Windows. */
struct win_addrinfo {
	s32 flags, family, socktype, protocol;
	u64 addrlen, canonname, addr, next;
};
struct win_sockaddr_in { u16 family, port; u8 addr[4]; u8 zero[8]; };

static ntstatus take_text(char *out, u64 from)
{
	ssize_t n = user_strncpy(out, (const char __user *)from, NAME_MAX_);

	return n < 0 || n >= (ssize_t)NAME_MAX_ ? WSAEFAULT : 0;
}

static bool parse_ip4(const char *s, u8 out[4])
{
	const char *p = s;
	u64 v;

	for (u32 i = 0; i < 4; i++) {
		if (parse_u64(p, 10, &v, &p) || v > 255 || *p != (i < 3 ? '.' : 0))
			return false;
		out[i] = (u8)v;
		p += i < 3;
	}
	return true;
}

/* One line of the hosts file: does it name @name. */
static bool line_names(char *line, const char *name, u8 out[4])
{
	char *at = line, *word;
	bool has_ip = false;

	line[strcspn(line, "#")] = 0;
	while ((word = strsep(&at, " \t")) != NULL) {
		if (!*word)
			continue;
		if (!has_ip) {
			if (!parse_ip4(word, out))
				return false;
			has_ip = true;
		} else if (!strcasecmp(word, name)) {
			return true;
		}
	}
	return false;
}

static bool in_hosts(const char *name, u8 out[4])
{
	struct ofile *f = ofile_open_kernel("/etc/hosts", O_RDONLY, 0);
	char *text, *at, *line;
	bool found = false;
	loff_t pos = 0;
	ssize_t n;

	if (IS_ERR(f))
		return false;
	text = kmem_alloc_large(HOSTS_MAX, ALLOC_KERNEL);
	n = text ? ofile_read_kernel(f, text, HOSTS_MAX - 1, &pos) : -ENOMEM;
	ofile_put(f);
	if (n > 0) {
		text[n] = 0;
		at = text;
		while (!found && (line = strsep(&at, "\n")) != NULL)
			found = line_names(line, name, out);
	}
	kmem_free_large(text);
	return found;
}

static ntstatus put_info(u64 out, u64 usize, const u8 ip[4], u16 port, s32 socktype, s32 protocol)
{
	struct { struct win_addrinfo i; struct win_sockaddr_in a; } r = { 0 };
	u32 size;

	if (user_get(size, (u32 __user *)usize))
		return WSAEFAULT;
	if (user_put((u32)sizeof(r), (u32 __user *)usize))
		return WSAEFAULT;
	if (size < sizeof(r))
		return BUFFER_TOO_SMALL;
	r.i.family = 2;
	r.i.socktype = socktype;
	r.i.protocol = protocol ? protocol : socktype == STREAM ? 6 : socktype == DGRAM ? 17 : 0;
	r.i.addrlen = sizeof(r.a);
	r.i.addr = out + sizeof(r.i);
	r.a.family = 2;
	r.a.port = swab16(port);
	memcpy(r.a.addr, ip, 4);
	return user_copyout((void __user *)out, &r, sizeof(r)) ? WSAEFAULT : 0;
}

ntstatus nt_getaddrinfo(u64 args)
{
	u64 a[5];
	char name[NAME_MAX_] = "", service[NAME_MAX_] = "";
	struct win_addrinfo hints = { 0 };
	u8 ip[4] = { 127, 0, 0, 1 };
	u64 port = 0;

	if (user_copyin(a, (void __user *)args, sizeof(a)) || (a[0] && take_text(name, a[0])) ||
	    (a[1] && take_text(service, a[1])) ||
	    (a[2] && user_copyin(&hints, (void __user *)a[2], sizeof(hints))))
		return WSAEFAULT;
	if (*service && parse_u64(service, 10, &port, NULL))
		return WSATYPE_NOT_FOUND;
	if (*name && !parse_ip4(name, ip) && !in_hosts(name, ip) && strcasecmp(name, "localhost"))
		return WSAHOST_NOT_FOUND;
	if (!*name && (hints.flags & 1))
		memset(ip, 0, sizeof(ip));
	return put_info(a[3], a[4], ip, (u16)port, hints.socktype, hints.protocol);
}

ntstatus nt_gethostname(u64 args)
{
	struct { u64 name; u32 size, pad; } a;
	struct utsname_ uts;

	if (user_copyin(&a, (void __user *)args, sizeof(a)))
		return WSAEFAULT;
	utsns_read(&uts);
	if (strlen(uts.nodename) + 1 > a.size ||
	    user_copyout((void __user *)a.name, uts.nodename, strlen(uts.nodename) + 1))
		return WSAEFAULT;
	return 0;
}

ntstatus nt_getnameinfo(u64 args)
{
	return WSAHOST_NOT_FOUND;
}
