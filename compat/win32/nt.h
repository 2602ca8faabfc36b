/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the parts of the Windows personality share: objects, handles, processes
 * and threads. A process of this personality is a Linux process (one struct process, its
 * threads, files and memory) with a struct nt_process beside it, a thread has a
 * struct nt_thread in t_compat.
 *
 * Objects are kernel objects (kernel/object) whose state is protected by the lock of
 * their own wait queue: what makes one signaled happens under it, and a wait that takes
 * several objects at once holds all their locks, in the order of addresses.
 *
 * Legend: I immutable, L own lock, W ob.wq.lock, P nt_process.lock, O the thread itself.
 */
#pragma once

#include <asm/frame.h>
#include <asm/uaccess.h>
#include <tern/base/bug.h>
#include <tern/base/err.h>
#include <tern/base/lock.h>
#include <tern/base/waitq.h>
#include <tern/kernel/klog.h>
#include <tern/kernel/object.h>
#include <tern/kernel/process.h>
#include <tern/kernel/thread.h>
#include <tern/lib/bits.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

#include "nt_abi.h"
#include "nt_status.h"

struct nt_object;
struct nt_image;
struct nt_name;
struct nt_descriptor;
struct nt_binding;
struct nt_vm;
struct nt_console;
struct nt_job;

/* ---- objects ---- */

/* One kind of object. ops.destroy is nt_object_destroy. */
struct nt_type {
	struct object_ops ops;		/* first; is_signaled, wait_satisfied: W held */
	const char *name;		/* NT's: "Event" */
	u32 all_access;			/* what GENERIC_ALL and MAXIMUM_ALLOWED mean */
	u32 read_access, write_access, exec_access;
	bool can_wait;
	void (*prepare)(struct nt_object *o);	/* before each look of a wait; may sleep; NULL: nothing */
	void (*cleanup)(struct nt_object *o);	/* last reference; may sleep; NULL: nothing */
};

struct nt_object {
	struct object obj;		/* first */
	struct waitq wq;		/* its lock protects what makes the object signaled */
	struct nt_name *name;		/* I after creation; NULL: none */
	struct nt_descriptor *security;	/* W with a reference; NULL: nobody has set one */
	struct rcu_job rcu;
};

static inline struct nt_object *nt_object_of(struct object *o) { return container_of(o, struct nt_object, obj); }
static inline const struct nt_type *nt_type_of(const struct nt_object *o)
{
	return container_of(o->obj.ops, struct nt_type, ops);
}
/** nt_object_alloc() - @size bytes zeroed, beginning with a struct nt_object; NULL. One reference. */
void *nt_object_alloc(const struct nt_type *type, size_t size);
void nt_object_destroy(struct object *o);
static inline void nt_object_get(struct nt_object *o) { object_get(&o->obj); }
static inline void nt_object_put(struct nt_object *o) { object_put(&o->obj); }
/** nt_security_begin() - the descriptor that OBJECT_ATTRIBUTES bring for a new object; nothing if there is none. */
ntstatus nt_security_begin(struct nt_object *o, const struct nt_object_attributes __user *attr);
/**
 * nt_security_check() - does the descriptor of @o let thread_self open it
 * @access: wanted; NT_MAXIMUM_ALLOWED becomes what is granted
 */
ntstatus nt_security_check(struct nt_object *o, u32 *access);
/** nt_handle_give_checked() - nt_handle_give_status() of an object that others may have described. */
ntstatus nt_handle_give_checked(struct nt_object *o, u32 access, u32 attributes, u64 __user *out, ntstatus s);
/** nt_security_end() - the object goes. */
void nt_security_end(struct nt_object *o);
/** nt_object_is() - is it of that kind. */
static inline bool nt_object_is(const struct nt_object *o, const struct nt_type *type)
{
	return o->obj.ops == &type->ops;
}
bool nt_never_signaled(struct object *o, struct thread *t);
#define NT_TYPE_OPS(name_, signaled, satisfied)	{			\
	.name = name_, .destroy = nt_object_destroy, .is_signaled = signaled,	\
	.wait_satisfied = satisfied, .describe = object_describe_nothing }

