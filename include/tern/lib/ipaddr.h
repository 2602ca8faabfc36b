/* SPDX-License-Identifier: GPL-2.0-only */
/* Addresses of the internet as text. */
#pragma once

#include <tern/base/types.h>

/** ip4_from_text() - four numbers and nothing else; false: it is none. */
bool ip4_from_text(const char *s, u8 out[4]);
/** ip6_from_text() - groups, at most one "::", an IPv4 address as the last two; no zone. */
bool ip6_from_text(const char *s, u8 out[16]);
