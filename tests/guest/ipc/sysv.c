/* SPDX-License-Identifier: GPL-2.0-only */
/* System V IPC: shared memory, semaphores, message queues. */
#include "../tap.h"

#include <pthread.h>
#include <sched.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/syscall.h>

union semun { int val; struct semid_ds *buf; unsigned short *array; struct seminfo *info; };

#define KEY 0x5e1f0000

static void become_nobody(void)
{
	NEED(setgid(65534) == 0);
	NEED(setuid(65534) == 0);
}

static unsigned long read_number(const char *path)
{
	return strtoul(read_file(path), NULL, 10);
}

/* Until the child waits in a call. */
static void wait_asleep(pid_t pid)
{
	char name[32];
	const char *end;

	snprintf(name, sizeof(name), "/proc/%d/stat", pid);
	do {
		msleep(10);
		end = strrchr(read_file(name), ')');
	} while (!end || (end[2] != 'S' && end[2] != 'Z'));
}

/* ---- numbers and keys, common to the three ---- */

CASE(get_by_key)
{
	int id = shmget(KEY, 4096, IPC_CREAT | IPC_EXCL | 0600);

	NEED(id >= 0);
	CHECK_EQ(shmget(KEY, 4096, 0), id);
	CHECK_EQ(shmget(KEY, 0, 0), id);
	CHECK_EQ(shmget(KEY, 100, IPC_CREAT | 0600), id);
	FAILS(shmget(KEY, 4096, IPC_CREAT | IPC_EXCL | 0600), EEXIST);
	FAILS(shmget(KEY, 4097, 0), EINVAL);
	FAILS(shmget(KEY + 1, 4096, 0), ENOENT);
	FAILS(shmget(KEY + 1, 0, IPC_CREAT | 0600), EINVAL);
	CHECK(shmctl(id, IPC_RMID, NULL) == 0);
	FAILS(shmget(KEY, 4096, 0), ENOENT);
	FAILS(shmctl(id, IPC_RMID, NULL), EINVAL);
	FAILS(shmat(id, NULL, 0) == (void *)-1 ? -1 : 0, EINVAL);
}

CASE(numbers_are_not_reused_at_once)
{
	int a = msgget(IPC_PRIVATE, 0600), b;

	NEED(a >= 0);
	CHECK(msgctl(a, IPC_RMID, NULL) == 0);
	b = msgget(IPC_PRIVATE, 0600);
	CHECK(b >= 0 && b != a);
	FAILS(msgctl(a, IPC_RMID, NULL), EINVAL);
	CHECK(msgctl(b, IPC_RMID, NULL) == 0);
	FAILS(msgctl(-1, IPC_RMID, NULL), EINVAL);
	FAILS(semctl(-1, 0, IPC_RMID), EINVAL);
	FAILS(shmctl(-1, IPC_RMID, NULL), EINVAL);
}

CASE(rights_of_others)
{
	int shm = shmget(KEY, 4096, IPC_CREAT | 0640), sem = semget(KEY, 1, IPC_CREAT | 0604);
	int msg = msgget(KEY, IPC_CREAT | 0602);
	pid_t pid;

	NEED(shm >= 0 && sem >= 0 && msg >= 0);
	CHILD(pid, {
		struct { long type; char text[8]; } m = { 1, "x" };
		struct sembuf zero = { 0, 0, 0 }, up = { 0, 1, 0 };
		struct msqid_ds q;

		become_nobody();
		FAILS(shmat(shm, NULL, SHM_RDONLY) == (void *)-1 ? -1 : 0, EACCES);
		FAILS(shmget(KEY, 0, 0444), EACCES);
		CHECK_EQ(shmget(KEY, 0, 0), shm);
		FAILS(shmctl(shm, IPC_RMID, NULL), EPERM);
		CHECK(semop(sem, &zero, 1) == 0);
		FAILS(semop(sem, &up, 1), EACCES);
		FAILS(semctl(sem, 0, IPC_RMID), EPERM);
		CHECK_EQ(semctl(sem, 0, GETVAL), 0);
		FAILS(semctl(sem, 0, SETVAL, (union semun){ .val = 1 }), EACCES);
		CHECK(msgsnd(msg, &m, 1, 0) == 0);
		FAILS(msgrcv(msg, &m, 1, 0, 0), EACCES);
		FAILS(msgctl(msg, IPC_STAT, &q), EACCES);
		FAILS(msgctl(msg, IPC_RMID, NULL), EPERM);
	});
	JOIN(pid);
	shmctl(shm, IPC_RMID, NULL);
	semctl(sem, 0, IPC_RMID);
	msgctl(msg, IPC_RMID, NULL);
}

