/* SPDX-License-Identifier: GPL-2.0-only */
/* Keys and keyrings. */
#include "../tap.h"

#include <sys/syscall.h>

enum { THREAD = -1, PROCESS = -2, SESSION = -3, USER = -4, USER_SESSION = -5 };
enum { GET_ID, JOIN, UPDATE, REVOKE, CHOWN, SETPERM, DESCRIBE, CLEAR, LINK, UNLINK, SEARCH, READ,
	SET_TIMEOUT = 15, INVALIDATE = 21 };

static long add(const char *type, const char *desc, const void *data, size_t len, int ring)
{
	return syscall(SYS_add_key, type, desc, data, len, ring);
}

static long request(const char *type, const char *desc, const char *info, int ring)
{
	return syscall(SYS_request_key, type, desc, info, ring);
}

#define keyctl(...) syscall(SYS_keyctl, __VA_ARGS__)

static void new_session(void)
{
	NEED(keyctl(JOIN, NULL) > 0);
}

CASE(add_and_read)
{
	char buf[32] = "";
	long k, same;

	new_session();
	k = add("user", "first", "payload", 7, SESSION);
	NEED(k > 0);
	CHECK_EQ(keyctl(READ, k, buf, 32), 7);
	CHECK(!memcmp(buf, "payload", 7));
	CHECK_EQ(keyctl(READ, k, NULL, 0), 7);
	same = add("user", "first", "other", 5, SESSION);
	CHECK_EQ(same, k);
	CHECK_EQ(keyctl(READ, k, buf, 32), 5);
	CHECK(keyctl(UPDATE, k, "third one", 9) == 0);
	CHECK_EQ(keyctl(READ, k, buf, 32), 9);
	CHECK(!memcmp(buf, "third one", 9));
	CHECK(add("user", "second", "x", 1, SESSION) != k);
}

CASE(bad_arguments)
{
	new_session();
	FAILS(add("nosuch", "d", "x", 1, SESSION), ENODEV);
	FAILS(add(".dot", "d", "x", 1, SESSION), EPERM);
	FAILS(add("", "d", "x", 1, SESSION), EINVAL);
	FAILS(add("user", "d", "", 0, SESSION), EINVAL);
	FAILS(add("user", "d", NULL, 5, SESSION), EFAULT);
	FAILS(add("user", "d", "x", 2 << 20, SESSION), EINVAL);
	FAILS(add("keyring", "d", "x", 1, SESSION), EINVAL);
	FAILS(add("keyring", ".d", NULL, 0, SESSION), EPERM);
	FAILS(add("logon", "noprefix", "x", 1, SESSION), EINVAL);
	FAILS(add("user", "d", "x", 1, 0x7ffffff), ENOKEY);
	FAILS(add("user", "d", "x", 1, -99), EINVAL);
	FAILS(keyctl(READ, 0x7ffffff, NULL, 0), ENOKEY);
	FAILS(keyctl(999), EOPNOTSUPP);
	FAILS(keyctl(SETPERM, SESSION, 0x80), EINVAL);
}

CASE(logon_keys_are_secret)
{
	long k;
	char buf[8];

	new_session();
	k = add("logon", "svc:name", "secret", 6, SESSION);
	NEED(k > 0);
	FAILS(keyctl(READ, k, buf, 8), EOPNOTSUPP);
	CHECK(keyctl(UPDATE, k, "new", 3) == 0);
	CHECK_EQ(request("logon", "svc:name", NULL, 0), k);
}

CASE(searching)
{
	long ring, k, sub;

	new_session();
	ring = add("keyring", "ring", NULL, 0, SESSION);
	sub = add("keyring", "sub", NULL, 0, ring);
	k = add("user", "deep", "x", 1, sub);
	NEED(ring > 0 && sub > 0 && k > 0);
	CHECK_EQ(request("user", "deep", NULL, 0), k);
	CHECK_EQ(keyctl(SEARCH, SESSION, "user", "deep", 0), k);
	CHECK_EQ(keyctl(SEARCH, sub, "user", "deep", 0), k);
	FAILS(keyctl(SEARCH, ring, "user", "none", 0), ENOKEY);
	FAILS(request("user", "none", NULL, 0), ENOKEY);
	FAILS(keyctl(SEARCH, k, "user", "deep", 0), ENOTDIR);
	/* Linked where it was asked for. */
	CHECK_EQ(request("user", "deep", NULL, PROCESS), k);
	CHECK_EQ(keyctl(SEARCH, PROCESS, "user", "deep", 0), k);
	CHECK(keyctl(UNLINK, k, sub) == 0);
	CHECK_EQ(request("user", "deep", NULL, 0), k);
	CHECK(keyctl(UNLINK, k, PROCESS) == 0);
	FAILS(request("user", "deep", NULL, 0), ENOKEY);
}

