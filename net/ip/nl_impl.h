/* SPDX-License-Identifier: GPL-2.0-only */
/* What the netlink files of IP share. */
#pragma once

#include <tern/net/netlink.h>

#include "ip_impl.h"

/** nlattr_ip() - an address of @family, zero if @a is NULL; true: absent or right. */
bool nlattr_ip(const struct nlattr_head *a, u8 family, struct in6ip *out);
