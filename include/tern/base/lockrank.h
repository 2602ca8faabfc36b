/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The one lock order, outermost first. A thread may take a lock only if its
 * rank is greater than that of every lock it holds; locks of one rank nest
 * only by the rule in that rank's comment (spin_lock_nested and friends).
 * Debug kernels check each acquisition (kernel/sync/lockcheck.c).
 *
 * Sleeping locks come first, spin locks after LOCKRANK_SPIN, and locks that
 * interrupt handlers take after LOCKRANK_IRQ: those are only taken with
 * interrupts disabled.
 */
#pragma once

enum lockrank {
	LOCKRANK_NONE = 0,		/* unranked: checked for recursion only */

	/* sleeping locks */
	LOCKRANK_MODULE,		/* protects driver and module tables while they change */
	LOCKRANK_SYSFS_FILE,		/* protects an open sysfs file's text; attribute functions run under it */
	LOCKRANK_DEVTREE,		/* protects the shape of the device tree */
	LOCKRANK_MOUNTNS,		/* protects mount trees against change (rwsem) */
	LOCKRANK_FS_RENAME,		/* one directory rename at a time per file system */
	LOCKRANK_EXEC,			/* protects a process while it changes its program */
	LOCKRANK_BINFMT,		/* protects the list of binary formats */
	LOCKRANK_BLKCTL,		/* protects a driver's table of the disks it makes */
	LOCKRANK_BLKDISK,		/* protects one disk's partitions, size, openers */
	LOCKRANK_URING,			/* one submitter to an io_uring at a time; operations run under it */
	LOCKRANK_TTY_WRITE,		/* one writer to a terminal at a time */
	LOCKRANK_TTY,			/* protects a terminal's settings and buffers */
	LOCKRANK_SOCK,			/* protects a socket's state */
	LOCKRANK_SOCK_READ,		/* one reader of a socket at a time */
	LOCKRANK_NETLINKS,		/* protects which interfaces there are, in all network namespaces */
	LOCKRANK_NETCONF,		/* protects a network namespace's interfaces, addresses, routes */
	LOCKRANK_NETDRIVER,		/* protects the configuration of foreign network drivers */
	LOCKRANK_IRQSOURCE,		/* protects the numbers of interrupts that foreign drivers use */
	LOCKRANK_IRQTABLE,		/* protects the table of interrupt lines against change */
	LOCKRANK_EPOLL_LOOP,		/* one change at a time to the graph of epoll sets */
	LOCKRANK_EPOLL,			/* protects an epoll set; nests along the set graph */
	LOCKRANK_PERSONA,		/* protects a personality's records of a process */
	LOCKRANK_PIPE,			/* protects a pipe's buffers */
	LOCKRANK_OFILE_POS,		/* protects an open file's position */
	LOCKRANK_VNODE_DIR,		/* protects a directory's entries; parent before child */
	LOCKRANK_VNODE,			/* protects a vnode's data size and attributes */
	LOCKRANK_CGROUP,		/* protects the tree of control groups, and moves in it */
	LOCKRANK_VFS_MISC,		/* protects small VFS objects (inotify, leases) */
	LOCKRANK_KEYRING,		/* protects what keyrings link (rwsem) */
	LOCKRANK_BPF,			/* protects the numbers of loaded programs */
	LOCKRANK_ASPACE,		/* protects an address space's regions (rwsem) */
	LOCKRANK_PAGECACHE_INVAL,	/* truncate against page fault (rwsem) */
	LOCKRANK_RMAP,			/* protects the list of regions that map an object */
	LOCKRANK_PAGE,			/* a locked page (bit lock) */
	LOCKRANK_FS,			/* a file system's own sleeping locks, innermost */
	LOCKRANK_PERCPU,		/* protects which per-CPU pages are mapped */
	LOCKRANK_KVA,			/* protects the kernel mapping ranges */
	LOCKRANK_SLAB_LIST,		/* protects the list of object caches */
	LOCKRANK_MEMBANK,		/* protects which banks of memory are in use */

