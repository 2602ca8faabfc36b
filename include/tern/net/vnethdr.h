/* SPDX-License-Identifier: GPL-2.0-only */
/* What virtual links say of a packet's checksum and segments. Owner net/core/vnethdr.c. */
#pragma once

#include <tern/net/pktbuf.h>
#include <uapi/if_tun.h>

/** vnethdr_fill() - describe @pb, whose frame begins at data. */
void vnethdr_fill(struct vnethdr *h, const struct pktbuf *pb);
/**
 * vnethdr_apply() - what @h says of @pb, whose frame begins at data and which is only
 * trusted by its length. 0, -EINVAL, -ENOMEM. Context: bottom halves off or process.
 */
int vnethdr_apply(struct pktbuf *pb, const struct vnethdr *h);
