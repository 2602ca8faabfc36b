// SPDX-License-Identifier: GPL-2.0-only
/* /proc/sysvipc and the limits of System V IPC in /proc/sys/kernel. */
#include "procfs_impl.h"

#include <tern/kernel/sysvipc.h>

static struct procfile shm_file = { .path = "sysvipc/shm", .print = sysvshm_print };
PROCFILE(shm_file);
static struct procfile sem_file = { .path = "sysvipc/sem", .print = sysvsem_print };
PROCFILE(sem_file);
static struct procfile msg_file = { .path = "sysvipc/msg", .print = sysvmsg_print };
PROCFILE(msg_file);

#define LIMIT(name, most, bytes)							\
	static struct procint name##_int = { .path = "sys/kernel/" #name,		\
		.value = (u64 *)&sysv_limits.name, .max = (most), .width = (bytes) };	\
	PROCINT(name##_int)
LIMIT(shmmax, U64_MAX, 8);
LIMIT(shmall, U64_MAX, 8);
LIMIT(shmmni, IPC_OBJECTS_MAX, 4);
LIMIT(msgmax, S32_MAX, 4);
LIMIT(msgmnb, S32_MAX, 4);
LIMIT(msgmni, IPC_OBJECTS_MAX, 4);

static void print_sem(struct seqbuf *sb, void *arg)
{
	const struct sysvlimits *l = &sysv_limits;

	seqbuf_printf(sb, "%u\t%u\t%u\t%u\n", READ_ONCE(l->semmsl), READ_ONCE(l->semmns),
		      READ_ONCE(l->semopm), READ_ONCE(l->semmni));
}

/* As many of the four numbers as are given; the last may not exceed the table. */
static ssize_t sem_write(const char *text, size_t n, void *arg)
{
	u32 *const slots[] = { &sysv_limits.semmsl, &sysv_limits.semmns, &sysv_limits.semopm,
			       &sysv_limits.semmni };
	u64 v[4];
	u32 count = 0;

	for (; count < 4; count++) {
		while (char_is_space(*text))
			text++;
		if (!*text)
			break;
		if (parse_u64(text, 10, &v[count], &text) || v[count] > S32_MAX)
			return -EINVAL;
	}
	if (!count || (count == 4 && v[3] > IPC_OBJECTS_MAX))
		return -EINVAL;
	for (u32 i = 0; i < count; i++)
		WRITE_ONCE(*slots[i], (u32)v[i]);
	return n;
}
static struct procfile semlimits_file = { .path = "sys/kernel/sem", .mode = 0644, .print = print_sem,
	.write = sem_write };
PROCFILE(semlimits_file);
