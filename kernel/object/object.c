// SPDX-License-Identifier: GPL-2.0-only
/* References of kernel objects. */
#include <tern/kernel/object.h>

#include <tern/base/bug.h>

void object_init(struct object *o, const struct object_ops *ops, struct waitq *wq)
{
	VERIFY(ops->name && ops->destroy && ops->is_signaled && ops->wait_satisfied &&
	       ops->describe);
	ref_init(&o->refs, 1);
	o->flags = 0;
	o->ops = ops;
	o->waitq = wq;
}

void object_put(struct object *o)
{
	if (ref_put(&o->refs))
		o->ops->destroy(o);
}

bool object_never_signaled(struct object *o, struct thread *t)
{
	return false;
}

void object_ignore_wait(struct object *o, struct thread *t)
{
}

void object_describe_nothing(struct object *o, struct seqbuf *sb)
{
}
