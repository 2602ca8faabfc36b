// SPDX-License-Identifier: GPL-2.0-only
/*
 * Limits of users and groups: what they may still have, what quotactl(2) shows and sets.
 *
 * Space counts from the moment a page is promised it (page.c), so that write(2) has the EDQUOT; what
 * fallocate and direct writes are about to take is only compared. A soft limit may be exceeded for the
 * grace of the quota file.
 */
#include "quota_impl.h"

#include <uapi/quota.h>

#define GRACE_DEFAULT	(7 * 24 * 3600u)

struct ext4_dquot *ext4_dquot_find(struct ext4_quota *q, u32 id)
{
	struct ext4_dquot *d = load_acquire(&q->buckets[id % EXT4_QUOTA_BUCKETS]);

	while (d && d->id != id)
		d = d->next;
	return d;
}

static u64 now_s(void) { return (u64)(ext4_now() / 1000000000); }

static void mark(u64 *since, bool is_over, u32 grace)
{
	if (!is_over)
		*since = 0;
	else if (!*since)
		*since = now_s() + (grace ? grace : GRACE_DEFAULT);
}

void ext4_dquot_times(const struct ext4_quota *q, struct qentry *e)
{
	u64 btime = e->btime, itime = e->itime;

	mark(&btime, e->bsoftlimit && e->space > e->bsoftlimit << 10, q->grace[0]);
	mark(&itime, e->isoftlimit && e->inodes > e->isoftlimit, q->grace[1]);
	e->btime = btime;
	e->itime = itime;
}

/* ---- may they? ---- */

static bool exceeds(u64 want, u64 hard, u64 soft, u64 until)
{
	return (hard && want > hard) || (soft && want > soft && until && now_s() >= until);
}

/* counts held. */
static bool is_too_much(const struct ext4_dquot *d, u64 bytes, u64 inodes)
{
	const struct qentry *e = ext4_dquot_entry(d);

	return (bytes && exceeds(e->space + d->promised + bytes, e->bhardlimit << 10, e->bsoftlimit << 10, e->btime)) ||
	       (inodes && exceeds(e->inodes + inodes, e->ihardlimit, e->isoftlimit, e->itime));
}

static struct ext4_dquot *dquot_of(struct ext4_vol *v, u32 type, u32 id)
{
	return v->quotas[type] ? ext4_dquot_find(v->quotas[type], id) : NULL;
}

int ext4_quota_may(struct ext4_vol *v, const u32 *ids, u64 bytes, u64 inodes)
{
	int err = 0;

	for (u32 t = 0; t < EXT4_QUOTAS && !err; t++) {
		struct ext4_dquot *d = v->enforced >> t & 1 ? dquot_of(v, t, ids[t]) : NULL;

		if (!d)
			continue;
		spin_lock(&v->quotas[t]->counts);
		err = is_too_much(d, bytes, inodes) ? -EDQUOT : 0;
		spin_unlock(&v->quotas[t]->counts);
	}
	return err;
}

/* node->lock held. */
static void promise(struct ext4_vol *v, const u32 *ids, s64 bytes)
{
	for (u32 t = 0; t < EXT4_QUOTAS; t++) {
		struct ext4_dquot *d = dquot_of(v, t, ids[t]);

		if (!d)
			continue;
		spin_lock(&v->quotas[t]->counts);
		d->promised = ext4_quota_plus(d->promised, bytes);
		spin_unlock(&v->quotas[t]->counts);
	}
}

int ext4_quota_promise(struct ext4_node *n, u64 blocks, bool sure)
{
	struct ext4_vol *v = n->vol;
	u64 bytes = blocks << v->geo.block_bits;
	int err;

	if (!v->quotas[0] && !v->quotas[1])
		return 0;
	spin_lock(&n->lock);
	err = sure ? 0 : ext4_quota_may(v, n->counted.ids, bytes, 0);
	if (!err) {
		n->promised += bytes;
		promise(v, n->counted.ids, (s64)bytes);
	}
	spin_unlock(&n->lock);
	return err;
}