	/* spin locks, interrupts may be on */
	LOCKRANK_SPIN = 64,
	LOCKRANK_MOUNT_SPIN,		/* protects mount tables for readers that do not sleep */
	LOCKRANK_NCENT,			/* protects a name cache entry; parent before child */
	LOCKRANK_VNODE_TABLE,		/* protects a chain of the table of vnodes, who evicts one */
	LOCKRANK_VNODE_SPIN,		/* protects a vnode's small fields */
	LOCKRANK_FDTAB,			/* protects a descriptor table against change */
	LOCKRANK_FS_SPIN,		/* a file system's own spin locks */
	LOCKRANK_SOCK_GC,		/* protects counts of sockets in flight, lists of blocked senders */
	LOCKRANK_SOCK_SPIN,		/* protects socket tables and queues; connecting before TIME-WAIT */
	LOCKRANK_NET_TABLE,		/* protects one bucket of a network table; inside sockets */
	LOCKRANK_NET_NEIGH,		/* protects the neighbours of an interface */
	LOCKRANK_NET_NEIGH_HASH,	/* protects a part of the table of all neighbours */
	LOCKRANK_NET_XMIT,		/* one sender on an interface at a time */
	LOCKRANK_PIPE_SPIN,		/* protects pipe bookkeeping */
	LOCKRANK_HANDLE,		/* protects a handle table */
	LOCKRANK_IPC_TABLE,		/* protects a table of System V objects: numbers and keys */
	LOCKRANK_IPC,			/* protects one System V object or POSIX message queue */
	LOCKRANK_IPC_UNDO,		/* protects a process's list of semaphore undos */
	LOCKRANK_ANON,			/* protects an address space's regions while one gets anonymous pages */
	LOCKRANK_RMAP_SPIN,		/* protects the tree of regions that map an object; file before anonymous */
	LOCKRANK_PTL,			/* protects page table pages of an address space */
	LOCKRANK_KLIST,			/* small kernel registries */

	/* locks also taken in interrupt context: irqsave only */
	LOCKRANK_IRQ = 128,
	LOCKRANK_PAGECACHE,		/* protects one object's page tree */
	LOCKRANK_DIRTY_LIST,		/* protects the list of objects with dirty pages */
	LOCKRANK_SWAP,			/* protects a swap device's slots and cached pages */
	LOCKRANK_BLKHELD,		/* protects requests that limits hold back */
	LOCKRANK_IOGROUPS,		/* protects the list of groups that do I/O */
	LOCKRANK_IOGROUP,		/* protects such a group's disks and times */
	LOCKRANK_BLKFLUSH,		/* protects a disk's lists of flushes */
	LOCKRANK_BLKHWQ,		/* protects a hardware queue's commands; start() runs under it */
	LOCKRANK_BLKSWQ,		/* protects one CPU's queue of a disk */
	LOCKRANK_CTTY,			/* protects sessions of terminals, p_tty */
	LOCKRANK_PROCTREE,		/* protects parent, children, groups, sessions */
	LOCKRANK_SIGNAL,		/* protects a process's signal state and threads */
	LOCKRANK_PIDMAP,		/* protects the table of pid numbers */
	LOCKRANK_CLOCKWATCH,		/* protects the list of those who wait for wall time */
	LOCKRANK_POSIXTIMER,		/* protects one POSIX timer */
	LOCKRANK_EVENT_LIST,		/* protects the list of timer files on the wall clock */
	LOCKRANK_EVENT,			/* protects a timer file */
	LOCKRANK_TTY_SPIN,		/* protects a terminal's receive ring */
	LOCKRANK_FUTEX,			/* protects one futex hash bucket */
	LOCKRANK_WORKQ,			/* protects a work pool */
	LOCKRANK_DRIVER,		/* a driver's own lock */
	LOCKRANK_BOUNCE,		/* protects the table of bounce buffers */
	LOCKRANK_IRQLINE,		/* protects an interrupt line's handlers */
	LOCKRANK_WAITQ,			/* protects a wait queue; outer queue before inner */
	LOCKRANK_THREAD,		/* protects a thread's scheduling identity */
	LOCKRANK_RUNQ,			/* protects one CPU's run queue; lower CPU first */
	LOCKRANK_TIMEOUT,		/* protects one CPU's timer queue; functions run without it */
	LOCKRANK_RCU,			/* protects grace period state */
	LOCKRANK_SLAB,			/* protects an object cache's shared lists */
	LOCKRANK_LRU,			/* protects page reclaim lists */
	LOCKRANK_BUDDY,			/* protects a zone's free lists */
	LOCKRANK_TLB,			/* protects a shootdown request */
	LOCKRANK_CLOCK,			/* protects clock source and wall time */
	LOCKRANK_VECTOR,		/* protects the tables of interrupt vectors */
	LOCKRANK_HW,			/* interrupt controllers, PCI configuration */
	LOCKRANK_RANDOM,		/* protects the generator's base key */
	LOCKRANK_RANDOM_POOL,		/* protects the entropy pool */
	LOCKRANK_KLOG,			/* protects the log ring; everything may log */
	LOCKRANK_CONSOLE,		/* protects console output hardware */
	LOCKRANK_COUNT,
};
