/* SPDX-License-Identifier: GPL-2.0-only */
/* Control groups in tests: the hierarchy mounted once, a group of its own for each case, its files. */
#pragma once

#include "tap.h"

#include <sys/mount.h>

#define ROOT	"/tmp/cg2"

static char top[64];		/* this case's own group */

/* Write @text to a group's file: 0, or -1 with errno. */
static inline int put(const char *dir, const char *file, const char *text)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	return put_file(path, text);
}

/* A group's file as text; good until the next read_file(). */
static inline const char *get(const char *dir, const char *file)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	return read_file(path);
}

/* The value of a line `key value`; -1: there is none. */
static inline long field(const char *dir, const char *file, const char *key)
{
	const char *text = get(dir, file), *p;

	for (p = text; (p = strstr(p, key)); p++)
		if ((p == text || p[-1] == '\n') && p[strlen(key)] == ' ')
			return strtol(p + strlen(key), NULL, 10);
	return -1;
}

/* The path of a group below this case's; four are good at a time. */
static inline char *sub(const char *name)
{
	static char paths[4][128];
	static int n;
	char *p = paths[n++ % 4];

	snprintf(p, 128, "%s/%s", top, name);
	return p;
}

/* Mount the hierarchy, give its groups @controllers ("+cpu +io") and make this case's: 0, or -1 if one is missing. */
static inline int group_begin(const char *controllers, char kind)
{
	mkdir(ROOT, 0755);
	if (access(ROOT "/cgroup.procs", F_OK))
		NEED(mount("none", ROOT, "cgroup2", 0, NULL) == 0);
	if (put(ROOT, "cgroup.subtree_control", controllers))
		return -1;
	snprintf(top, sizeof(top), ROOT "/%c%d", kind, getpid());
	NEED(mkdir(top, 0755) == 0);
	return 0;
}

static inline void enter(const char *dir)
{
	NEED(put(dir, "cgroup.procs", "0") == 0);
}

/* Its last task may still be on the way out. */
static inline void group_end(void)
{
	for (int i = 0; i < 200 && rmdir(top); i++)
		msleep(10);
}