/* ---- shared memory ---- */

CASE(shm_is_shared)
{
	int id = shmget(IPC_PRIVATE, 3 * 4096, 0600);
	int *p = shmat(id, NULL, 0), *q = shmat(id, NULL, 0);
	pid_t pid;

	NEED(p != (void *)-1 && q != (void *)-1 && p != q);
	CHECK_EQ(p[0], 0);
	p[0] = 5;
	q[2048] = 6;
	CHECK_EQ(q[0], 5);
	CHILD(pid, CHECK_EQ(p[0], 5); CHECK_EQ(p[2048], 6); p[1] = 7);
	JOIN(pid);
	CHECK_EQ(q[1], 7);
	CHECK(shmdt(p) == 0);
	CHECK_EQ(q[1], 7);
	FAILS(shmdt(p), EINVAL);
	FAILS(shmdt((char *)q + 4096), EINVAL);
	FAILS(shmdt((char *)q + 1), EINVAL);
	CHECK(shmctl(id, IPC_RMID, NULL) == 0);
	CHECK_EQ(q[0], 5);
	CHECK(shmdt(q) == 0);
	FAILS(shmctl(id, IPC_RMID, NULL), EINVAL);
}

CASE(shm_counts_attachments)
{
	int id = shmget(IPC_PRIVATE, 5000, 0640);
	struct shmid_ds d;
	time_t now = time(NULL);
	char *p, *q;
	pid_t pid;

	NEED(id >= 0);
	CHECK(shmctl(id, IPC_STAT, &d) == 0);
	CHECK_EQ(d.shm_nattch, 0);
	CHECK_EQ(d.shm_segsz, 5000);
	CHECK_EQ(d.shm_cpid, getpid());
	CHECK_EQ(d.shm_lpid, 0);
	CHECK_EQ(d.shm_atime, 0);
	CHECK(d.shm_ctime >= now && d.shm_ctime <= now + 5);
	CHECK_EQ(d.shm_perm.mode, 0640);
	CHECK_EQ(d.shm_perm.uid, 0);
	p = shmat(id, NULL, 0);
	q = shmat(id, NULL, SHM_RDONLY);
	CHILD(pid, shmctl(id, IPC_STAT, &d); CHECK_EQ(d.shm_nattch, 4); shmdt(p);
	      shmctl(id, IPC_STAT, &d); CHECK_EQ(d.shm_nattch, 3); CHECK_EQ(d.shm_lpid, getpid()));
	JOIN(pid);
	CHECK(shmctl(id, IPC_STAT, &d) == 0);
	CHECK_EQ(d.shm_nattch, 2);
	CHECK_EQ(d.shm_lpid, pid);
	CHECK(d.shm_atime >= now);
	CHECK(d.shm_dtime >= now);
	/* A split region counts twice. */
	CHECK(mprotect(p, 4096, PROT_READ) == 0);
	shmctl(id, IPC_STAT, &d);
	CHECK_EQ(d.shm_nattch, 3);
	CHECK(shmdt(p) == 0);
	shmctl(id, IPC_STAT, &d);
	CHECK_EQ(d.shm_nattch, 1);
	CHECK(shmctl(id, IPC_RMID, NULL) == 0);
	CHECK(shmctl(id, IPC_STAT, &d) == 0);
	CHECK_EQ(d.shm_perm.mode, 0640 | SHM_DEST);
	CHECK_EQ(d.shm_perm.__key, IPC_PRIVATE);
	CHECK(munmap(q, 8192) == 0);
	FAILS(shmctl(id, IPC_STAT, &d), EINVAL);
}