/* ---- handles ---- */

/* In the rights of a slot, beside NT's access mask. */
#define NT_HANDLE_INHERIT	0x40000000u
#define NT_HANDLE_PROTECT	0x80000000u
#define NT_HANDLE_RIGHTS	0x01ffffffu
#define NT_SYNCHRONIZE		0x00100000u
#define NT_HANDLE_SELF_PROCESS	(~0UL)
#define NT_HANDLE_SELF_THREAD	(~1UL)

/** nt_handle_table_create() - NULL if no memory. */
struct handle_table *nt_handle_table_create(void);
/** nt_access_of() - generic bits of @wanted replaced by what they mean for @type. */
u32 nt_access_of(const struct nt_type *type, u32 wanted);
/**
 * nt_handle_add() - a handle for @o in thread_self's process; the reference stays the caller's
 * @attributes: OBJ_*
 */
ntstatus nt_handle_add(struct nt_object *o, u32 access, u32 attributes, u64 *handle);
/** nt_handle_give() - the same, written to user memory; consumes the reference in every case. */
ntstatus nt_handle_give(struct nt_object *o, u32 access, u32 attributes, u64 __user *out);
/** nt_handle_give_status() - gives, and on success the status is @s (STATUS_OBJECT_NAME_EXISTS). */
ntstatus nt_handle_give_status(struct nt_object *o, u32 access, u32 attributes, u64 __user *out, ntstatus s);
/**
 * nt_handle_get() - object of a handle with a reference; pseudo handles included
 * @type: NULL: any kind
 * @access: bits that the handle must have
 */
ntstatus nt_handle_get(u64 handle, const struct nt_type *type, u32 access, struct nt_object **out);
ntstatus nt_handle_close(u64 handle);
/** nt_handle_inherit() - handles marked so, under the same values in another table; 0 or -ENOMEM. */
int nt_handle_inherit(struct handle_table *from, struct handle_table *to);
/* Conversion between what programs see and values of kernel/object. */
u64 nt_handle_to_user(s64 value);
s64 nt_handle_from_user(u64 handle);

/* ---- strings and attributes from user space ---- */

/* A counted UTF-16 text in kernel memory; NUL behind it. */
struct nt_string {
	u16 *text;		/* kmem; NULL: none */
	u32 len;		/* in units */
};
/** nt_string_get() - copy a UNICODE_STRING; @p NULL gives an empty one. Free with kmem_free(). */
ntstatus nt_string_get(const struct nt_unicode_string __user *p, struct nt_string *out);
/** nt_utf8() - UTF-8, kmem; lone surrogates of file names come back as the bytes they were. NULL. */
char *nt_utf8(const u16 *text, u32 len);
/** nt_utf16() - UTF-16 with NUL, kmem, *len in units; bytes that are no UTF-8 become U+DC80.. NULL. */
u16 *nt_utf16(const char *s, size_t n, u32 *len);
/** nt_upcase() - simple case folding of one unit. */
u16 nt_upcase(u16 c);
/** nt_compare() - as strcmp, without regard to case. */
int nt_compare(const u16 *a, u32 alen, const u16 *b, u32 blen);
/** nt_equal_ascii() - is it @s, without regard to case. */
bool nt_equal_ascii(const u16 *a, u32 alen, const char *s);

struct nt_attributes {
	u64 root;		/* handle or 0 */
	struct nt_string name;
	u32 flags;		/* OBJ_* */
};
/** nt_attributes_get() - copy OBJECT_ATTRIBUTES; NULL is all empty. nt_attributes_put() frees. */
ntstatus nt_attributes_get(const struct nt_object_attributes __user *p, struct nt_attributes *out);
void nt_attributes_put(struct nt_attributes *a);

/* ---- names ---- */

