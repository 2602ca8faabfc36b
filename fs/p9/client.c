// SPDX-License-Identifier: GPL-2.0-only
/*
 * 9P client: messages and the calls that are made of them. A call has a buffer that is the
 * request and then the reply, and a tag while it is under way. Data of reads and writes is not
 * in the buffer but in pages behind it.
 *
 * Waits are not interruptible: the memory is the server's until it answers.
 */
#include "p9_impl.h"

u32 p9_fid_new(struct p9_mount *m)
{
	return __atomic_add_fetch(&m->next_fid, 1, __ATOMIC_RELAXED);
}

/* ---- tags ---- */

static bool tag_try(struct p9_mount *m, u32 *tag)
{
	bool found;

	spin_lock(&m->tags_lock);
	found = ~m->tags;
	if (found) {
		*tag = bit_lowest(~m->tags);
		m->tags |= BIT(*tag);
	}
	spin_unlock(&m->tags_lock);
	return found;
}

static void tag_free(struct p9_mount *m, u32 tag)
{
	spin_lock(&m->tags_lock);
	m->tags &= ~BIT(tag);
	spin_unlock(&m->tags_lock);
	waitq_wake_if_any(&m->tags_free);
}

/* ---- calls ---- */

int p9_begin(struct p9_mount *m, struct p9_call *c, enum p9_type type)
{
	*c = (struct p9_call){ .m = m, .type = (u8)type, .buf = kmem_alloc(P9_BUF, ALLOC_NOFS) };
	if (!c->buf)
		return -ENOMEM;
	c->msg = (struct p9_msg){ .p = c->buf, .at = P9_HEAD, .size = P9_BUF };
	return 0;
}

void p9_end(struct p9_call *c)
{
	kmem_free(c->buf);
}

/* The reply: c->msg stands behind its head. */
static int check_reply(struct p9_call *c, u32 got, u32 tag)
{
	u32 size, type, back;

	c->msg = (struct p9_msg){ .p = c->buf, .size = min(got, P9_BUF) };
	size = (u32)p9_take(&c->msg, 4);
	type = (u32)p9_take(&c->msg, 1);
	back = (u32)p9_take(&c->msg, 2);
	if (c->msg.is_bad || size > got || back != tag)
		return -EIO;
	if (type == P9_RLERROR) {
		u32 code = (u32)p9_take(&c->msg, 4);

		return c->msg.is_bad || !code || code > 4095 ? -EIO : -(int)code;
	}
	return type == c->type + 1u ? 0 : -EIO;
}

int p9_send(struct p9_call *c, const struct uio_pageseg *segs, u32 n, bool payload_in)
{
	struct p9_mount *m = c->m;
	u32 tag = P9_NOTAG, size = c->msg.at;
	struct p9_xfer x = { .out = c->buf, .out_len = size, .in = c->buf, .in_len = P9_BUF, .segs = segs, .nsegs = n,
			     .payload_in = payload_in };
	int err;

	if (c->msg.is_bad)
		return -ENAMETOOLONG;
	if (READ_ONCE(m->link->is_gone))
		return -EIO;
	if (c->type != P9_TVERSION && !tag_try(m, &tag))
		waitq_wait(&m->tags_free, tag_try(m, &tag));
	for (u32 i = 0; i < n && !payload_in; i++)
		size += segs[i].len;
	if (payload_in)
		x.in_len = P9_HEAD + 4;		/* the count; data follows in the pages */
	c->msg = (struct p9_msg){ .p = c->buf, .size = P9_HEAD };
	p9_put(&c->msg, size, 4);
	p9_put(&c->msg, c->type, 1);
	p9_put(&c->msg, tag, 2);
	latch_init(&x.done);
	err = m->link->send(m->link, &x);
	if (!err) {
		latch_wait(&x.done);
		err = x.error;
	}
	if (!err)
		err = check_reply(c, x.got, tag);
	if (tag != P9_NOTAG)
		tag_free(m, tag);
	return err;
}

void p9_clunk(struct p9_mount *m, u32 fid)
{
	struct p9_call c;

	if (fid == P9_NOFID || p9_begin(m, &c, P9_TCLUNK))
		return;
	p9_put(&c.msg, fid, 4);
	(void)p9_send(&c, NULL, 0, false);
	p9_end(&c);
}

int p9_walk(struct p9_mount *m, u32 fid, const char *name, u32 len, u32 *out)
{
	u32 new = p9_fid_new(m);
	struct p9_call c;
	int err = p9_begin(m, &c, P9_TWALK);

	if (err)
		return err;
	p9_put(&c.msg, fid, 4);
	p9_put(&c.msg, new, 4);
	p9_put(&c.msg, name != NULL, 2);
	if (name)
		p9_put_text(&c.msg, name, len);
	err = p9_send(&c, NULL, 0, false);
	if (!err && p9_take(&c.msg, 2) != (name != NULL))
		err = -ENOENT;
	p9_end(&c);
	if (!err)
		*out = new;
	return err;
}