CASE(shm_addresses)
{
	int id = shmget(IPC_PRIVATE, 8192, 0600);
	char *hole = mmap(NULL, 65536, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), *p;

	NEED(id >= 0 && hole != MAP_FAILED);
	CHECK(munmap(hole, 65536) == 0);
	CHECK(shmat(id, hole, 0) == hole);
	FAILS(shmat(id, hole, 0) == (void *)-1 ? -1 : 0, EINVAL);
	FAILS(shmat(id, hole + 4096, 0) == (void *)-1 ? -1 : 0, EINVAL);
	FAILS(shmat(id, hole + 16384 + 5, 0) == (void *)-1 ? -1 : 0, EINVAL);
	CHECK(shmat(id, hole + 16384 + 5, SHM_RND) == hole + 16384);
	strcpy(hole, "here");
	CHECK_STR(hole + 16384, "here");
	CHECK(shmat(id, hole + 4096, SHM_REMAP) == hole + 4096);
	CHECK_STR(hole + 4096, "here");
	FAILS(shmat(id, NULL, SHM_REMAP) == (void *)-1 ? -1 : 0, EINVAL);
	CHECK(shmdt(hole + 4096) == 0);
	CHECK_STR(hole, "here");
	CHECK(shmdt(hole) == 0);
	p = shmat(id, NULL, SHM_RDONLY);
	CHECK_STR(p, "here");
	FAILS(mprotect(p, 4096, PROT_READ | PROT_WRITE), EACCES);
	CHECK(strstr(read_file("/proc/self/maps"), "/SYSV00000000 (deleted)") != NULL);
	CHECK(shmctl(id, IPC_RMID, NULL) == 0);
}

CASE(shm_survives_exec_and_exit)
{
	int id = shmget(IPC_PRIVATE, 4096, 0600);
	struct shmid_ds d;
	pid_t pid;

	CHILD(pid, strcpy(shmat(id, NULL, 0), "left"); execl("/bin/sh", "sh", "-c", "exit 0", NULL));
	JOIN(pid);
	CHECK(shmctl(id, IPC_STAT, &d) == 0);
	CHECK_EQ(d.shm_nattch, 0);
	CHECK_STR(shmat(id, NULL, 0), "left");
	CHECK(shmctl(id, IPC_RMID, NULL) == 0);
}

CASE(shm_owner_lock_info)
{
	int id = shmget(KEY, 4096, IPC_CREAT | 0600), max, seen = 0;
	struct shmid_ds d;
	struct shminfo lim;
	struct shm_info inf;
	char line[64], *p = shmat(id, NULL, 0);

	*p = 1;
	CHECK(shmctl(id, IPC_STAT, &d) == 0);
	d.shm_perm.uid = 65534;
	d.shm_perm.mode = 0666;
	CHECK(shmctl(id, IPC_SET, &d) == 0);
	CHECK(shmctl(id, SHM_LOCK, NULL) == 0);
	CHECK(shmctl(id, SHM_LOCK, NULL) == 0);
	CHECK(shmctl(id, IPC_STAT, &d) == 0);
	CHECK_EQ(d.shm_perm.uid, 65534);
	CHECK_EQ(d.shm_perm.cuid, 0);
	CHECK_EQ(d.shm_perm.mode, 0666 | SHM_LOCKED);
	CHECK(shmctl(id, SHM_UNLOCK, NULL) == 0);
	max = shmctl(0, IPC_INFO, (void *)&lim);
	CHECK(max >= 0);
	CHECK_EQ(lim.shmmni, 4096);
	CHECK_EQ(lim.shmmin, 1);
	CHECK(lim.shmmax == read_number("/proc/sys/kernel/shmmax"));
	CHECK_EQ(shmctl(0, SHM_INFO, (void *)&inf), max);
	CHECK(inf.used_ids >= 1 && inf.shm_tot >= 1 && inf.shm_rss >= 1);
	for (int i = 0; i <= max; i++)
		seen += shmctl(i, SHM_STAT, &d) == id && d.shm_perm.__key == KEY;
	CHECK_EQ(seen, 1);
	FAILS(shmctl(max + 1, SHM_STAT, &d), EINVAL);
	FAILS(shmctl(id, 77, &d), EINVAL);
	FAILS(shmctl(id, IPC_STAT, NULL), EFAULT);
	snprintf(line, sizeof(line), "%10d %10d   666 %21d %5d %5d", KEY, id, 4096, getpid(), getpid());
	CHECK(strstr(read_file("/proc/sysvipc/shm"), line) != NULL);
	CHECK(shmctl(id, IPC_RMID, NULL) == 0);
	CHECK(strstr(read_file("/proc/sysvipc/shm"), line) == NULL);
}

