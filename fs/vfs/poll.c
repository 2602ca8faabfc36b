// SPDX-License-Identifier: GPL-2.0-only
/*
 * Waiting for several files: the engine under poll(2) and select(2).
 *
 * struct poll_set is one wait. Each file's poll operation queues an entry on
 * every wait queue that can tell of its readiness; a wake-up on any of them
 * marks the set and wakes the thread, which asks all files again. Entries for
 * a few files lie on the stack, more in pages.
 *
 * The thread's own state says whether it sleeps: it is set before the last look
 * at "woken", so no wake-up is lost.
 *
 * Lock order: the callback runs under a queue's lock and takes none.
 */
#include "poll_impl.h"

struct poll_page {
	struct poll_page *next;
	u32 n;
	struct poll_entry e[];
};
#define ENTRIES_A_PAGE ((PAGE_SIZE - sizeof(struct poll_page)) / sizeof(struct poll_entry))

static bool poll_wake(struct waiter *w, u64 key)
{
	struct poll_entry *e = container_of(w, struct poll_entry, w);
	struct poll_set *s = e->set;

	if (key && !(key & e->events))
		return false;
	WRITE_ONCE(s->woken, true);
	(void)thread_wake(s->thread);
	return false;		/* not exclusive: never counts */
}

static struct poll_entry *entry_new(struct poll_set *s)
{
	struct poll_page *p = s->pages;

	if (s->n_inline < POLL_INLINE)
		return &s->inline_entries[s->n_inline++];
	if (!p || p->n == ENTRIES_A_PAGE) {
		p = page_alloc_kva(0, ALLOC_KERNEL);
		if (!p) {
			s->err = -ENOMEM;
			return NULL;
		}
		p->n = 0;
		p->next = s->pages;
		s->pages = p;
	}
	return &p->e[p->n++];
}

static void poll_queue(struct poll_table *pt, struct ofile *f, struct waitq *q)
{
	struct poll_set *s = container_of(pt, struct poll_set, pt);
	struct poll_entry *e = entry_new(s);

	if (!e)
		return;
	*e = (struct poll_entry){ .set = s, .q = q, .file = f, .events = pt->events,
				  .w = { .thread = s->thread, .fn = poll_wake } };
	ofile_get(f);
	waitq_add(q, &e->w);
}

void poll_begin(struct poll_set *s)
{
	s->pt.queue = poll_queue;
	s->pt.events = 0;
	s->thread = thread_self();
	s->pages = NULL;
	s->n_inline = 0;
	s->err = 0;
	s->woken = false;
}

static void entry_drop(struct poll_entry *e)
{
	waitq_remove(e->q, &e->w);
	ofile_put(e->file);
}

void poll_end(struct poll_set *s)
{
	for (u32 i = 0; i < s->n_inline; i++)
		entry_drop(&s->inline_entries[i]);
	while (s->pages) {
		struct poll_page *p = s->pages;

		for (u32 i = 0; i < p->n; i++)
			entry_drop(&p->e[i]);
		s->pages = p->next;
		page_free_kva(p, 0);
	}
}

int poll_sleep(struct poll_set *s, nsec_t deadline)
{
	int err = 0;

	xchg(&s->thread->t_state, THREAD_SLEEPING);
	if (!READ_ONCE(s->woken) && !signal_is_pending())
		err = sched_block_until(deadline);
	WRITE_ONCE(s->thread->t_state, THREAD_RUNNING);
	WRITE_ONCE(s->woken, false);
	smp_mb();	/* woken is cleared before the files are asked again */
	return err;
}

/* ---- one file ---- */

static inline u32 poll_fd(int fd, u32 events, struct poll_set *s, bool queue)
{
	struct fdref r = fd_borrow_path(fd);
	u32 got;

	if (unlikely(!r.file))
		return POLLNVAL;
	events |= POLLERR | POLLHUP;
	s->pt.events = events;
	if (unlikely(r.file->of_mode & OFILE_PATH))
		got = POLLNVAL;
	else
		got = r.file->of_ops->poll(r.file, queue ? &s->pt : NULL) & events;
	fd_return(r);
	return got;
}

int poll_run(struct poll_set *s, struct pollfd *fds, u32 n, nsec_t deadline)
{
	bool queue = deadline != 0, timed_out = deadline == 0;
	int ready;

	for (;;) {
		ready = 0;
		for (u32 i = 0; i < n; i++) {
			u32 ev = fds[i].fd < 0 ? 0 : poll_fd(fds[i].fd, (u16)fds[i].events, s, queue && !ready);

			fds[i].revents = (s16)ev;
			ready += ev != 0;
		}
		queue = false;
		if (ready || timed_out || s->err)
			break;
		if (signal_is_pending())
			return -ERESTARTNOHAND;
		timed_out = poll_sleep(s, deadline) == -ETIMEDOUT;
	}
	return ready ? ready : s->err;
}