/**
 * nt_name_insert() - give @o the name in @a, or find who has it
 * Return: STATUS_SUCCESS: named; STATUS_OBJECT_NAME_EXISTS (with OBJ_OPENIF) with the older object
 *	in *found, referenced; STATUS_OBJECT_NAME_COLLISION, STATUS_OBJECT_TYPE_MISMATCH and so on.
 */
ntstatus nt_name_insert(struct nt_object *o, const struct nt_attributes *a, struct nt_object **found);
/** nt_name_open() - the object of that name and kind, with a reference. */
ntstatus nt_name_open(const struct nt_attributes *a, const struct nt_type *type, struct nt_object **out);
/** nt_name_remove() - the object goes. */
void nt_name_remove(struct nt_object *o);
/** nt_name_text() - name of @o, borrowed; NULL if it has none. */
const u16 *nt_name_text(const struct nt_object *o, u32 *len);
/**
 * nt_create_named() - the common end of the NtCreate calls: name @o and give a handle
 * Consumes @o.
 */
ntstatus nt_create_named(struct nt_object *o, u32 access, const struct nt_object_attributes __user *attr,
			 u64 __user *out);
/** nt_open_named() - the common NtOpen call. */
ntstatus nt_open_named(const struct nt_type *type, u32 access,
		       const struct nt_object_attributes __user *attr, u64 __user *out);

/* ---- waiting ---- */

#define NT_WAIT_MAX	64

/** nt_deadline() - clock_ns() time of an NT timeout (100 ns; negative: from now), WAIT_FOREVER if NULL. */
ntstatus nt_deadline(const s64 __user *timeout, nsec_t *out);
/**
 * nt_wait() - wait for one or for all of @n objects
 * Return: STATUS_SUCCESS + index, STATUS_ABANDONED + index, STATUS_TIMEOUT, STATUS_USER_APC,
 *	STATUS_ALERTED, STATUS_RESTART_CALL_.
 */
ntstatus nt_wait(struct nt_object **objs, u32 n, bool all, bool alertable, nsec_t deadline);
/** nt_signal() - after a change that may let waiters pass; takes and drops W. Context: any. */
void nt_signal(struct nt_object *o);

struct nt_event { struct nt_object ob; bool is_set, is_auto; };
extern const struct nt_type nt_event_type;
struct nt_event *nt_event_create(bool is_auto, bool is_set);
bool nt_event_set(struct nt_event *e);		/* was it set; context: any */
bool nt_event_reset(struct nt_event *e);

/* ---- processes and threads ---- */

#define NT_PRIORITY_CLASS_NORMAL 2

/* User addresses in the DLLs of a process. */
struct nt_entries {
	uptr ldr_init, thread_start, exception, apc, callback, ctrl_routine;
};

struct nt_process {
	struct nt_object ob;
	struct process *proc;		/* I with a reference; NULL while being made */
	s32 pid;			/* I as Linux counts */
	struct handle_table *handles;	/* I closed at the end */
	struct nt_vm *vm;		/* I contents go with the last thread */
	struct kmutex lock;		/* protects what is marked P */
	struct list threads;		/* P of nt_thread.link */
	struct list all_link;		/* list of all such processes */
	u32 nlive;			/* P threads that have not ended */
	bool is_ended;			/* W */
	u32 exit_status;		/* W STATUS_PENDING while it runs */
	bool has_exit_status;		/* P chosen by NtTerminateProcess */
	u32 error_mode;			/* racy: default hard error mode */
	u8 priority_class;		/* racy: told, the scheduler does not ask it */
	uptr peb;			/* I */
	u16 *image_name;		/* I kmem, NT's path of the program */
	u32 image_name_len;
	struct nt_image *image;		/* I with a reference */
	struct nt_image *ntdll;		/* I with a reference */
	const struct nt_binding *binding;	/* I ntdll's service numbers */
	const struct nt_binding *binding_gui;	/* P win32u's, NULL until it is mapped */
	struct nt_entries entries;	/* I */
	struct nt_console *console;	/* I with a reference, or NULL */
	struct nt_job *job;		/* P with a reference, or NULL */
	s32 parent_pid;			/* I */
	s64 create_time, exit_time;	/* 100 ns since 1601 */
};