CASE(shm_total_limit)
{
	unsigned long old = read_number("/proc/sys/kernel/shmall");
	char text[32];
	int id;

	write_file("/proc/sys/kernel/shmall", "100");
	FAILS(shmget(IPC_PRIVATE, 101 * 4096, 0600), ENOSPC);
	id = shmget(IPC_PRIVATE, 60 * 4096, 0600);
	CHECK(id >= 0);
	FAILS(shmget(IPC_PRIVATE, 60 * 4096, 0600), ENOSPC);
	CHECK(shmctl(id, IPC_RMID, NULL) == 0);
	id = shmget(IPC_PRIVATE, 60 * 4096, 0600);
	CHECK(id >= 0);
	CHECK(shmctl(id, IPC_RMID, NULL) == 0);
	snprintf(text, sizeof(text), "%lu", old);
	write_file("/proc/sys/kernel/shmall", text);
}

/* ---- semaphores ---- */

static int op(int id, int num, int n, int flags)
{
	struct sembuf b = { num, n, flags };

	return semop(id, &b, 1);
}

static int val(int id, int num)
{
	return semctl(id, num, GETVAL);
}

CASE(sem_values)
{
	int id = semget(IPC_PRIVATE, 3, 0600);
	unsigned short v[3] = { 3, 2, 1 };

	NEED(id >= 0);
	CHECK_EQ(val(id, 0), 0);
	CHECK(semctl(id, 0, SETALL, v) == 0);
	memset(v, 0, sizeof(v));
	CHECK(semctl(id, 0, GETALL, v) == 0);
	CHECK(v[0] == 3 && v[1] == 2 && v[2] == 1);
	CHECK(op(id, 0, -3, 0) == 0);
	CHECK(op(id, 0, 0, 0) == 0);
	FAILS(op(id, 0, -1, IPC_NOWAIT), EAGAIN);
	FAILS(op(id, 1, 0, IPC_NOWAIT), EAGAIN);
	FAILS(op(id, 3, 1, 0), EFBIG);
	FAILS(op(id, 2, 32767, 0), ERANGE);
	CHECK_EQ(val(id, 2), 1);
	CHECK_EQ(semctl(id, 0, GETPID), getpid());
	FAILS(semctl(id, 3, GETVAL), EINVAL);
	FAILS(semctl(id, -1, SETVAL, 1), EINVAL);
	FAILS(semctl(id, 0, SETVAL, 32768), ERANGE);
	FAILS(semctl(id, 0, SETVAL, -1), ERANGE);
	CHECK(semctl(id, 0, SETVAL, 32767) == 0);
	CHECK_EQ(val(id, 0), 32767);
	v[1] = 40000;
	FAILS(semctl(id, 0, SETALL, v), ERANGE);
	FAILS(semctl(id, 0, SETALL, NULL), EFAULT);
	CHECK(semctl(id, 0, IPC_RMID) == 0);
	FAILS(op(id, 0, 1, 0), EINVAL);
}

CASE(sem_arguments)
{
	struct sembuf many[501];
	int id = semget(IPC_PRIVATE, 1, 0600);

	memset(many, 0, sizeof(many));
	FAILS(semget(IPC_PRIVATE, 0, 0600), EINVAL);
	FAILS(semget(IPC_PRIVATE, 32001, 0600), EINVAL);
	FAILS(semget(IPC_PRIVATE, -1, 0600), EINVAL);
	FAILS(semop(id, many, 0), EINVAL);
	FAILS(semop(-1, many, 1), EINVAL);
	FAILS(semop(id, many, 501), E2BIG);
	CHECK(semop(id, many, 500) == 0);
	FAILS(syscall(SYS_semop, id, NULL, 1), EFAULT);
	CHECK(semctl(id, 0, IPC_RMID) == 0);
}