CASE(links)
{
	long a, b, k, list[2];
	int ids[8];

	new_session();
	a = add("keyring", "a", NULL, 0, SESSION);
	b = add("keyring", "b", NULL, 0, a);
	k = add("user", "k", "x", 1, a);
	FAILS(keyctl(LINK, a, b), EDEADLK);
	FAILS(keyctl(LINK, a, a), EDEADLK);
	CHECK(keyctl(LINK, k, b) == 0);
	CHECK(keyctl(LINK, k, b) == 0);
	CHECK_EQ(keyctl(READ, b, ids, sizeof(ids)), 4);
	CHECK_EQ(ids[0], k);
	CHECK_EQ(keyctl(READ, a, ids, sizeof(ids)), 8);
	list[0] = ids[0];
	list[1] = ids[1];
	CHECK((list[0] == b && list[1] == k) || (list[0] == k && list[1] == b));
	CHECK(keyctl(UNLINK, k, b) == 0);
	FAILS(keyctl(UNLINK, k, b), ENOENT);
	CHECK(keyctl(CLEAR, a) == 0);
	CHECK_EQ(keyctl(READ, a, ids, sizeof(ids)), 0);
	/* Gone, or at least out of reach. */
	CHECK(keyctl(CLEAR, k) == -1 && (errno == ENOKEY || errno == EACCES));
	k = add("user", "k", "x", 1, a);
	FAILS(keyctl(CLEAR, k), ENOTDIR);
	FAILS(keyctl(LINK, a, k), ENOTDIR);
}

CASE(descriptions_and_permissions)
{
	char buf[128] = "", want[128];
	long k;
	pid_t pid;

	new_session();
	k = add("user", "described", "x", 1, SESSION);
	CHECK_EQ(keyctl(DESCRIBE, k, buf, sizeof(buf)), (long)strlen(buf) + 1);
	CHECK_STR(buf, "user;0;0;3f010000;described");
	CHECK(keyctl(SETPERM, k, 0x3f3f0001) == 0);
	keyctl(DESCRIBE, k, buf, sizeof(buf));
	CHECK_STR(buf, "user;0;0;3f3f0001;described");
	CHECK(keyctl(CHOWN, k, -1, 5) == 0);
	keyctl(DESCRIBE, k, buf, sizeof(buf));
	CHECK_STR(buf, "user;0;5;3f3f0001;described");
	CHILD(pid, {
		NEED(setgid(65534) == 0 && setuid(65534) == 0);
		NEED(keyctl(JOIN, NULL) > 0);
		CHECK(keyctl(DESCRIBE, k, want, sizeof(want)) > 0);
		FAILS(keyctl(READ, k, want, 10), EACCES);
		FAILS(keyctl(UPDATE, k, "y", 1), EACCES);
		FAILS(keyctl(SETPERM, k, 0x3f3f3f3f), EACCES);
		FAILS(keyctl(LINK, k, SESSION), EACCES);
	});
	JOIN(pid);
	CHECK(keyctl(SETPERM, k, 0x01010000) == 0);
	FAILS(keyctl(READ, k, buf, 10), EACCES);
}

CASE(ends_of_keys)
{
	long k;
	char buf[8];

	new_session();
	k = add("user", "revoked", "x", 1, SESSION);
	CHECK(keyctl(REVOKE, k) == 0);
	FAILS(keyctl(READ, k, buf, 8), EKEYREVOKED);
	FAILS(request("user", "revoked", NULL, 0), EKEYREVOKED);
	k = add("user", "revoked", "new", 3, SESSION);
	CHECK_EQ(keyctl(READ, k, buf, 8), 3);
	CHECK(keyctl(SET_TIMEOUT, k, 1) == 0);
	CHECK_EQ(keyctl(READ, k, buf, 8), 3);
	msleep(1200);
	FAILS(keyctl(READ, k, buf, 8), EKEYEXPIRED);
	k = add("user", "invalid", "x", 1, SESSION);
	CHECK(keyctl(INVALIDATE, k) == 0);
	CHECK(keyctl(READ, k, buf, 8) == -1 && (errno == ENOKEY || errno == EACCES));
	FAILS(request("user", "invalid", NULL, 0), ENOKEY);
}

CASE(sessions_and_processes)
{
	long s, p, k;
	pid_t pid;

	new_session();
	s = keyctl(GET_ID, SESSION, 0);
	NEED(s > 0);
	FAILS(keyctl(GET_ID, PROCESS, 0), ENOKEY);
	FAILS(keyctl(GET_ID, THREAD, 0), ENOKEY);
	p = keyctl(GET_ID, PROCESS, 1);
	CHECK(p > 0 && p != s);
	CHECK_EQ(keyctl(GET_ID, PROCESS, 0), p);
	CHECK(keyctl(GET_ID, THREAD, 1) > 0);
	k = add("user", "shared", "x", 1, SESSION);
	CHILD(pid, {
		CHECK_EQ(keyctl(GET_ID, SESSION, 0), s);
		FAILS(keyctl(GET_ID, PROCESS, 0), ENOKEY);
		CHECK_EQ(request("user", "shared", NULL, 0), k);
		CHECK(keyctl(JOIN, NULL) != s);
		FAILS(request("user", "shared", NULL, 0), ENOKEY);
	});
	JOIN(pid);
	CHECK_EQ(keyctl(GET_ID, SESSION, 0), s);
	CHECK(keyctl(JOIN, "named") > 0);
	CHECK(keyctl(GET_ID, USER, 0) > 0);
	CHECK_EQ(keyctl(GET_ID, USER, 0), keyctl(GET_ID, USER, 1));
	CHECK_EQ(keyctl(SEARCH, USER_SESSION, "keyring", "_uid.0", 0), keyctl(GET_ID, USER, 0));
}

TAP_MAIN
