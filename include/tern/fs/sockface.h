/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What fs/ asks of sockets as open files; the layer below declares, net/core/sockface.c
 * implements. Every function answers -ENOTSOCK for other files. User addresses are
 * those of the calling thread's address space.
 */
#pragma once

#include <tern/fs/ofile.h>

struct sockop;

/**
 * sockop_prepare() - read a message header, its vector, address and control data
 * Return: for sockop_run(), as often as wanted; sockop_free() ends it. ERR_PTR.
 */
struct sockop *sockop_prepare(void __user *hdr, bool is_send);
ssize_t sockop_run(struct sockop *op, struct ofile *f, u32 flags);
void sockop_free(struct sockop *op);
/** sockface_transfer() - send(2) or recv(2). */
ssize_t sockface_transfer(struct ofile *f, void __user *buf, size_t len, u32 flags, bool is_send);
/** sockface_send() - sendto(2) of prepared memory; @addr: @addr_len bytes of kernel memory. */
ssize_t sockface_send(struct ofile *f, struct uio *u, u32 flags, const void *addr, u32 addr_len);
/** sockface_accept() - a new open file; @flags SOCK_*. ERR_PTR. */
struct ofile *sockface_accept(struct ofile *f, void __user *addr, s32 __user *len, int flags, bool may_block);
/** sockface_connect() - @addr: @len bytes of kernel memory. */
int sockface_connect(struct ofile *f, const void *addr, u32 len, bool may_block);
#define SOCKFACE_ADDR_MAX 128
/** sockface_error() - pending error of a connection that was begun, cleared; 0: it stands. */
int sockface_error(struct ofile *f);
int sockface_shutdown(struct ofile *f, int how);
/** sockface_socket() - socket(2) as an open file; ERR_PTR. */
struct ofile *sockface_socket(int family, int type, int protocol);