CASE(sem_all_or_none)
{
	int id = semget(IPC_PRIVATE, 3, 0600);
	struct sembuf b[3] = { { 0, 2, 0 }, { 1, 1, 0 }, { 2, -1, IPC_NOWAIT } };
	struct sembuf same[3] = { { 0, 5, 0 }, { 0, -5, 0 }, { 0, 0, 0 } };

	FAILS(semop(id, b, 3), EAGAIN);
	CHECK(val(id, 0) == 0 && val(id, 1) == 0);
	CHECK(semctl(id, 2, SETVAL, 1) == 0);
	CHECK(semop(id, b, 3) == 0);
	CHECK(val(id, 0) == 2 && val(id, 1) == 1 && val(id, 2) == 0);
	CHECK(semctl(id, 0, SETVAL, 0) == 0);
	CHECK(semop(id, same, 3) == 0);
	CHECK(semctl(id, 0, IPC_RMID) == 0);
}

CASE(sem_waits)
{
	int id = semget(IPC_PRIVATE, 2, 0600);
	pid_t a, b, c;

	CHILD(a, CHECK(op(id, 0, -2, 0) == 0));
	wait_asleep(a);
	CHILD(b, CHECK(op(id, 0, -1, 0) == 0));
	CHILD(c, op(id, 1, 1, 0); CHECK(op(id, 1, 0, 0) == 0));
	wait_asleep(b);
	wait_asleep(c);
	CHECK_EQ(semctl(id, 0, GETNCNT), 2);
	CHECK_EQ(semctl(id, 0, GETZCNT), 0);
	CHECK_EQ(semctl(id, 1, GETZCNT), 1);
	CHECK_EQ(semctl(id, 1, GETNCNT), 0);
	CHECK(op(id, 0, 1, 0) == 0);
	JOIN(b);
	CHECK_EQ(val(id, 0), 0);
	CHECK_EQ(semctl(id, 0, GETPID), b);
	CHECK(op(id, 0, 2, 0) == 0);
	JOIN(a);
	CHECK_EQ(val(id, 0), 0);
	CHECK(op(id, 1, -1, 0) == 0);
	JOIN(c);
	CHECK(semctl(id, 0, IPC_RMID) == 0);
}

static void on_alarm(int sig)
{
}

CASE(sem_waits_end)
{
	int id = semget(IPC_PRIVATE, 1, 0600);
	struct sembuf b = { 0, -1, 0 };
	struct timespec t = { 0, 50000000 }, zero = { 0, 0 }, bad = { 0, 1000000000 };
	struct sigaction sa = { .sa_handler = on_alarm, .sa_flags = SA_RESTART };
	pid_t pid;

	FAILS(semtimedop(id, &b, 1, &t), EAGAIN);
	FAILS(semtimedop(id, &b, 1, &zero), EAGAIN);
	FAILS(semtimedop(id, &b, 1, &bad), EINVAL);
	sigaction(SIGUSR1, &sa, NULL);
	CHILD(pid, FAILS(semop(id, &b, 1), EINTR));
	wait_asleep(pid);
	kill(pid, SIGUSR1);
	JOIN(pid);
	CHECK_EQ(semctl(id, 0, GETNCNT), 0);
	CHILD(pid, FAILS(semop(id, &b, 1), EIDRM));
	wait_asleep(pid);
	CHECK(semctl(id, 0, IPC_RMID) == 0);
	JOIN(pid);
}

CASE(sem_undo)
{
	int id = semget(IPC_PRIVATE, 2, 0600);
	pid_t pid;

	CHECK(semctl(id, 0, SETVAL, 5) == 0);
	CHILD(pid, CHECK(op(id, 0, -3, SEM_UNDO) == 0); CHECK(op(id, 1, 2, SEM_UNDO) == 0);
	      CHECK(op(id, 0, -1, 0) == 0); CHECK_EQ(val(id, 0), 1));
	JOIN(pid);
	CHECK_EQ(val(id, 0), 4);
	CHECK_EQ(val(id, 1), 0);
	CHECK_EQ(semctl(id, 0, GETPID), pid);
	/* Killed, with someone waiting for what it holds. */
	CHILD(pid, op(id, 0, -4, SEM_UNDO); pause());
	wait_asleep(pid);
	CHECK_EQ(val(id, 0), 0);
	kill(pid, SIGKILL);
	CHECK(op(id, 0, -4, 0) == 0);
	waitpid(pid, NULL, 0);
	/* A value that is set forgets undos; a sum is cut at zero. */
	CHILD(pid, op(id, 0, 5, SEM_UNDO); semctl(id, 0, SETVAL, 9));
	JOIN(pid);
	CHECK_EQ(val(id, 0), 9);
	CHILD(pid, op(id, 0, 5, SEM_UNDO); op(id, 0, -12, 0));
	JOIN(pid);
	CHECK_EQ(val(id, 0), 0);
	/* A child does not inherit what its parent has to undo. */
	CHECK(op(id, 1, 1, SEM_UNDO) == 0);
	CHILD(pid, (void)0);
	JOIN(pid);
	CHECK_EQ(val(id, 1), 1);
	/* Removed while there is something to undo. */
	CHECK(semctl(id, 0, IPC_RMID) == 0);
}

