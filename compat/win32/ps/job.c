// SPDX-License-Identifier: GPL-2.0-only
/*
 * Jobs: sets of processes that end together. A process is in one job; its job holds it
 * until it ends.
 *
 * Locks: jobs_lock around members and limits.
 */
#include "../ps.h"

#define JOB_ASSIGN	0x1u
#define JOB_TERMINATE	0x8u
#define LIMIT_KILL_ON_CLOSE 0x2000u
#define CLASS_LIMITS	2u
#define CLASS_EXTENDED_LIMITS 9u
#define CLASS_PORT	7u

struct nt_job {
	struct nt_object ob;
	struct list members;		/* of struct member */
	u32 limits;
	u32 exit_status;
};

struct member { struct list link; struct nt_process *p; };

static struct kmutex jobs_lock = KMUTEX_INIT(jobs_lock, LOCKRANK_VFS_MISC);

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
		if (m)
			list_del(&m->link);
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

ntstatus nt_set_information_job_object(u64 job, u32 class, const void __user *buf, u32 len)
{
	struct nt_object *o;
	u32 limits;

	if (class != CLASS_LIMITS && class != CLASS_EXTENDED_LIMITS)
		return class == CLASS_PORT ? STATUS_NOT_SUPPORTED : STATUS_INVALID_INFO_CLASS;
	if (len < 20)
		return STATUS_INFO_LENGTH_MISMATCH;
	NT_CHECK(nt_copyin(&limits, (const u8 __user *)buf + 16, sizeof(limits)));
	NT_CHECK(nt_handle_get(job, &job_type, 0x2, &o));
	WRITE_ONCE(container_of(o, struct nt_job, ob)->limits, limits);
	nt_object_put(o);
	return STATUS_SUCCESS;
}
