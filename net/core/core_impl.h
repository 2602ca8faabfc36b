/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of net/core share. */
#pragma once

#include <tern/base/err.h>
#include <tern/net/netsock.h>

struct netns;

extern const struct ofile_ops sock_fops;
/** ethtool_ioctl() - SIOCETHTOOL: 0, -ENODEV, -EFAULT, -EINVAL, -EOPNOTSUPP. */
long ethtool_ioctl(struct netns *ns, uptr arg);
/** netsock_create() - by family; ERR_PTR(-EAFNOSUPPORT, ...). */
struct netsock *netsock_create(int family, int type, int protocol);
/* One operation each of the socket's own table, for the net service (kernel/svc/net.tbl). */
int netsock_bind(struct netsock *s, const struct sockaddr_any *a, u32 len);
int netsock_connect(struct netsock *s, const struct sockaddr_any *a, u32 len, bool may_block);
int netsock_listen(struct netsock *s, int backlog);	/* negative: as many as net.core.somaxconn */
struct netsock *netsock_accept(struct netsock *s, bool may_block);
ssize_t netsock_send(struct netsock *s, struct sockmsg *m);
ssize_t netsock_recv(struct netsock *s, struct sockmsg *m);
int netsock_shutdown(struct netsock *s, int how);
/** sockaddr_in() - user address into @a; 0, -EINVAL, -EFAULT. */
int sockaddr_in(struct sockaddr_any *a, const void __user *user, u32 len);
/** sockaddr_out() - @a to the user, cut to *@ulen, which is set to the whole length. */
int sockaddr_out(const struct sockaddr_any *a, u32 len, void __user *user, s32 __user *ulen);
/**
 * sock_borrow() - socket of a descriptor: r->file NULL and *err set if it is
 * none. Then fd_return().
 */
struct netsock *sock_borrow(int fd, struct fdref *r, int *err);

/* ---- netif_table.c; config_lock of the interface's namespace held ---- */
struct netif;
/** iftable_add() - found by its number and name from now on; 0 or -ENOMEM. iftable_del() - no more. */
int iftable_add(struct netif *nif);
void iftable_del(struct netif *nif);
/** iftable_rename() - found by @name in place of its old name; 0 or -ENOMEM. */
int iftable_rename(struct netif *nif, const char *name);
void iftable_start(void);

#define SOCKOPT_MAX	1024u	/* bytes of an option */

struct pktbuf;
/** pktgso_fix_ip() - length, identity + @index and sum of an IP header; the sum of TCP's pseudo header, folded. */
u16 pktgso_fix_ip(u8 *ip, u32 iplen, u32 hlen, u32 index);
/** net_count_arrival() - a packet in its interface's counts. net_deliver() - to taps and protocols; consumes. */
void net_count_arrival(struct pktbuf *pb);
void net_deliver(struct pktbuf *pb);
/** netgro_begin() / netgro_end() - polls of drivers run meanwhile. netgro_flush() - what is held is delivered. */
void netgro_begin(void);
void netgro_end(void);
void netgro_flush(void);