static int undo_id;

static void *undo_thread(void *arg)
{
	CHECK(op(undo_id, 0, 1, SEM_UNDO) == 0);
	return NULL;
}

CASE(sem_undo_is_the_process)
{
	pthread_t t;
	pid_t pid;

	undo_id = semget(IPC_PRIVATE, 1, 0600);
	CHILD(pid, {
		CHECK(pthread_create(&t, NULL, undo_thread, NULL) == 0);
		CHECK(pthread_join(t, NULL) == 0);
		msleep(50);
		CHECK_EQ(val(undo_id, 0), 1);
	});
	JOIN(pid);
	CHECK_EQ(val(undo_id, 0), 0);
	CHECK(semctl(undo_id, 0, IPC_RMID) == 0);
}

CASE(sem_stat_and_info)
{
	int id = semget(KEY, 4, IPC_CREAT | 0600), max, seen = 0;
	struct semid_ds d;
	struct seminfo i;
	char line[64];

	NEED(id >= 0);
	FAILS(semget(KEY, 5, 0), EINVAL);
	CHECK(semctl(id, 0, IPC_STAT, &d) == 0);
	CHECK_EQ(d.sem_nsems, 4);
	CHECK_EQ(d.sem_otime, 0);
	CHECK(d.sem_ctime != 0);
	op(id, 0, 1, 0);
	CHECK(semctl(id, 0, IPC_STAT, &d) == 0);
	CHECK(d.sem_otime != 0);
	d.sem_perm.mode = 0644;
	d.sem_perm.gid = 7;
	CHECK(semctl(id, 0, IPC_SET, &d) == 0);
	CHECK(semctl(id, 0, IPC_STAT, &d) == 0);
	CHECK(d.sem_perm.mode == 0644 && d.sem_perm.gid == 7);
	max = semctl(0, 0, IPC_INFO, &i);
	CHECK(max >= 0);
	CHECK(i.semvmx == 32767 && i.semopm == 500 && i.semmsl == 32000);
	CHECK_EQ(semctl(0, 0, SEM_INFO, &i), max);
	CHECK(i.semusz >= 1 && i.semaem >= 4);
	for (int n = 0; n <= max; n++)
		seen += semctl(n, 0, SEM_STAT, &d) == id && d.sem_nsems == 4;
	CHECK_EQ(seen, 1);
	snprintf(line, sizeof(line), "%10d %10d   644 %10d %5d %5d", KEY, id, 4, 0, 7);
	CHECK(strstr(read_file("/proc/sysvipc/sem"), line) != NULL);
	CHECK(semctl(id, 0, IPC_RMID) == 0);
	CHECK_STR(read_file("/proc/sys/kernel/sem"), "32000\t1024000000\t500\t32000\n");
}

CASE(sem_many_workers)
{
	int id = semget(IPC_PRIVATE, 1, 0600);
	volatile int *count = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pids[4];

	CHECK(semctl(id, 0, SETVAL, 1) == 0);
	for (int i = 0; i < 4; i++)
		CHILD(pids[i], for (int k = 0; k < 300; k++) {
			if (op(id, 0, -1, SEM_UNDO))
				_exit(9);
			int v = *count;
			if (k % 16 == 0)
				sched_yield();
			*count = v + 1;
			if (op(id, 0, 1, SEM_UNDO))
				_exit(9);
		});
	for (int i = 0; i < 4; i++)
		JOIN(pids[i]);
	CHECK_EQ(*count, 1200);
	CHECK_EQ(val(id, 0), 1);
	CHECK(semctl(id, 0, IPC_RMID) == 0);
}