int p9_getattr(struct p9_mount *m, u32 fid, struct p9_attr *a)
{
	s64 *times[] = { &a->atime, &a->mtime, &a->ctime };
	struct p9_call c;
	int err = p9_begin(m, &c, P9_TGETATTR);

	if (err)
		return err;
	p9_put(&c.msg, fid, 4);
	p9_put(&c.msg, 0x7ff, 8);	/* all that stat tells */
	err = p9_send(&c, NULL, 0, false);
	if (!err) {
		(void)p9_take(&c.msg, 8);
		a->qid = p9_take_qid(&c.msg);
		a->mode = (u32)p9_take(&c.msg, 4);
		a->uid = (u32)p9_take(&c.msg, 4);
		a->gid = (u32)p9_take(&c.msg, 4);
		a->nlink = p9_take(&c.msg, 8);
		a->rdev = p9_take(&c.msg, 8);
		a->size = p9_take(&c.msg, 8);
		a->blksize = p9_take(&c.msg, 8);
		a->blocks = p9_take(&c.msg, 8);
		for (u32 i = 0; i < ARRAY_SIZE(times); i++) {
			*times[i] = (s64)p9_take(&c.msg, 8) * 1000000000;
			*times[i] += (s64)p9_take(&c.msg, 8);
		}
		err = c.msg.is_bad || a->size > (u64)S64_MAX ? -EIO : 0;
	}
	p9_end(&c);
	return err;
}

int p9_open(struct p9_mount *m, u32 fid, u32 flags, u32 *out)
{
	struct p9_call c;
	u32 new;
	int err = p9_walk(m, fid, NULL, 0, &new);

	if (err)
		return err;
	err = p9_begin(m, &c, P9_TLOPEN);
	if (!err) {
		p9_put(&c.msg, new, 4);
		p9_put(&c.msg, flags, 4);
		err = p9_send(&c, NULL, 0, false);
		p9_end(&c);
	}
	if (err)
		p9_clunk(m, new);
	else
		*out = new;
	return err;
}

ssize_t p9_io(struct p9_mount *m, u32 fid, u64 pos, const struct uio_pageseg *segs, u32 n, u32 len, bool is_write)
{
	struct p9_call c;
	ssize_t done;
	int err = p9_begin(m, &c, is_write ? P9_TWRITE : P9_TREAD);

	if (err)
		return err;
	p9_put(&c.msg, fid, 4);
	p9_put(&c.msg, pos, 8);
	p9_put(&c.msg, len, 4);
	err = p9_send(&c, segs, n, !is_write);
	done = err ? err : (ssize_t)p9_take(&c.msg, 4);
	if (!err && (c.msg.is_bad || done > len))
		done = -EIO;
	p9_end(&c);
	return done;
}

/* ---- beginning ---- */

static int agree(struct p9_mount *m)
{
	struct p9_call c;
	const char *text;
	u32 len = 0;
	int err = p9_begin(m, &c, P9_TVERSION);

	if (err)
		return err;
	p9_put(&c.msg, m->msize, 4);
	p9_put_text(&c.msg, "9P2000.L", 8);
	err = p9_send(&c, NULL, 0, false);
	if (!err) {
		m->msize = min(m->msize, (u32)p9_take(&c.msg, 4));
		text = p9_take_text(&c.msg, &len);
		if (c.msg.is_bad || len != 8 || memcmp(text, "9P2000.L", 8) || m->msize < P9_BUF)
			err = -EPROTONOSUPPORT;
	}
	p9_end(&c);
	/* Whole pages, and room for the longest head. */
	m->payload = (m->msize - 24) & (u32)PAGE_MASK;
	return err;
}

int p9_connect(struct p9_mount *m, u32 uid)
{
	u32 fid = p9_fid_new(m);
	struct p9_call c;
	int err = agree(m);

	if (!err)
		err = p9_begin(m, &c, P9_TATTACH);
	if (err)
		return err;
	p9_put(&c.msg, fid, 4);
	p9_put(&c.msg, P9_NOFID, 4);
	p9_put_text(&c.msg, "nobody", 6);
	p9_put_text(&c.msg, m->aname, (u32)strlen(m->aname));
	p9_put(&c.msg, uid, 4);
	err = p9_send(&c, NULL, 0, false);
	p9_end(&c);
	m->root_fid = fid;
	return err;
}