void ext4_quota_release(struct ext4_node *n, u64 blocks)
{
	struct ext4_vol *v = n->vol;
	u64 bytes = blocks << v->geo.block_bits;

	if (!bytes || (!v->quotas[0] && !v->quotas[1]))
		return;
	spin_lock(&n->lock);
	bytes = min(bytes, n->promised);
	n->promised -= bytes;
	promise(v, n->counted.ids, -(s64)bytes);
	spin_unlock(&n->lock);
}

void ext4_quota_move(struct ext4_node *n, const struct ext4_use *old, const struct ext4_use *now)
{
	if (!n->promised || (old->ids[0] == now->ids[0] && old->ids[1] == now->ids[1]))
		return;
	promise(n->vol, old->ids, -(s64)n->promised);
	promise(n->vol, now->ids, (s64)n->promised);
}

/* ---- quotactl(2) ---- */

static void show(const struct ext4_quota *q, const struct ext4_dquot *d, struct quota_data *out)
{
	const struct qentry *e = ext4_dquot_entry(d);

	*out = (struct quota_data){ d->id, QIF_ALL, e->bhardlimit, e->bsoftlimit, e->space + d->promised, e->ihardlimit,
				    e->isoftlimit, e->inodes, e->btime, e->itime };
}

int ext4_quota_get(struct ext4_vol *v, u32 type, bool next, struct quota_data *d)
{
	struct ext4_quota *q = v->quotas[type];
	struct ext4_dquot *found = q ? ext4_dquot_find(q, d->id) : NULL;

	if (!q)
		return -ESRCH;
	for (u32 i = 0; next && (!found || found->id != d->id) && i < EXT4_QUOTA_BUCKETS; i++)
		for (struct ext4_dquot *at = load_acquire(&q->buckets[i]); at; at = at->next)
			if (at->id >= d->id && (!found || at->id < found->id))
				found = at;
	if (!found && next)
		return -ENOENT;
	if (!found) {
		*d = (struct quota_data){ .id = d->id };
		return 0;
	}
	spin_lock(&q->counts);
	show(q, found, d);
	spin_unlock(&q->counts);
	return 0;
}

static void change(const struct ext4_quota *q, struct qentry *e, const struct quota_data *d)
{
	if (d->set & QIF_BLIMITS) {
		e->bhardlimit = d->bhard;
		e->bsoftlimit = d->bsoft;
	}
	if (d->set & QIF_ILIMITS) {
		e->ihardlimit = d->ihard;
		e->isoftlimit = d->isoft;
	}
	if (d->set & QIF_BTIME)
		e->btime = d->btime;
	if (d->set & QIF_ITIME)
		e->itime = d->itime;
	ext4_dquot_times(q, e);
}

int ext4_quota_set(struct ext4_vol *v, u32 type, const struct quota_data *d)
{
	struct ext4_quota *q = v->quotas[type];
	struct ext4_dquot *dq;
	struct ext4_tx tx;
	int err;

	if (!q)
		return -ESRCH;
	/* Use is what there is, not what somebody says. */
	if (d->set & (QIF_SPACE | QIF_INODES))
		return -EINVAL;
	if ((d->set & QIF_BLIMITS) && (d->bhard > (u64)S64_MAX >> 10 || d->bsoft > (u64)S64_MAX >> 10))
		return -ERANGE;
	err = ext4_quota_know(v, type, d->id);
	if (!err)
		err = ext4_tx_begin(v, 4, &tx);
	if (err)
		return err;
	dq = ext4_dquot_find(q, d->id);
	err = dq ? ext4_tx_write(&tx, dq->b, EXT4_BUF_PLAIN, 0) : -ESRCH;
	if (!err) {
		spin_lock(&q->counts);
		change(q, ext4_dquot_entry(dq), d);
		spin_unlock(&q->counts);
	}
	ext4_tx_end(&tx);
	return err;
}

int ext4_quota_times(struct ext4_vol *v, u32 type, struct quota_times *t)
{
	const struct ext4_quota *q = v->quotas[type];

	if (!q)
		return -ESRCH;
	*t = (struct quota_times){ q->grace[0] ? q->grace[0] : GRACE_DEFAULT, q->grace[1] ? q->grace[1] : GRACE_DEFAULT,
				   IIF_BGRACE | IIF_IGRACE };
	return 0;
}
