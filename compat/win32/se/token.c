// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tokens: one per process, that of its Linux credentials as Windows programs know them.
 * They tell who runs, to programs and to descriptors; what a program may do outside its objects is
 * decided by the Linux side alone. A thread may act as a token of its process's: nothing changes by
 * it but what it is told.
 */
#include "../ps.h"

#include <tern/kernel/cred.h>

#include "../sid.h"

#define TOKEN_ELEVATED_DEFAULT	1u

enum {
	TOK_USER = 1, TOK_GROUPS = 2, TOK_PRIVILEGES = 3, TOK_OWNER = 4, TOK_PRIMARY_GROUP = 5, TOK_DACL = 6,
	TOK_SOURCE = 7, TOK_TYPE = 8, TOK_IMPERSONATION = 9, TOK_STATISTICS = 10, TOK_SESSION = 12,
	TOK_ELEVATION_TYPE = 18, TOK_ELEVATION = 20, TOK_VIRTUALIZATION = 24, TOK_INTEGRITY = 25,
	TOK_UI_ACCESS = 26, TOK_APP_CONTAINER = 29,
};

/* Tokens differ in what they may be used for. */
struct nt_token { struct nt_object ob; u32 type, level; };

#define PRIVILEGES_MAX	64u
#define TYPE_PRIMARY	1u
#define TYPE_IMPERSONATION 2u
#define LEVEL_NONE	(~0u)
#define LEVEL_MAX	3u
#define TOKEN_RIGHT_DUPLICATE 0x2u
#define TOKEN_RIGHT_IMPERSONATE 0x4u
#define TOKEN_RIGHT_QUERY 0x8u
#define TOKEN_RIGHT_ADJUST 0x20u

static const struct nt_type token_type = {
	.ops = NT_TYPE_OPS("token", nt_never_signaled, object_ignore_wait),
	.name = "Token", .all_access = 0xf01ff, .read_access = 0x2001a, .write_access = 0x201e0,
	.exec_access = 0x20005,
};

const u8 nt_sid_user[28] = { 1, 5, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
				 0xe8, 3, 0, 0 };
const u8 nt_sid_group[28] = { 1, 5, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
				  1, 2, 0, 0 };
const u8 nt_sid_everyone[12] = { 1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0 };
const u8 nt_sid_admin[16] = { 1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x20, 2, 0, 0 };

static const u8 sid_local[12] = { 1, 1, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0 };
static const u8 sid_interactive[12] = { 1, 1, 0, 0, 0, 0, 0, 5, 4, 0, 0, 0 };
static const u8 sid_authenticated[12] = { 1, 1, 0, 0, 0, 0, 0, 5, 11, 0, 0, 0 };
static const u8 sid_users[16] = { 1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x21, 2, 0, 0 };

static const struct { const u8 *sid; u32 len; } group_sids[] = {
	{ nt_sid_group, sizeof(nt_sid_group) }, { nt_sid_everyone, sizeof(nt_sid_everyone) },
	{ sid_local, sizeof(sid_local) }, { sid_interactive, sizeof(sid_interactive) },
	{ sid_authenticated, sizeof(sid_authenticated) }, { sid_users, sizeof(sid_users) },
	{ nt_sid_admin, sizeof(nt_sid_admin) },
};
#define GROUPS_MAX ARRAY_SIZE(group_sids)

/* The last one, the administrators, is root's alone. */
static u32 ngroups(void)
{
	return cred_self()->euid ? GROUPS_MAX - 1 : GROUPS_MAX;
}

bool nt_token_has_sid(const u8 *sid, u32 len)
{
	if (len == sizeof(nt_sid_user) && !memcmp(sid, nt_sid_user, len))
		return true;
	for (u32 i = 0; i < ngroups(); i++)
		if (len == group_sids[i].len && !memcmp(sid, group_sids[i].sid, len))
			return true;
	return false;
}

static ntstatus give_token(u32 type, u32 level, u32 access, u64 __user *out)
{
	struct nt_token *t = nt_object_alloc(&token_type, sizeof(*t));

	if (!t)
		return STATUS_NO_MEMORY;
	t->type = type;
	t->level = level;
	return nt_handle_give(&t->ob, access, 0, out);
}

/* Whom a thread acts as, with a reference; NULL: its process. */
static struct nt_object *acting_as(struct nt_thread *t)
{
	u64 flags = spin_lock_irqsave(&t->ob.wq.lock);
	struct nt_object *o = t->token;

	if (o)
		nt_object_get(o);
	spin_unlock_irqrestore(&t->ob.wq.lock, flags);
	return o;
}

