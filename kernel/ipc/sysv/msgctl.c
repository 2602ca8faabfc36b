// SPDX-License-Identifier: GPL-2.0-only
/* msgctl(2) and /proc/sysvipc/msg. */
#include "msg_impl.h"

#define MSGSSZ	16	/* size of the segments that MSG_INFO's figures are in; history */

static void fill_stat(struct msgqueue *q, struct msqid64_ds_ *d)
{
	*d = (struct msqid64_ds_){ .stime = q->stime, .rtime = q->rtime, .ctime = q->ctime,
		.cbytes = q->nbytes, .qnum = q->count, .qbytes = q->limit,
		.lspid = q->lspid, .lrpid = q->lrpid };
	ipc_perm_out(&q->o, &d->perm);
}

static long msg_stat(int id, int cmd, void __user *buf)
{
	struct ipcobj *o = ipc_stat_target(&msg_table, id, cmd != IPC_STAT, cmd != MSG_STAT_ANY);
	struct msqid64_ds_ d;
	long ret;

	if (IS_ERR(o))
		return PTR_ERR(o);
	fill_stat(msgq_of(o), &d);
	ret = cmd == IPC_STAT ? 0 : o->id;
	ipc_unlock(o);
	ipc_put(&msg_table, o);
	return user_copyout(buf, &d, sizeof(d)) ? -EFAULT : ret;
}

static long msg_info(int cmd, void __user *buf)
{
	u32 pool = (u32)min_t(u64, (u64)sysv_limits.msgmni * sysv_limits.msgmnb / 1024, S32_MAX);
	struct msginfo_ i = {
		.msgmni = (s32)sysv_limits.msgmni, .msgmax = (s32)sysv_limits.msgmax,
		.msgmnb = (s32)sysv_limits.msgmnb, .msgssz = MSGSSZ, .msgseg = 0xffff,
		.msgpool = (s32)pool, .msgmap = (s32)sysv_limits.msgmnb,
		.msgtql = (s32)sysv_limits.msgmnb,
	};

	if (cmd == MSG_INFO) {
		i.msgpool = (s32)READ_ONCE(msg_table.count);
		i.msgmap = (s32)atomic_read(&sysv_self()->msg_count);
		i.msgtql = (s32)atomic_read(&sysv_self()->msg_bytes);
	}
	return user_copyout(buf, &i, sizeof(i)) ? -EFAULT : ipc_max_index(&msg_table);
}

/* Queue locked and allowed. */
static int apply_set(struct msgqueue *q, const struct msqid64_ds_ *d)
{
	int err;

	if (d->qbytes > READ_ONCE(sysv_limits.msgmnb) && !cap_has(CAP_SYS_RESOURCE))
		return -EPERM;
	err = ipc_perm_in(&q->o, &d->perm);
	if (err)
		return err;
	q->limit = d->qbytes;
	q->ctime = ipc_now();
	msgq_recheck(q);
	return 0;
}

static long msg_change(int id, int cmd, const void __user *buf)
{
	struct msqid64_ds_ d = { 0 };
	struct ipcobj *o;
	int err = 0;

	if (cmd == IPC_SET && user_copyin(&d, buf, sizeof(d)))
		return -EFAULT;
	o = ipc_change_target(&msg_table, id);
	if (IS_ERR(o))
		return PTR_ERR(o);
	if (cmd == IPC_SET)
		err = apply_set(msgq_of(o), &d);
	ipc_unlock(o);
	if (cmd == IPC_RMID)
		msgq_remove(msgq_of(o));
	ipc_put(&msg_table, o);
	return err;
}

long sys_msgctl(int id, int cmd, void __user *buf)
{
	if (id < 0 || cmd < 0)
		return -EINVAL;
	switch (cmd) {
	case IPC_INFO:
	case MSG_INFO:
		return msg_info(cmd, buf);
	case IPC_STAT:
	case MSG_STAT:
	case MSG_STAT_ANY:
		return msg_stat(id, cmd, buf);
	case IPC_SET:
	case IPC_RMID:
		return msg_change(id, cmd, buf);
	default:
		return -EINVAL;
	}
}

void sysvmsg_print(struct seqbuf *sb, void *arg)
{
	struct ipcobj *o;

	seqbuf_printf(sb, "%10s %10s %5s %11s %10s %5s %5s %5s %5s %5s %5s %10s %10s %10s\n", "key",
		      "msqid", "perms", "cbytes", "qnum", "lspid", "lrpid", "uid", "gid", "cuid", "cgid",
		      "stime", "rtime", "ctime");
	for (u32 i = 0; (o = ipc_find_index(&msg_table, &i)); i++) {
		struct msqid64_ds_ d;

		spin_lock(&o->lock);
		fill_stat(msgq_of(o), &d);
		spin_unlock(&o->lock);
		seqbuf_printf(sb, "%10d %10d  %4o  %10lu %10lu %5u %5u %5u %5u %5u %5u %10ld %10ld %10ld\n",
			      d.perm.key, o->id, d.perm.mode, d.cbytes, d.qnum, d.lspid, d.lrpid,
			      d.perm.uid, d.perm.gid, d.perm.cuid, d.perm.cgid, d.stime, d.rtime,
			      d.ctime);
		ipc_put(&msg_table, o);
	}
}
