// SPDX-License-Identifier: GPL-2.0-only
/*
 * Jobs: sets of processes that end together. A process is in one job; its job holds it
 * until it ends.
 *
 * Locks: jobs_lock around members and limits.
 */
#include "../file.h"
#include "../ps.h"

#define JOB_ASSIGN	0x1u
#define JOB_TERMINATE	0x8u
#define LIMIT_KILL_ON_CLOSE 0x2000u
#define CLASS_LIMITS	2u
#define CLASS_EXTENDED_LIMITS 9u
#define LIMIT_BREAKAWAY_OK 0x800u
#define LIMIT_SILENT_BREAKAWAY 0x1000u
#define LIMIT_DIE_ON_EXCEPTION 0x400u
#define LIMITS_KNOWN	(LIMIT_KILL_ON_CLOSE | LIMIT_BREAKAWAY_OK | LIMIT_SILENT_BREAKAWAY | LIMIT_DIE_ON_EXCEPTION)
#define CLASS_ACCOUNTING 1u
#define CLASS_PROCESSES	3u
#define CLASS_PORT	7u
#define MESSAGE_NONE_LEFT 4u
#define MESSAGE_NEW	6u
#define MESSAGE_EXIT	7u

struct nt_job {
	struct nt_object ob;
	struct list members;		/* jobs_lock: of struct member */
	u32 limits;			/* jobs_lock */
	u32 ntotal, nactive;		/* jobs_lock: processes ever, now */
	struct nt_port *port;		/* jobs_lock: with a reference, or NULL */
	u64 port_key;
};

struct member { struct list link; struct nt_process *p; };

static struct kmutex jobs_lock = KMUTEX_INIT(jobs_lock, LOCKRANK_VFS_MISC);

/* Tell the port. A message that finds no memory is lost, as documented of them. jobs_lock held. */
static void notify(const struct nt_job *j, u32 message, const struct nt_process *p)
{
	if (j->port)
		(void)nt_port_post(j->port, j->port_key, p ? nt_id(p->pid) : 0, STATUS_SUCCESS, message);
}

static void kill_members(struct nt_job *j, u32 status)
{
	struct member *m;

	kmutex_lock(&jobs_lock);
	list_foreach(m, &j->members, link) {
		kmutex_lock(&m->p->lock);
		if (!m->p->has_exit_status) {
			m->p->has_exit_status = true;
			m->p->exit_status = status;
		}
		kmutex_unlock(&m->p->lock);
		(void)signal_send_process(m->p->proc, SIGKILL, NULL);
	}
	kmutex_unlock(&jobs_lock);
}

static void job_cleanup(struct nt_object *o)
{
	struct nt_job *j = container_of(o, struct nt_job, ob);

	if (j->limits & LIMIT_KILL_ON_CLOSE)
		kill_members(j, 0);
	while (!list_is_empty(&j->members)) {
		struct member *m = list_first_entry(&j->members, struct member, link);

		kmutex_lock(&jobs_lock);
		list_del(&m->link);
		m->p->job = NULL;
		kmutex_unlock(&jobs_lock);
		nt_object_put(&m->p->ob);
		kmem_free(m);
	}
	if (j->port)
		nt_object_put(nt_port_object(j->port));
}

static const struct nt_type job_type = {
	.ops = NT_TYPE_OPS("job", nt_never_signaled, object_ignore_wait),
	.name = "Job", .all_access = 0x1f003f, .read_access = 0x20004, .write_access = 0x2000b,
	.exec_access = 0x120000, .can_wait = true, .cleanup = job_cleanup,
};

ntstatus nt_create_job_object(u64 __user *out, u32 access, const struct nt_object_attributes __user *attr)
{
	struct nt_job *j = nt_object_alloc(&job_type, sizeof(*j));

	if (!j)
		return STATUS_NO_MEMORY;
	list_init(&j->members);
	return nt_create_named(&j->ob, access, attr, out);
}

ntstatus nt_open_job_object(u64 __user *out, u32 access, const struct nt_object_attributes __user *attr)
{
	return nt_open_named(&job_type, access, attr, out);
}