/* Type and level of a token; pseudo handles are the process's own, the thread's, whichever counts. */
static ntstatus token_of(u64 handle, u32 access, u32 *type, u32 *level)
{
	struct nt_object *o = NULL;

	*type = TYPE_PRIMARY;
	*level = LEVEL_NONE;
	if ((s32)handle == -5 || (s32)handle == -6)
		o = acting_as(nt_self());
	if ((s32)handle == -5 && !o)
		return STATUS_NO_TOKEN;
	if ((s32)handle == -4 || ((s32)handle == -6 && !o))
		return STATUS_SUCCESS;
	if (!o)
		NT_CHECK(nt_handle_get(handle, &token_type, access, &o));
	*type = container_of(o, struct nt_token, ob)->type;
	*level = container_of(o, struct nt_token, ob)->level;
	nt_object_put(o);
	return STATUS_SUCCESS;
}

ntstatus nt_open_process_token_ex(u64 process, u32 access, u32 attributes, u64 __user *out)
{
	struct nt_object *o;

	NT_CHECK(nt_handle_get(process, &nt_process_type, 0, &o));
	nt_object_put(o);
	return give_token(TYPE_PRIMARY, LEVEL_NONE, access, out);
}

ntstatus nt_open_process_token(u64 process, u32 access, u64 __user *out)
{
	return nt_open_process_token_ex(process, access, 0, out);
}

ntstatus nt_open_thread_token_ex(u64 thread, u32 access, u8 as_self, u32 attributes, u64 __user *out)
{
	struct nt_object *o, *token;

	NT_CHECK(nt_handle_get(thread, &nt_thread_type, 0x40, &o));
	token = acting_as(container_of(o, struct nt_thread, ob));
	nt_object_put(o);
	if (!token)
		return STATUS_NO_TOKEN;
	if (container_of(token, struct nt_token, ob)->level)
		return nt_handle_give(token, access, attributes, out);
	nt_object_put(token);
	return STATUS_CANT_OPEN_ANONYMOUS;
}

ntstatus nt_open_thread_token(u64 thread, u32 access, u8 as_self, u64 __user *out)
{
	return nt_open_thread_token_ex(thread, access, as_self, 0, out);
}

ntstatus nt_token_impersonate(struct nt_thread *t, u64 handle)
{
	struct nt_object *o = NULL, *old;
	u64 flags;

	if (handle)
		NT_CHECK(nt_handle_get(handle, &token_type, TOKEN_RIGHT_IMPERSONATE, &o));
	if (o && container_of(o, struct nt_token, ob)->type != TYPE_IMPERSONATION) {
		nt_object_put(o);
		return STATUS_BAD_TOKEN_TYPE;
	}
	flags = spin_lock_irqsave(&t->ob.wq.lock);
	old = t->token;
	t->token = o;
	spin_unlock_irqrestore(&t->ob.wq.lock, flags);
	if (old)
		nt_object_put(old);
	return STATUS_SUCCESS;
}

/* Wine's DLLs give the level in the place of Windows' "effective only", Windows' callers in the attributes. */
ntstatus nt_duplicate_token(u64 handle, u32 access, const struct nt_object_attributes __user *attr,
			    u32 wanted, u32 type, u64 __user *out)
{
	struct { u32 len, level; } quality = { 0, wanted };
	struct nt_object_attributes a = { 0 };
	u32 old_type, level;

	NT_CHECK(token_of(handle, TOKEN_RIGHT_DUPLICATE, &old_type, &level));
	if (type != TYPE_PRIMARY && type != TYPE_IMPERSONATION)
		return STATUS_INVALID_PARAMETER;
	if (attr)
		NT_CHECK(nt_copyin(&a, attr, sizeof(a)));
	if (a.quality)
		NT_CHECK(nt_copyin(&quality, (void __user *)a.quality, sizeof(quality)));
	if (type == TYPE_PRIMARY)
		return give_token(type, LEVEL_NONE, access, out);
	/* Nobody acts more freely by a copy. */
	if (quality.level > (old_type == TYPE_IMPERSONATION ? level : LEVEL_MAX))
		return STATUS_BAD_IMPERSONATION_LEVEL;
	return give_token(type, quality.level, access, out);
}

/* Shutdown and change notify; a privilege that a token lacks is not assigned. */
static bool has_privilege(u32 number)
{
	return number == 19 || number == 23;
}

/* All privileges are there and mean nothing: Linux's capabilities decide. */
ntstatus nt_adjust_privileges_token(u64 handle, u8 disable_all, const void __user *state, u32 room,
				    void __user *previous, u32 __user *used)
{
	struct { u32 luid[2], attributes; } one;
	ntstatus s = STATUS_SUCCESS;
	u32 type, level, count = 0;

	NT_CHECK(token_of(handle, TOKEN_RIGHT_ADJUST, &type, &level));
	if (!disable_all && user_get(count, (const u32 __user *)state))
		return STATUS_ACCESS_VIOLATION;
	if (count > PRIVILEGES_MAX)
		return STATUS_INVALID_PARAMETER;
	for (u32 i = 0; i < count; i++) {
		NT_CHECK(nt_copyin(&one, (const u8 __user *)state + 4 + i * sizeof(one), sizeof(one)));
		if (one.luid[1] || !has_privilege(one.luid[0]))
			s = STATUS_NOT_ALL_ASSIGNED;
	}
	/* Nothing changes, so nothing was different before. */
	if (previous && room >= 4 && user_put(0u, (u32 __user *)previous))
		return STATUS_ACCESS_VIOLATION;
	if (used && user_put(previous ? 4u : 0u, used))
		return STATUS_ACCESS_VIOLATION;
	return s;
}