/* ---- messages ---- */

struct msg { long type; char text[64]; };

static int send(int id, long type, const char *text, int flags)
{
	struct msg m = { .type = type };

	strcpy(m.text, text);
	return msgsnd(id, &m, strlen(text) + 1, flags);
}

static const char *receive(int id, long type, int flags)
{
	static struct msg m;
	ssize_t n = msgrcv(id, &m, sizeof(m.text), type, flags);

	return n < 0 ? strerror(errno) : m.text;
}

CASE(msg_order_and_types)
{
	int id = msgget(IPC_PRIVATE, 0600);

	CHECK(send(id, 3, "a3", 0) == 0);
	CHECK(send(id, 1, "b1", 0) == 0);
	CHECK(send(id, 2, "c2", 0) == 0);
	CHECK(send(id, 1, "d1", 0) == 0);
	CHECK_STR(receive(id, 2, 0), "c2");
	CHECK_STR(receive(id, -2, 0), "b1");
	CHECK_STR(receive(id, 3, MSG_EXCEPT), "d1");
	CHECK_STR(receive(id, 0, 0), "a3");
	FAILS(msgrcv(id, (char[128]){ 0 }, 8, 0, IPC_NOWAIT), ENOMSG);
	CHECK(msgctl(id, IPC_RMID, NULL) == 0);
}

CASE(msg_sizes)
{
	int id = msgget(IPC_PRIVATE, 0600);
	struct { long type; char text[9000]; } m = { .type = 1 };

	FAILS(msgsnd(id, &m, 8193, 0), EINVAL);
	FAILS(msgsnd(id, &m, -1, 0), EINVAL);
	FAILS(msgrcv(id, &m, -1, 0, 0), EINVAL);
	CHECK(msgsnd(id, &m, 8192, 0) == 0);
	FAILS(msgrcv(id, &m, 100, 0, 0), E2BIG);
	CHECK_EQ(msgrcv(id, &m, 9000, 0, 0), 8192);
	CHECK(msgsnd(id, &m, 0, 0) == 0);
	CHECK_EQ(msgrcv(id, &m, 0, 0, 0), 0);
	CHECK(msgsnd(id, &m, 50, 0) == 0);
	CHECK_EQ(msgrcv(id, &m, 10, 0, MSG_NOERROR), 10);
	m.type = 0;
	FAILS(msgsnd(id, &m, 1, 0), EINVAL);
	m.type = -1;
	FAILS(msgsnd(id, &m, 1, 0), EINVAL);
	FAILS(syscall(SYS_msgsnd, id, NULL, 1, 0), EFAULT);
	CHECK(msgctl(id, IPC_RMID, NULL) == 0);
}

CASE(msg_copy)
{
	int id = msgget(IPC_PRIVATE, 0600);
	int copy = 040000;

	send(id, 5, "one", 0);
	send(id, 6, "two", 0);
	CHECK_STR(receive(id, 1, copy | IPC_NOWAIT), "two");
	CHECK_STR(receive(id, 0, copy | IPC_NOWAIT), "one");
	FAILS(msgrcv(id, (char[128]){ 0 }, 64, 2, copy | IPC_NOWAIT), ENOMSG);
	FAILS(msgrcv(id, (char[128]){ 0 }, 64, 0, copy), EINVAL);
	FAILS(msgrcv(id, (char[128]){ 0 }, 2, 0, copy | IPC_NOWAIT), E2BIG);
	CHECK_STR(receive(id, 0, 0), "one");
	CHECK(msgctl(id, IPC_RMID, NULL) == 0);
}