ntstatus nt_assign_process_to_job_object(u64 job, u64 process)
{
	struct nt_object *jo, *po;
	struct nt_process *p;
	struct member *m;
	ntstatus s;

	NT_CHECK(nt_handle_get(job, &job_type, JOB_ASSIGN, &jo));
	s = nt_handle_get(process, &nt_process_type, 0x101, &po);
	if (s) {
		nt_object_put(jo);
		return s;
	}
	p = container_of(po, struct nt_process, ob);
	m = kmem_alloc(sizeof(*m), ALLOC_KERNEL);
	kmutex_lock(&jobs_lock);
	if (!m) {
		s = STATUS_NO_MEMORY;
	} else if (p->job || READ_ONCE(p->is_ended)) {
		s = STATUS_ACCESS_DENIED;
	} else {
		m->p = p;
		p->job = container_of(jo, struct nt_job, ob);
		list_add_tail(&m->link, &p->job->members);
		p->job->ntotal++;
		p->job->nactive++;
		notify(p->job, MESSAGE_NEW, p);
	}
	kmutex_unlock(&jobs_lock);
	if (s) {
		kmem_free(m);
		nt_object_put(po);
	}
	nt_object_put(jo);
	return s;
}

void nt_job_leave(struct nt_process *p)
{
	struct member *m = NULL, *it;

	kmutex_lock(&jobs_lock);
	if (p->job) {
		list_foreach(it, &p->job->members, link)
			if (it->p == p)
				m = it;
		if (m) {
			list_del(&m->link);
			notify(p->job, MESSAGE_EXIT, p);
			if (!--p->job->nactive)
				notify(p->job, MESSAGE_NONE_LEFT, NULL);
		}
		p->job = NULL;
	}
	kmutex_unlock(&jobs_lock);
	if (m)
		nt_object_put(&p->ob);
	kmem_free(m);
}

ntstatus nt_is_process_in_job(u64 process, u64 job)
{
	struct nt_object *jo = NULL, *po;
	struct nt_job *mine;
	bool is_in;

	NT_CHECK(nt_handle_get(process, &nt_process_type, 0, &po));
	if (job && nt_handle_get(job, &job_type, 0, &jo)) {
		nt_object_put(po);
		return STATUS_INVALID_HANDLE;
	}
	mine = READ_ONCE(container_of(po, struct nt_process, ob)->job);
	is_in = mine && (!jo || &mine->ob == jo);
	if (jo)
		nt_object_put(jo);
	nt_object_put(po);
	return is_in ? 0x124u : 0x123u;	/* STATUS_PROCESS_IN_JOB, STATUS_PROCESS_NOT_IN_JOB */
}

ntstatus nt_terminate_job_object(u64 job, u32 status)
{
	struct nt_object *o;

	NT_CHECK(nt_handle_get(job, &job_type, JOB_TERMINATE, &o));
	kill_members(container_of(o, struct nt_job, ob), status);
	nt_object_put(o);
	return STATUS_SUCCESS;
}

static ntstatus set_limits(struct nt_job *j, const u8 __user *buf, u32 len)
{
	u32 limits;

	if (len < 20)
		return STATUS_INFO_LENGTH_MISMATCH;
	NT_CHECK(nt_copyin(&limits, buf + 16, sizeof(limits)));
	if (limits & ~LIMITS_KNOWN)
		return STATUS_NOT_SUPPORTED;
	kmutex_lock(&jobs_lock);
	j->limits = limits;
	kmutex_unlock(&jobs_lock);
	return STATUS_SUCCESS;
}

/* {key, port}: who is in the job already is told of, too. */
static ntstatus set_port(struct nt_job *j, const void __user *buf, u32 len)
{
	struct nt_object *o;
	ntstatus s = STATUS_SUCCESS;
	struct member *m;
	u64 a[2];

	if (len != sizeof(a))
		return STATUS_INFO_LENGTH_MISMATCH;
	NT_CHECK(nt_copyin(a, buf, sizeof(a)));
	NT_CHECK(nt_handle_get(a[1], &nt_port_type, 0x2, &o));
	kmutex_lock(&jobs_lock);
	if (j->port) {
		s = STATUS_INVALID_PARAMETER;
	} else {
		j->port = nt_port_of(o);
		j->port_key = a[0];
		list_foreach(m, &j->members, link)
			notify(j, MESSAGE_NEW, m->p);
	}
	kmutex_unlock(&jobs_lock);
	if (s)
		nt_object_put(o);
	return s;
}