ntstatus nt_privilege_check(u64 handle, void __user *set, u8 __user *result)
{
	return nt_put((u8)(cred_self()->euid == 0), result);
}

/* ---- answers ---- */

static ntstatus reply(u8 __user *buf, u32 room, u32 __user *used, const void *data, u32 n)
{
	if (used && user_put(n, used))
		return STATUS_ACCESS_VIOLATION;
	return room < n ? STATUS_BUFFER_TOO_SMALL : nt_copyout(buf, data, n);
}

/* {pointer to the SID, attributes} and the SID behind it. */
static ntstatus reply_sid(u8 __user *buf, u32 room, u32 __user *used, const u8 *sid, u32 n, bool with_attr)
{
	u8 data[16 + 28] = { 0 };
	u32 head = with_attr ? 16 : 8;

	put_le64(data, (u64)buf + head);
	memcpy(data + head, sid, n);
	return reply(buf, room, used, data, head + n);
}

static ntstatus groups(u8 __user *buf, u32 room, u32 __user *used)
{
	u8 data[8 + GROUPS_MAX * (16 + sizeof(nt_sid_group))] = { 0 };
	u32 n = ngroups(), at = 8 + n * 16;

	put_le32(data, n);
	for (u32 i = 0; i < n; i++) {
		put_le64(data + 8 + i * 16, (u64)buf + at);
		put_le32(data + 16 + i * 16, 7);	/* mandatory, by default, enabled */
		memcpy(data + at, group_sids[i].sid, group_sids[i].len);
		at += group_sids[i].len;
	}
	return reply(buf, room, used, data, at);
}

static ntstatus privileges(u8 __user *buf, u32 room, u32 __user *used)
{
	static const u8 numbers[] = { 19, 23 };	/* shutdown, change notify */
	u8 data[4 + sizeof(numbers) * 12] = { 0 };

	put_le32(data, sizeof(numbers));
	for (u32 i = 0; i < sizeof(numbers); i++) {
		put_le32(data + 4 + i * 12, numbers[i]);
		put_le32(data + 12 + i * 12, 3);
	}
	return reply(buf, room, used, data, sizeof(data));
}

static ntstatus integrity(u8 __user *buf, u32 room, u32 __user *used)
{
	u8 sid[12] = { 1, 1, 0, 0, 0, 0, 0, 16 };

	put_le32(sid + 8, cred_self()->euid ? 0x2000 : 0x3000);
	return reply_sid(buf, room, used, sid, sizeof(sid), true);
}

ntstatus nt_query_information_token(u64 handle, u32 class, u8 __user *buf, u32 room, u32 __user *used)
{
	u8 zero[56] = { 0 };
	u32 word, type, level;

	NT_CHECK(token_of(handle, TOKEN_RIGHT_QUERY, &type, &level));
	switch (class) {
	case TOK_USER:
		return reply_sid(buf, room, used, nt_sid_user, sizeof(nt_sid_user), true);
	case TOK_GROUPS:
		return groups(buf, room, used);
	case TOK_PRIVILEGES:
		return privileges(buf, room, used);
	case TOK_OWNER:
		return reply_sid(buf, room, used, nt_sid_user, sizeof(nt_sid_user), false);
	case TOK_PRIMARY_GROUP:
		return reply_sid(buf, room, used, nt_sid_group, sizeof(nt_sid_group), false);
	case TOK_DACL:
		return reply(buf, room, used, zero, 8);
	case TOK_TYPE:
		return reply(buf, room, used, &type, 4);
	case TOK_IMPERSONATION:
		return type == TYPE_PRIMARY ? STATUS_INVALID_PARAMETER : reply(buf, room, used, &level, 4);
	case TOK_SESSION:
		word = 1;
		return reply(buf, room, used, &word, 4);
	case TOK_ELEVATION_TYPE:
		word = TOKEN_ELEVATED_DEFAULT;
		return reply(buf, room, used, &word, 4);
	case TOK_ELEVATION:
		word = cred_self()->euid == 0;
		return reply(buf, room, used, &word, 4);
	case TOK_INTEGRITY:
		return integrity(buf, room, used);
	case TOK_STATISTICS:
		put_le32(zero + 24, type);
		put_le32(zero + 28, level);
		return reply(buf, room, used, zero, 56);
	case TOK_VIRTUALIZATION:
	case TOK_UI_ACCESS:
	case TOK_APP_CONTAINER:
		return reply(buf, room, used, zero, 4);
	}
	return STATUS_INVALID_INFO_CLASS;
}