CASE(msg_waits)
{
	int id = msgget(IPC_PRIVATE, 0600);
	struct msg m = { 1, "" };
	struct sigaction sa = { .sa_handler = on_alarm, .sa_flags = SA_RESTART };
	struct msqid_ds d;
	pid_t a, b;
	int n = 0;

	CHILD(a, CHECK_STR(receive(id, 2, 0), "for two"));
	CHILD(b, CHECK_STR(receive(id, -9, 0), "for any"));
	wait_asleep(a);
	wait_asleep(b);
	CHECK(send(id, 1, "for any", 0) == 0);
	JOIN(b);
	CHECK(send(id, 2, "for two", 0) == 0);
	JOIN(a);
	CHECK(msgctl(id, IPC_STAT, &d) == 0);
	CHECK_EQ(d.msg_qnum, 0);
	CHECK_EQ(d.msg_lspid, getpid());
	CHECK_EQ(d.msg_lrpid, a);
	while (msgsnd(id, &m, 64, IPC_NOWAIT) == 0)
		n++;
	CHECK_EQ(errno, EAGAIN);
	CHECK_EQ(n, 16384 / 64);
	CHILD(a, CHECK(send(id, 7, "late", 0) == 0));
	wait_asleep(a);
	CHECK(msgctl(id, IPC_STAT, &d) == 0);
	CHECK_EQ(d.msg_qnum, n);
	CHECK_EQ(d.msg_cbytes, 16384);
	CHECK_EQ(msgrcv(id, &m, 64, 0, 0), 64);
	JOIN(a);
	CHECK_STR(receive(id, 7, IPC_NOWAIT), "late");
	sigaction(SIGUSR1, &sa, NULL);
	CHILD(a, FAILS(msgrcv(id, &m, 64, 99, 0), EINTR));
	CHILD(b, FAILS(msgrcv(id, &m, 64, 99, 0), EIDRM));
	wait_asleep(a);
	wait_asleep(b);
	kill(a, SIGUSR1);
	JOIN(a);
	CHECK(msgctl(id, IPC_RMID, NULL) == 0);
	JOIN(b);
}

CASE(msg_limit_of_a_queue)
{
	int id = msgget(IPC_PRIVATE, 0666);
	struct msqid_ds d;
	pid_t pid;

	CHECK(msgctl(id, IPC_STAT, &d) == 0);
	CHECK_EQ(d.msg_qbytes, 16384);
	d.msg_qbytes = 4;
	CHECK(msgctl(id, IPC_SET, &d) == 0);
	FAILS(send(id, 1, "longer", IPC_NOWAIT), EAGAIN);
	CHILD(pid, CHECK(send(id, 1, "longer", 0) == 0));
	wait_asleep(pid);
	d.msg_qbytes = 20000;
	CHECK(msgctl(id, IPC_SET, &d) == 0);
	JOIN(pid);
	CHECK_STR(receive(id, 0, IPC_NOWAIT), "longer");
	d.msg_perm.uid = d.msg_perm.gid = 65534;
	CHECK(msgctl(id, IPC_SET, &d) == 0);
	CHILD(pid, become_nobody(); FAILS(msgctl(id, IPC_SET, &d), EPERM); d.msg_qbytes = 1000;
	      CHECK(msgctl(id, IPC_SET, &d) == 0); CHECK(msgctl(id, IPC_RMID, NULL) == 0));
	JOIN(pid);
	FAILS(msgctl(id, IPC_STAT, &d), EINVAL);
}

CASE(msg_info)
{
	int id = msgget(KEY, IPC_CREAT | 0600), max, seen = 0;
	struct msginfo i;
	struct msqid_ds d;
	char line[64];

	NEED(id >= 0);
	send(id, 1, "12345", 0);
	max = msgctl(0, IPC_INFO, (void *)&i);
	CHECK(max >= 0);
	CHECK(i.msgmax == 8192 && i.msgmnb == 16384 && i.msgmni == 32000 && i.msgssz == 16);
	CHECK_EQ(msgctl(0, MSG_INFO, (void *)&i), max);
	CHECK(i.msgpool >= 1 && i.msgmap >= 1 && i.msgtql >= 6);
	for (int n = 0; n <= max; n++)
		seen += msgctl(n, MSG_STAT, &d) == id && d.msg_qnum == 1;
	CHECK_EQ(seen, 1);
	snprintf(line, sizeof(line), "%10d %10d   600  %10d %10d %5d %5d", KEY, id, 6, 1, getpid(), 0);
	CHECK(strstr(read_file("/proc/sysvipc/msg"), line) != NULL);
	CHECK(msgctl(id, IPC_RMID, NULL) == 0);
	FAILS(msgctl(id, 99, &d), EINVAL);
}

TAP_MAIN