struct nt_apc {
	struct list link;
	u64 fn, a1, a2, a3;
};

struct nt_thread {
	struct nt_object ob;
	struct thread *thread;		/* I with a reference */
	struct nt_process *proc;	/* I with a reference */
	struct list link;		/* P */
	s32 tid;			/* I as Linux counts */
	uptr teb;			/* I */
	uptr stack;			/* I allocation that goes with it, 0: none */
	bool is_ended;			/* W */
	u32 exit_status;		/* W */
	struct waitq alert;		/* its lock protects the rest; wakes every sleep of this personality */
	struct list apcs;		/* of struct nt_apc */
	u32 suspends;
	u64 affinity;			/* racy: CPUs chosen by the program, 0: all */
	s32 priority;			/* racy: base priority, relative to the process's class */
	s64 create_time, exit_time;	/* I; I once ended */
	struct nt_string name;		/* nt_process.lock: SetThreadDescription's, kmem */
	bool is_parked;			/* stands at the border to user mode, registers in its frame */
	bool must_end;			/* another has ended it; end_status */
	bool leaves_memory;		/* in the midst of something: its stack and TEB stay */
	u32 end_status;
	bool is_alerted;		/* NtAlertThread */
	bool is_id_alerted;		/* NtAlertThreadByThreadId */
	struct nt_object *token;	/* W with a reference: whom it acts as; NULL: its process */
	struct nt_object *pulsed;	/* its W: this event's pulse lets the wait pass */
	struct list mutants;		/* owned, nt_mutants_lock */
	/* O */
	bool has_run;			/* the first NtContinue was made */
	bool apc_due;			/* deliver one on the way out */
	bool frame_is_set;		/* this call has replaced all registers */
	bool has_deadline;		/* of a call that is made again */
	nsec_t deadline;
	u32 pending_ctrl;		/* A bits of console events to deliver */
};

extern const struct nt_type nt_process_type, nt_thread_type;
extern struct persona_ops nt_persona;

static inline struct nt_thread *nt_self(void) { return thread_self()->t_compat; }
static inline struct nt_process *nt_process_self(void) { return nt_self()->proc; }
/* What programs see: multiples of 4, like handles. */
static inline u64 nt_id(s32 pid) { return (u64)(u32)pid * 4; }

/* ---- time ---- */

#define NT_EPOCH_100NS	116444736000000000L	/* from 1601 to 1970 */
/** nt_time() - 100 ns since 1601. */
s64 nt_time(void);
static inline s64 nt_time_of(s64 unix_ns) { return unix_ns / 100 + NT_EPOCH_100NS; }
static inline s64 nt_time_to_unix(s64 t) { return (t - NT_EPOCH_100NS) * 100; }

/** NT_ALLOC_TRY() - leave with STATUS_NO_MEMORY. */
#define NT_CHECK(s) do { ntstatus s_ = (s); if (s_) return s_; } while (0)

/** nt_put() - write a scalar or structure to user memory. */
#define nt_put(value, ptr) (user_put(value, ptr) ? STATUS_ACCESS_VIOLATION : STATUS_SUCCESS)
static inline ntstatus nt_copyin(void *dst, const void __user *src, size_t n)
{
	return user_copyin(dst, src, n) ? STATUS_ACCESS_VIOLATION : STATUS_SUCCESS;
}
static inline ntstatus nt_copyout(void __user *dst, const void *src, size_t n)
{
	return user_copyout(dst, src, n) ? STATUS_ACCESS_VIOLATION : STATUS_SUCCESS;
}
/** nt_reply() - a fixed-size answer of an information class; *used gets its size if not NULL. */
ntstatus nt_reply(void __user *buf, u32 room, u32 __user *used, const void *data, u32 size);

#include <generated/nt_syscalls.h>
