// SPDX-License-Identifier: GPL-2.0-only
/* semctl(2) and /proc/sysvipc/sem. */
#include "sem_impl.h"

static void fill_stat(struct semset *s, struct semid64_ds_ *d)
{
	*d = (struct semid64_ds_){ .otime = s->otime, .ctime = s->ctime, .nsems = s->nsems };
	ipc_perm_out(&s->o, &d->perm);
}

static long sem_stat(int id, int cmd, void __user *buf)
{
	struct ipcobj *o = ipc_stat_target(&sem_table, id, cmd != IPC_STAT, cmd != SEM_STAT_ANY);
	struct semid64_ds_ d;
	long ret;

	if (IS_ERR(o))
		return PTR_ERR(o);
	fill_stat(sem_of(o), &d);
	ret = cmd == IPC_STAT ? 0 : o->id;
	ipc_unlock(o);
	ipc_put(&sem_table, o);
	return user_copyout(buf, &d, sizeof(d)) ? -EFAULT : ret;
}

static long sem_info(int cmd, void __user *buf)
{
	struct seminfo_ i = {
		.semmni = (s32)sysv_limits.semmni, .semmns = (s32)sysv_limits.semmns,
		.semmsl = (s32)sysv_limits.semmsl, .semopm = (s32)sysv_limits.semopm,
		.semvmx = SEMVMX, .semmnu = (s32)sysv_limits.semmns, .semmap = (s32)sysv_limits.semmns,
		.semume = (s32)sysv_limits.semopm, .semusz = 20, .semaem = SEMAEM,
	};

	if (cmd == SEM_INFO) {
		i.semusz = (s32)READ_ONCE(sem_table.count);
		i.semaem = (s32)atomic_read(&sysv_self()->sem_count);
	}
	return user_copyout(buf, &i, sizeof(i)) ? -EFAULT : ipc_max_index(&sem_table);
}

/* The set locked and allowed. */
static struct semset *sem_target(int id, u32 want)
{
	struct ipcobj *o = ipc_find(&sem_table, id);
	int err;

	if (IS_ERR(o))
		return ERR_CAST(o);
	err = ipc_check(o, want);
	if (!err)
		err = ipc_lock(o);
	if (!err)
		return sem_of(o);
	ipc_put(&sem_table, o);
	return ERR_PTR(err);
}

static void sem_done(struct semset *s)
{
	ipc_unlock(&s->o);
	ipc_put(&sem_table, &s->o);
}

static long sem_get_one(int id, int num, int cmd)
{
	struct semset *s = sem_target(id, 0444);
	long ret = -EINVAL;

	if (IS_ERR(s))
		return PTR_ERR(s);
	if (num >= 0 && (u32)num < s->nsems) {
		switch (cmd) {
		case GETVAL:
			ret = s->sems[num].val;
			break;
		case GETPID:
			ret = s->sems[num].pid;
			break;
		default:
			ret = semset_count_waiters(s, (u16)num, cmd == GETZCNT);
		}
	}
	sem_done(s);
	return ret;
}

/* A value set from outside: nobody's undo counts for it any more. Set locked. */
static void set_value(struct semset *s, u32 num, s32 val)
{
	struct semundo *u;

	list_foreach(u, &s->undos, by_set)
		u->adj[num] = 0;
	s->sems[num].val = val;
	s->sems[num].pid = ipc_self_pid();
}

static void values_changed(struct semset *s)
{
	s->ctime = ipc_now();
	semset_scan(s);
}

static long sem_set_one(int id, int num, int val)
{
	struct semset *s;
	long ret = -EINVAL;

	if (val < 0 || val > SEMVMX)
		return -ERANGE;
	s = sem_target(id, 0222);
	if (IS_ERR(s))
		return PTR_ERR(s);
	if (num >= 0 && (u32)num < s->nsems) {
		set_value(s, (u32)num, val);
		values_changed(s);
		ret = 0;
	}
	sem_done(s);
	return ret;
}

