/* SPDX-License-Identifier: GPL-2.0-only */
/* Who is who in tokens and security descriptors. Owner se/token.c. */
#pragma once

#include <tern/base/types.h>

/* S-1-5-21-0-0-0-1000, domain users, everyone, administrators. */
extern const u8 nt_sid_user[28], nt_sid_group[28], nt_sid_everyone[12], nt_sid_admin[16];
/** nt_token_has_sid() - is thread_self that user or in that group. */
bool nt_token_has_sid(const u8 *sid, u32 len);
