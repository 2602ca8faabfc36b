/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * File objects: what handles to files, pipes, sockets and the console lead to.
 * Owner io/file.c.
 */
#pragma once

#include "path.h"

struct nt_port;

#define NT_NULL_DEVICE	(1UL << 8 | 3)

enum nt_file_kind { NT_FILE_DISK, NT_FILE_DIR, NT_FILE_PIPE, NT_FILE_CHAR, NT_FILE_CONSOLE, NT_FILE_NULL,
	NT_FILE_SOCKET, NT_FILE_NAMED_PIPE, NT_FILE_PIPE_ROOT };

/** nt_file_has_name() - was it opened by a name of the file system, which it may move and delete. */
static inline bool nt_file_has_name(enum nt_file_kind k) { return k == NT_FILE_DISK || k == NT_FILE_DIR; }

struct nt_file {
	struct nt_object ob;
	enum nt_file_kind kind;		/* I */
	enum nt_console_role role;	/* I console */
	struct ofile *of;		/* I with a reference; NULL: named pipe, socket not made yet */
	u32 access;			/* I granted */
	u32 options;			/* I FILE_* of NtCreateFile */
	bool is_synchronous;		/* I position is kept, calls wait */
	bool is_signaled;		/* W the last operation is complete */
	bool is_shared_pos;		/* I position is the descriptor's, shared with Linux programs */
	struct kmutex lock;		/* protects what follows */
	loff_t pos;
	bool delete_on_close;
	struct nt_port *port;		/* with a reference; set once */
	u64 port_key;
	u32 completion_flags;
	struct nt_string pattern;	/* directory listing: from the first call */
	bool has_listed;
	loff_t dir_pos;
	void *priv;			/* of the kind: struct nt_pipe_end *, socket */
	struct list locks;		/* byte ranges, io/lock.c */
	u32 share;			/* I FILE_SHARE_*: what others may do */
	struct nt_share *share_set;	/* I of the file, NULL: takes no part */
	struct list share_link;		/* of io/share.c */
};
extern const struct nt_type nt_file_type;

#define NT_FILE_READ_DATA	0x1u
#define NT_FILE_WRITE_DATA	0x2u
#define NT_FILE_APPEND_DATA	0x4u
#define NT_FILE_EXECUTE		0x20u
#define NT_FILE_READ_ATTR	0x80u
#define NT_FILE_WRITE_ATTR	0x100u

#define NT_FILE_DELETE		0x10000u

#define FILE_DIRECTORY_FILE	0x1u
#define FILE_SYNCHRONOUS_ALERT	0x10u
#define FILE_SYNCHRONOUS_NONALERT 0x20u
#define FILE_NON_DIRECTORY_FILE	0x40u
#define FILE_DELETE_ON_CLOSE	0x1000u
#define FILE_OPEN_REPARSE	0x200000u

/** nt_file_alloc() - with @of (reference taken; may be NULL); NULL: no memory. */
struct nt_file *nt_file_alloc(enum nt_file_kind kind, struct ofile *of, u32 access, u32 options);
/** nt_file_get() - by handle; *out has a reference on its ob. */
ntstatus nt_file_get(u64 handle, u32 access, struct nt_file **out);
static inline void nt_file_put(struct nt_file *f) { nt_object_put(&f->ob); }
/** nt_file_from_fd() - handle of @p (thread_self's) for a descriptor's file. */
ntstatus nt_file_from_fd(struct nt_process *p, struct ofile *of, bool is_output, u64 *handle);
/** nt_file_unix_path() - Linux's path of a directory handle, kmem. */
ntstatus nt_file_unix_path(u64 handle, char **out);
/** nt_file_kind_of() - by the file behind a descriptor. */
enum nt_file_kind nt_file_kind_of(struct ofile *of);

/* ---- share modes: io/share.c ---- */
/** nt_share_enter() - @f is open from now on; STATUS_SHARING_VIOLATION if others do not let it. */
ntstatus nt_share_enter(struct nt_file *f, u32 share);
/** nt_share_leave() - it is closed. */
void nt_share_leave(struct nt_file *f);

/** nt_locks_free() - its records of locks; the locks go with the open file. */
void nt_locks_free(struct nt_file *f);

/* ---- completion ---- */

/* One operation of a program: where its result goes. */
struct nt_request {
	struct nt_file *file;		/* borrowed, or referenced while pending */
	struct nt_event *event;		/* with a reference, or NULL */
	u64 apc, apc_context;
	struct nt_io_status __user *iosb;
	struct nt_thread *thread;	/* borrowed; referenced while pending */
};
/** nt_request_begin() - resolves the event; resets it and the file's own signal. */
ntstatus nt_request_begin(struct nt_request *r, struct nt_file *f, u64 event, u64 apc, u64 apc_context,
			  struct nt_io_status __user *iosb);
/** nt_request_drop() - references of a request that is not made. */
void nt_request_drop(struct nt_request *r);
/**
 * nt_request_end() - complete at once, in the caller's context: status block, event, APC, port
 * Return: @s for the program. Drops references.
 */
ntstatus nt_request_end(struct nt_request *r, ntstatus s, u64 information);
/** nt_request_end_later() - the same after STATUS_PENDING was returned; any process's context. */
void nt_request_end_later(struct nt_request *r, ntstatus s, u64 information);

/* ---- completion ports: io/port.c ---- */
extern const struct nt_type nt_port_type;
/** nt_port_post() - queue a packet; STATUS_NO_MEMORY. */
ntstatus nt_port_post(struct nt_port *port, u64 key, u64 value, ntstatus s, u64 information);
struct nt_port *nt_port_of(struct nt_object *o);
struct nt_object *nt_port_object(struct nt_port *port);

/* ---- parts of reading and writing that depend on the kind ---- */
/** nt_rw() - @pos: byte offset or -1: the file's own. Bytes or -errno. */
ssize_t nt_file_rw(struct nt_file *f, struct uio *u, loff_t pos, bool is_write);
/** nt_attributes_of() - FILE_ATTRIBUTE_* of a mode. */
u32 nt_attributes_of(mode_t mode);
/** nt_file_name() - \??\X:\..., kmem; empty for what has none. */
u16 *nt_file_name(struct nt_file *f, u32 *len);
/** nt_dir_is_empty() - nothing but . and .. in it. */
bool nt_dir_is_empty(struct ofile *of);