/* Set not locked but referenced: copy all values out. */
static long get_all(struct semset *s, void __user *buf, u16 *values)
{
	int err = ipc_lock(&s->o);

	if (err)
		return err;
	for (u32 i = 0; i < s->nsems; i++)
		values[i] = (u16)s->sems[i].val;
	ipc_unlock(&s->o);
	return user_copyout(buf, values, s->nsems * sizeof(u16));
}

static long set_all(struct semset *s, const void __user *buf, u16 *values)
{
	int err = user_copyin(values, buf, s->nsems * sizeof(u16));

	for (u32 i = 0; i < s->nsems && !err; i++)
		if (values[i] > SEMVMX)
			err = -ERANGE;
	if (!err)
		err = ipc_lock(&s->o);
	if (err)
		return err;
	for (u32 i = 0; i < s->nsems; i++)
		set_value(s, i, values[i]);
	values_changed(s);
	ipc_unlock(&s->o);
	return 0;
}

static long sem_all(int id, int cmd, void __user *buf)
{
	struct ipcobj *o = ipc_find(&sem_table, id);
	u16 *values = NULL;
	long ret;

	if (IS_ERR(o))
		return PTR_ERR(o);
	ret = ipc_check(o, cmd == SETALL ? 0222 : 0444);
	if (ret)
		goto out;
	values = kmem_calloc(sem_of(o)->nsems, sizeof(*values), ALLOC_KERNEL);
	if (!values)
		ret = -ENOMEM;
	else
		ret = cmd == SETALL ? set_all(sem_of(o), buf, values) : get_all(sem_of(o), buf, values);
out:
	kmem_free(values);
	ipc_put(&sem_table, o);
	return ret;
}

static long sem_change(int id, int cmd, const void __user *buf)
{
	struct semid64_ds_ d = { 0 };
	struct ipcobj *o;
	int err = 0;

	if (cmd == IPC_SET && user_copyin(&d, buf, sizeof(d)))
		return -EFAULT;
	o = ipc_change_target(&sem_table, id);
	if (IS_ERR(o))
		return PTR_ERR(o);
	if (cmd == IPC_SET) {
		err = ipc_perm_in(o, &d.perm);
		if (!err)
			sem_of(o)->ctime = ipc_now();
	}
	ipc_unlock(o);
	if (cmd == IPC_RMID)
		semset_remove(sem_of(o));
	ipc_put(&sem_table, o);
	return err;
}

long sys_semctl(int id, int num, int cmd, u64 arg)
{
	void __user *buf = (void __user *)arg;

	if (id < 0)
		return -EINVAL;
	switch (cmd) {
	case IPC_INFO:
	case SEM_INFO:
		return sem_info(cmd, buf);
	case IPC_STAT:
	case SEM_STAT:
	case SEM_STAT_ANY:
		return sem_stat(id, cmd, buf);
	case GETVAL:
	case GETPID:
	case GETNCNT:
	case GETZCNT:
		return sem_get_one(id, num, cmd);
	case SETVAL:
		return sem_set_one(id, num, (int)arg);
	case GETALL:
	case SETALL:
		return sem_all(id, cmd, buf);
	case IPC_SET:
	case IPC_RMID:
		return sem_change(id, cmd, buf);
	default:
		return -EINVAL;
	}
}

void sysvsem_print(struct seqbuf *sb, void *arg)
{
	struct ipcobj *o;

	seqbuf_printf(sb, "%10s %10s %5s %10s %5s %5s %5s %5s %10s %10s\n", "key", "semid", "perms",
		      "nsems", "uid", "gid", "cuid", "cgid", "otime", "ctime");
	for (u32 i = 0; (o = ipc_find_index(&sem_table, &i)); i++) {
		struct semid64_ds_ d;

		spin_lock(&o->lock);
		fill_stat(sem_of(o), &d);
		spin_unlock(&o->lock);
		seqbuf_printf(sb, "%10d %10d  %4o %10lu %5u %5u %5u %5u %10ld %10ld\n", d.perm.key,
			      o->id, d.perm.mode, d.nsems, d.perm.uid, d.perm.gid, d.perm.cuid,
			      d.perm.cgid, d.otime, d.ctime);
		ipc_put(&sem_table, o);
	}
}
