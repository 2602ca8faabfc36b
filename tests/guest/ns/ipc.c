// SPDX-License-Identifier: GPL-2.0-only
/* IPC namespaces: System V objects and message queues of one are not seen in another. */
#include "../tap.h"

#include <mqueue.h>
#include <sched.h>
#include <sys/ipc.h>
#include <sys/mount.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

CASE(keys_are_of_a_namespace)
{
	int shm = shmget(0x1234, 4096, IPC_CREAT | 0600), in;
	int msg = msgget(0x1235, IPC_CREAT | 0600);
	int sem = semget(0x1236, 1, IPC_CREAT | 0600);
	pid_t pid;

	NEED(shm >= 0 && msg >= 0 && sem >= 0);
	CHILD(pid, {
		struct shmid_ds ds;

		NEED(unshare(CLONE_NEWIPC) == 0);
		FAILS(shmget(0x1234, 4096, 0), ENOENT);
		FAILS(msgget(0x1235, 0), ENOENT);
		FAILS(semget(0x1236, 1, 0), ENOENT);
		FAILS(shmctl(shm, IPC_STAT, &ds), EINVAL);
		in = shmget(0x1234, 8192, IPC_CREAT | IPC_EXCL | 0600);
		NEED(in >= 0);
		NEED(shmctl(in, IPC_STAT, &ds) == 0);
		CHECK_EQ(ds.shm_segsz, 8192);
	});
	JOIN(pid);
	struct shmid_ds ds;
	NEED(shmctl(shm, IPC_STAT, &ds) == 0);
	CHECK_EQ(ds.shm_segsz, 4096);
	CHECK(shmctl(shm, IPC_RMID, NULL) == 0);
	CHECK(msgctl(msg, IPC_RMID, NULL) == 0);
	CHECK(semctl(sem, 0, IPC_RMID) == 0);
}

CASE(attached_memory_stays_through_unshare)
{
	int shm = shmget(IPC_PRIVATE, 4096, 0600);
	char *p;

	NEED(shm >= 0);
	p = shmat(shm, NULL, 0);
	NEED(p != (void *)-1);
	strcpy(p, "kept");
	CHECK(shmctl(shm, IPC_RMID, NULL) == 0);
	NEED(unshare(CLONE_NEWIPC) == 0);
	CHECK_STR(p, "kept");
	FAILS((long)shmat(shm, NULL, 0), EINVAL);
	CHECK(shmdt(p) == 0);
}

CASE(attached_memory_outlives_its_namespace)
{
	int fd = open("/proc/self/ns/ipc", O_RDONLY);
	char *p;
	int shm;

	NEED(fd >= 0 && unshare(CLONE_NEWIPC) == 0);
	shm = shmget(0x77, 4096, IPC_CREAT | 0600);
	NEED(shm >= 0);
	p = shmat(shm, NULL, 0);
	NEED(p != (void *)-1);
	strcpy(p, "still");
	NEED(setns(fd, CLONE_NEWIPC) == 0);
	FAILS(shmget(0x77, 4096, 0), ENOENT);
	CHECK_STR(p, "still");
	CHECK(shmdt(p) == 0);
}

CASE(setns_finds_objects_again)
{
	int fd, home = open("/proc/self/ns/ipc", O_RDONLY), msg;
	struct { long type; char text[8]; } m = { 3, "hello" };

	NEED(unshare(CLONE_NEWIPC) == 0);
	fd = open("/proc/self/ns/ipc", O_RDONLY);
	msg = msgget(0x99, IPC_CREAT | 0600);
	NEED(fd >= 0 && msg >= 0);
	NEED(msgsnd(msg, &m, sizeof(m.text), 0) == 0);
	NEED(setns(home, CLONE_NEWIPC) == 0);
	FAILS(msgget(0x99, 0), ENOENT);
	NEED(setns(fd, CLONE_NEWIPC) == 0);
	memset(m.text, 0, sizeof(m.text));
	CHECK(msgrcv(msgget(0x99, 0), &m, sizeof(m.text), 0, IPC_NOWAIT) == sizeof(m.text));
	CHECK_STR(m.text, "hello");
}

CASE(queues_are_of_a_namespace)
{
	mqd_t q = mq_open("/nsq", O_CREAT | O_RDWR, 0600, NULL);
	struct stat st;
	pid_t pid;

	if (q == (mqd_t)-1)
		SKIP("no message queues");
	CHILD(pid, {
		NEED(unshare(CLONE_NEWIPC | CLONE_NEWNS) == 0);
		NEED(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
		FAILS(mq_open("/nsq", O_RDWR), ENOENT);
		NEED(mq_open("/other", O_CREAT | O_RDWR, 0600, NULL) != (mqd_t)-1);
		NEED(mkdir("mq", 0755) == 0);
		NEED(mount("none", "mq", "mqueue", 0, NULL) == 0);
		CHECK(stat("mq/other", &st) == 0);
		FAILS(stat("mq/nsq", &st), ENOENT);
		CHECK(mq_send(q, "x", 1, 0) == 0);	/* descriptors go on */
	});
	JOIN(pid);
	FAILS(mq_open("/other", O_RDWR), ENOENT);
	char buf[8192];
	CHECK(mq_receive(q, buf, sizeof(buf), NULL) == 1);
	CHECK(mq_unlink("/nsq") == 0);
}

TAP_MAIN
