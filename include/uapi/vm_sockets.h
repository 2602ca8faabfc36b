/* SPDX-License-Identifier: GPL-2.0-only */
/* AF_VSOCK: Linux numbers and structures. */
#pragma once
#include <tern/base/compiler.h>
#include <tern/base/types.h>

#define AF_VSOCK		40

#define VMADDR_CID_ANY		U32_MAX
#define VMADDR_CID_LOCAL	1u
#define VMADDR_CID_HOST		2u
#define VMADDR_PORT_ANY		U32_MAX

struct sockaddr_vm { u16 family, reserved; u32 port, cid; u8 flags, zero[3]; };
static_assert(sizeof(struct sockaddr_vm) == 16, "user ABI");

/* Options of level AF_VSOCK. */
#define SO_VM_SOCKETS_BUFFER_SIZE		0
#define SO_VM_SOCKETS_BUFFER_MIN_SIZE		1
#define SO_VM_SOCKETS_BUFFER_MAX_SIZE		2
#define SO_VM_SOCKETS_CONNECT_TIMEOUT_OLD	6
#define SO_VM_SOCKETS_CONNECT_TIMEOUT_NEW	8

/* Of /dev/vsock: the context's own number. */
#define IOCTL_VM_SOCKETS_GET_LOCAL_CID	0x7b9u

/* sock_diag; states are those of TCP. */
struct vsockdiag_req { u8 family, protocol; u16 pad; u32 states, ino, show, cookie[2]; };
struct vsockdiag_msg {
	u8 family, type, state, shutdown;
	u32 src_cid, src_port, dst_cid, dst_port, ino, cookie[2];
};
static_assert(sizeof(struct vsockdiag_msg) == 32, "user ABI");
