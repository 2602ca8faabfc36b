// SPDX-License-Identifier: GPL-2.0-only
/*
 * Socket filters: a checked cbpf program that is run on each packet before it is
 * queued. The program is replaced as a whole; readers are RCU.
 */
#include <tern/net/sockfilter.h>

#include <asm/cpu.h>
#include <asm/uaccess.h>
#include <tern/base/err.h>
#include <tern/lib/cbpf.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>
#include <tern/net/netif.h>
#include <uapi/if_packet.h>

struct sockfilter { struct rcu_job rcu; bool is_locked; u32 n; struct cbpf_insn insns[]; };

struct packet_data { struct cbpf_data d; const struct pktbuf *pb; s32 off; };

/* What is not in the packet but about it. */
static bool load_about(const struct pktbuf *pb, u32 what, u32 *out)
{
	switch (what) {
	case SKF_AD_PROTOCOL:
		*out = FROM_BE16(pb->protocol);
		return true;
	case SKF_AD_PKTTYPE:
		*out = pb->type;
		return true;
	case SKF_AD_IFINDEX:
		*out = pb->nif ? pb->nif->index : 0;
		return true;
	case SKF_AD_HATYPE:
		*out = pb->nif ? pb->nif->type : 0;
		return pb->nif;
	case SKF_AD_CPU:
		*out = cpu_self();
		return true;
	case SKF_AD_VLAN_TAG:
	case SKF_AD_VLAN_TAG_PRESENT:
		*out = 0;	/* tags stay in the packet */
		return true;
	case SKF_AD_PAY_OFFSET:
		*out = pb->tp > pb->net ? pb->tp - pktbuf_headroom(pb) : 0;
		return true;
	}
	return false;
}

/* Bytes from @at (from pb->data, perhaps before it). */
static bool load_bytes(const struct pktbuf *pb, s64 at, u32 size, u32 *out)
{
	u8 b[4];

	if (at < -(s64)pktbuf_headroom(pb) || at + size > pb->len)
		return false;
	if (at + size <= (s64)pb->linear)
		memcpy(b, pb->data + at, size);
	else if (at >= 0)
		pktbuf_read(pb, (u32)at, b, size);
	else
		return false;
	*out = size == 1 ? b[0] : size == 2 ? (u32)(b[0] << 8 | b[1]) :
	       (u32)b[0] << 24 | (u32)b[1] << 16 | (u32)b[2] << 8 | b[3];
	return true;
}

static bool load(struct cbpf_data *d, u32 off, u32 size, u32 *out)
{
	struct packet_data *p = container_of(d, struct packet_data, d);
	s64 data = (s64)pktbuf_headroom(p->pb);

	if (off >= SKF_AD_OFF)
		return load_about(p->pb, off - SKF_AD_OFF, out);
	if (off >= SKF_NET_OFF)
		return load_bytes(p->pb, (s64)(off - SKF_NET_OFF) + p->pb->net - data, size, out);
	if (off >= SKF_LL_OFF)
		return load_bytes(p->pb, (s64)(off - SKF_LL_OFF) + p->pb->mac - data, size, out);
	return load_bytes(p->pb, (s64)off + p->off, size, out);
}

u32 sockfilter_run_slow(const struct netsock *s, const struct pktbuf *pb, s32 off)
{
	const struct sockfilter *f = rcu_load(s->filter);
	struct packet_data p = { .d = { .load = load, .len = (u32)((s32)pb->len - off) }, .pb = pb, .off = off };

	return f ? cbpf_run(f->insns, &p.d) : U32_MAX;
}

struct byte_data { struct cbpf_data d; const u8 *bytes; };

static bool load_byte_data(struct cbpf_data *d, u32 off, u32 size, u32 *out)
{
	const u8 *b = container_of(d, struct byte_data, d)->bytes;

	if (off == SKF_AD_OFF + SKF_AD_CPU) {
		*out = cpu_self();
		return true;
	}
	if (off > d->len || size > d->len - off)
		return false;
	*out = 0;
	for (u32 i = 0; i < size; i++)
		*out = *out << 8 | b[off + i];
	return true;
}

u32 sockfilter_run_bytes(const struct netsock *s, const void *data, u32 n)
{
	struct byte_data b = { .d = { .load = load_byte_data, .len = n }, .bytes = data };
	const struct sockfilter *f;
	u32 took;

	rcu_read_lock();
	f = rcu_load(s->filter);
	took = f ? cbpf_run(f->insns, &b.d) : U32_MAX;
	rcu_read_unlock();
	return took;
}

static struct sockfilter *read_program(const void *val, u32 len)
{
	struct sock_fprog prog;
	struct sockfilter *f;
	u16 *scratch;
	int err = -ENOMEM;

	if (len < sizeof(prog))
		return ERR_PTR(-EINVAL);
	memcpy(&prog, val, sizeof(prog));
	if (!prog.len || prog.len > CBPF_MAX_INSNS || !prog.filter)
		return ERR_PTR(-EINVAL);
	f = kmem_alloc(sizeof(*f) + prog.len * sizeof(f->insns[0]), ALLOC_KERNEL);
	scratch = kmem_calloc(prog.len, sizeof(*scratch), ALLOC_KERNEL);
	if (!f || !scratch)
		goto out;
	f->n = prog.len;
	f->is_locked = false;
	err = user_copyin(f->insns, (const void __user *)prog.filter, prog.len * sizeof(f->insns[0]));
	if (!err)
		err = cbpf_check(f->insns, f->n, scratch);
out:
	kmem_free(scratch);
	if (!err)
		return f;
	kmem_free(f);
	return ERR_PTR(err);
}

int sockfilter_set(struct netsock *s, int name, const void *val, u32 len)
{
	struct sockfilter *f = NULL, *old;

	if (!s->takes_filter)
		return -EOPNOTSUPP;
	old = rcu_load(s->filter);
	if (name == SO_LOCK_FILTER) {
		if (old && *(const s32 *)val)
			old->is_locked = true;
		return old ? 0 : -ENOENT;
	}
	if (old && old->is_locked)
		return -EPERM;
	if (name == SO_ATTACH_FILTER) {
		f = read_program(val, len);
		if (IS_ERR(f))
			return (int)PTR_ERR(f);
	} else if (!old) {
		return -ENOENT;
	}
	old = xchg(&s->filter, f);
	if (old)
		rcu_defer_free(&old->rcu, old);
	return 0;
}

void sockfilter_drop(struct netsock *s)
{
	struct sockfilter *old = xchg(&s->filter, NULL);

	if (old)
		rcu_defer_free(&old->rcu, old);
}