ntstatus nt_set_information_job_object(u64 job, u32 class, const void __user *buf, u32 len)
{
	struct nt_object *o;
	struct nt_job *j;
	ntstatus s;

	NT_CHECK(nt_handle_get(job, &job_type, 0x2, &o));
	j = container_of(o, struct nt_job, ob);
	if (class == CLASS_LIMITS || class == CLASS_EXTENDED_LIMITS)
		s = set_limits(j, buf, len);
	else
		s = class == CLASS_PORT ? set_port(j, buf, len) : STATUS_INVALID_INFO_CLASS;
	nt_object_put(o);
	return s;
}

/* {assigned, in the list, ids...} as many as there is room for. */
static ntstatus query_processes(struct nt_job *j, u8 __user *buf, u32 room, u32 __user *used)
{
	u32 head[2] = { 0 };
	ntstatus s = STATUS_SUCCESS;
	struct member *m;

	if (room < sizeof(head))
		return STATUS_INFO_LENGTH_MISMATCH;
	kmutex_lock(&jobs_lock);
	list_foreach(m, &j->members, link) {
		u32 at = sizeof(head) + head[1] * 8;

		head[0]++;
		if (!s && at + 8 <= room) {
			s = nt_put(nt_id(m->p->pid), (u64 __user *)(buf + at));
			head[1]++;
		}
	}
	kmutex_unlock(&jobs_lock);
	if (!s)
		s = nt_copyout(buf, head, sizeof(head));
	if (!s && used)
		s = nt_put((u32)(sizeof(head) + head[1] * 8), used);
	return s || head[0] == head[1] ? s : STATUS_BUFFER_OVERFLOW;
}

ntstatus nt_query_information_job_object(u64 job, u32 class, void __user *buf, u32 room, u32 __user *used)
{
	struct { u64 times[4]; u32 faults, total, active, ended; } accounting = { 0 };
	struct { u64 times[2]; u32 flags, pad; u64 rest[15]; } limits = { 0 };
	struct nt_process *self = nt_process_self();
	struct nt_object *o = NULL;
	struct nt_job *j;
	ntstatus s;

	if (job)
		NT_CHECK(nt_handle_get(job, &job_type, 0x4, &o));
	kmutex_lock(&jobs_lock);
	if (!job && self->job) {
		o = &self->job->ob;
		nt_object_get(o);
	}
	kmutex_unlock(&jobs_lock);
	if (!o)
		return STATUS_ACCESS_DENIED;
	j = container_of(o, struct nt_job, ob);
	accounting.total = READ_ONCE(j->ntotal);
	accounting.active = READ_ONCE(j->nactive);
	limits.flags = READ_ONCE(j->limits);
	switch (class) {
	case CLASS_ACCOUNTING:
		s = nt_reply(buf, room, used, &accounting, sizeof(accounting));
		break;
	case CLASS_PROCESSES:
		s = query_processes(j, buf, room, used);
		break;
	case CLASS_LIMITS:
		s = nt_reply(buf, room, used, &limits, 64);
		break;
	case CLASS_EXTENDED_LIMITS:
		s = nt_reply(buf, room, used, &limits, 144);
		break;
	default:
		s = STATUS_INVALID_INFO_CLASS;
	}
	nt_object_put(o);
	return s;
}

void nt_job_inherit(struct nt_process *parent, struct nt_process *child)
{
	struct member *m = kmem_alloc(sizeof(*m), ALLOC_KERNEL);

	kmutex_lock(&jobs_lock);
	if (m && parent->job && !(parent->job->limits & LIMIT_SILENT_BREAKAWAY)) {
		nt_object_get(&child->ob);
		m->p = child;
		child->job = parent->job;
		list_add_tail(&m->link, &child->job->members);
		child->job->ntotal++;
		child->job->nactive++;
		notify(child->job, MESSAGE_NEW, child);
		m = NULL;
	}
	kmutex_unlock(&jobs_lock);
	kmem_free(m);
}
