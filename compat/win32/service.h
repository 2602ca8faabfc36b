/* SPDX-License-Identifier: GPL-2.0-only */
/* System services: rows of nt_syscalls.tbl, found by name when a DLL is bound. */
#pragma once

#include "nt.h"

#define NT_SERVICES_MAX	512
#define NT_SERVICE_NAME	48
#define NT_SERVICE_UNIX	0x2000u	/* our own number: calls of a DLL's host side */

struct nt_service {
	const char *name;
	ntstatus (*call)(const u64 *args);	/* generated: converts each argument to its type */
	u8 nargs;
	u8 svc;				/* enum svc_id that it belongs to */
};

/* Numbers of one DLL. */
struct nt_binding {
	u32 first, count;
	const struct nt_service *service[NT_SERVICES_MAX];	/* NULL: not implemented */
	char name[NT_SERVICES_MAX][NT_SERVICE_NAME];
};

/** nt_missing_count() - calls of services that are not there, so far. */
u64 nt_missing_count(void);
/** nt_service_find() - by name; NULL. */
const struct nt_service *nt_service_find(const char *name);

/** nt_frame_to_context() / nt_context_to_frame() - registers of @t (parked, or thread_self). */
void nt_context_save(struct thread *t, u32 flags, struct nt_context *c);
ntstatus nt_context_load(struct thread *t, const struct nt_context *c);
/** nt_raise() - let the program handle an exception; @f is its frame. False: no room on its stack. */
bool nt_raise(struct frame *f, const struct nt_exception_record *r, const struct nt_context *c);
/** nt_apc_deliver() - let it run one APC on its way out, after its call. */
void nt_apc_deliver(struct frame *f);
