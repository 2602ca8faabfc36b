// SPDX-License-Identifier: GPL-2.0-only
/* Registry of personalities. */
#include <tern/kernel/persona.h>

#include <tern/base/bug.h>
#include <tern/base/lock.h>
#include <tern/lib/string.h>

static LIST_HEAD(personas);
static struct rwsem personas_lock = RWSEM_INIT(personas_lock, LOCKRANK_MODULE);

void persona_register(struct persona_ops *ops)
{
	VERIFY(ops->thread_fork && ops->thread_exec && ops->thread_exit && ops->syscall &&
	       ops->user_work && ops->fault && ops->signal);
	rwsem_write_lock(&personas_lock);
	list_add_tail(&ops->link, &personas);
	rwsem_write_unlock(&personas_lock);
}

const struct persona_ops *persona_find(const char *name)
{
	struct persona_ops *p, *found = NULL;

	rwsem_read_lock(&personas_lock);
	list_foreach(p, &personas, link)
		if (!strcmp(p->name, name))
			found = p;
	rwsem_read_unlock(&personas_lock);
	return found;
}

int persona_default_fork(struct thread *child, struct thread *parent)
{
	return 0;
}

void persona_default_exec(struct thread *t)
{
}

void persona_default_exit(struct thread *t)
{
}

bool persona_default_fault(struct frame *f, int sig, int si_code, uptr addr)
{
	return false;
}

bool persona_default_signal(struct frame *f, int sig, const struct ksiginfo *info)
{
	return false;
}
