// SPDX-License-Identifier: GPL-2.0-only
/* Checksums and segments of packets on virtual links (virtio-net, tap). */
#include <tern/net/vnethdr.h>

#include <tern/base/err.h>

#define TCP_HEAD_MIN	20u

void vnethdr_fill(struct vnethdr *h, const struct pktbuf *pb)
{
	*h = (struct vnethdr){ .gso_type = VNETHDR_GSO_NONE };
	if (pb->sum_state == PKTSUM_PARTIAL) {
		h->flags = VNETHDR_NEEDS_CSUM;
		h->csum_start = (u16)(pb->buf + pb->sum_start - pb->data);
		h->csum_offset = pb->sum_off;
	} else if (pb->sum_state == PKTSUM_GOOD) {
		h->flags = VNETHDR_DATA_VALID;
	}
	if (pb->gso_size) {
		const u8 *tcp = pb->buf + pb->tp;

		h->gso_type = pb->gso_type == PKTGSO_TCP4 ? VNETHDR_GSO_TCP4 : VNETHDR_GSO_TCP6;
		h->gso_size = pb->gso_size;
		h->hdr_len = (u16)(tcp - pb->data + (tcp[12] >> 4) * 4);
	}
}

/* TCP in pieces of gso_size: its header begins where the checksum does. */
static int apply_gso(struct pktbuf *pb, const struct vnethdr *h)
{
	u8 type = h->gso_type & (u8)~VNETHDR_GSO_ECN;
	u32 tcp_len;

	if ((type != VNETHDR_GSO_TCP4 && type != VNETHDR_GSO_TCP6) || !h->gso_size ||
	    !(h->flags & VNETHDR_NEEDS_CSUM))
		return -EINVAL;
	if (!pktbuf_make_linear(pb, h->csum_start + TCP_HEAD_MIN))
		return -EINVAL;
	tcp_len = (pb->data[h->csum_start + 12u] >> 4) * 4u;
	if (tcp_len < TCP_HEAD_MIN || !pktbuf_make_linear(pb, h->csum_start + tcp_len))
		return -EINVAL;
	pb->tp = (u16)(pktbuf_headroom(pb) + h->csum_start);
	pb->gso_size = h->gso_size;
	pb->gso_segs = (u16)((pb->len - h->csum_start - tcp_len + h->gso_size - 1) / h->gso_size);
	pb->gso_type = type == VNETHDR_GSO_TCP4 ? PKTGSO_TCP4 : PKTGSO_TCP6;
	return 0;
}

int vnethdr_apply(struct pktbuf *pb, const struct vnethdr *h)
{
	if (h->flags & VNETHDR_NEEDS_CSUM) {
		if ((u32)h->csum_start + h->csum_offset + 2u > pb->len ||
		    !pktbuf_make_linear(pb, (u32)h->csum_start + h->csum_offset + 2u))
			return -EINVAL;
		pb->sum_state = PKTSUM_PARTIAL;
		pb->sum_start = (u16)(pktbuf_headroom(pb) + h->csum_start);
		pb->sum_off = h->csum_offset;
	} else if (h->flags & VNETHDR_DATA_VALID) {
		pb->sum_state = PKTSUM_GOOD;
	}
	return h->gso_type == VNETHDR_GSO_NONE ? 0 : apply_gso(pb, h);
}
