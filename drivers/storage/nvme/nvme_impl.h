/* SPDX-License-Identifier: GPL-2.0-only */
/* NVM Express, private to drivers/storage/nvme. Section numbers: NVMe base specification 1.4. */
#pragma once

#include <tern/drivers/blkdisk.h>
#include <tern/drivers/pci.h>
#include <tern/lib/list.h>

/* Controller registers, 3.1. */
#define REG_CAP		0x00
#define REG_CC		0x14
#define REG_CSTS	0x1c
#define REG_AQA		0x24
#define REG_ASQ		0x28
#define REG_ACQ		0x30
#define REG_DOORBELLS	0x1000

#define CC_ENABLE	1u
#define CC_ENTRY_SIZES	(6u << 16 | 4u << 20)	/* 64 and 16 bytes */
#define CC_SHUTDOWN	(1u << 14)
#define CSTS_READY	1u
#define CSTS_FATAL	2u
#define CSTS_SHUT_MASK	0xcu
#define CSTS_SHUT_DONE	0x8u

/* Commands, 5 and 6. */
enum { ADM_CREATE_SQ = 1, ADM_CREATE_CQ = 5, ADM_IDENTIFY = 6, ADM_SET_FEATURES = 9 };
enum { NVM_FLUSH = 0, NVM_WRITE = 1, NVM_READ = 2, NVM_WRITE_ZEROES = 8, NVM_DSM = 9 };

struct nvme_sqe {
	u8 opcode, flags;
	u16 cid;
	u32 nsid, cdw2, cdw3;
	u64 mptr, prp1, prp2;
	u32 cdw10, cdw11, cdw12, cdw13, cdw14, cdw15;
};
static_assert(sizeof(struct nvme_sqe) == 64, "4.2");

struct nvme_cqe {
	u32 result, reserved;
	u16 sq_head, sq_id, cid, status;	/* status bit 0: phase */
};
static_assert(sizeof(struct nvme_cqe) == 16, "4.6");

#define STATUS_DNR	0x4000u		/* do not retry; without the phase bit */

/*
 * A submission queue with its completion queue. Legend: I immutable, L lock.
 */
struct nvme_queue {
	struct nvme *ctl;		/* I */
	u32 id;				/* I 0: admin */
	u32 size;			/* I entries of each */
	u32 vector;			/* I */
	struct nvme_sqe *sq;		/* I shared with the device */
	struct nvme_cqe *cq;		/* I */
	u32 sq_order, cq_order;		/* I pages */
	u8 __iomem *sq_bell, *cq_bell;	/* I */
	struct spin lock;		/* LOCKRANK_DRIVER, irqsave */
	u32 tail, told;			/* L next to fill; what the device was told */
	u32 sq_head;			/* L how far the device has read */
	u32 head;			/* L next completion */
	u16 phase;			/* L of new completions */
	atomic32 in_handler;		/* A */
};

/* A namespace. */
struct nvme_ns {
	struct nvme *ctl;		/* I */
	u32 nsid, index;		/* I */
	u32 shift;			/* I log2 of the block size */
	struct blkdisk *disk;		/* I */
	struct list link;		/* I after probe */
};

struct nvme {
	struct pcifn *pci;		/* I */
	u8 __iomem *regs;		/* I */
	u64 cap;			/* I */
	u32 index;			/* I nvmeN */
	u32 bell_stride;		/* I bytes */
	u32 nr_vectors;			/* I */
	struct nvme_queue admin;
	struct nvme_queue *queues;	/* I nr_queues of them */
	u32 nr_queues;
	struct list namespaces;		/* I after probe */
	refcount refs;			/* A probe and each namespace */
	struct kmutex admin_lock;	/* one admin command, one reset at a time */
	struct latch admin_done;
	struct nvme_cqe admin_cqe;	/* of the last one */
	char serial[21], model[41];
	u32 max_sectors;		/* I a command */
	u16 oncs;			/* I optional commands */
	bool has_cache;			/* I */
	bool is_gone;
};

/* Which namespace and tag: identifiers of commands are unique in a queue. */
#define CID_TAG_BITS	10
#define NVME_DEPTH	128u		/* commands a namespace and queue */
#define NVME_NS_MAX	(1u << (16 - CID_TAG_BITS))
#define NVME_PRPS	128u		/* entries of a list: transfers of 512 KiB from anywhere in a page */

struct nvme_pdu {
	u64 prps[NVME_PRPS];
	struct { u32 attributes, nblocks; u64 first; } range;
};
static_assert(sizeof(struct nvme_pdu) <= 2048, "a list stays inside one page");

/* ---- queue.c ---- */
int nvme_queue_alloc(struct nvme *ctl, struct nvme_queue *q, u32 id, u32 size, u32 vector);
void nvme_queue_free(struct nvme_queue *q);
/** nvme_queue_clear() - empty, as the device sees it after a reset. */
void nvme_queue_clear(struct nvme_queue *q);
/** nvme_queue_put() - add an entry; lock held. 0, -EBUSY full. nvme_queue_ring() - tell the device. */
int nvme_queue_put(struct nvme_queue *q, const struct nvme_sqe *e);
void nvme_queue_ring(struct nvme_queue *q);
/** nvme_queue_take() - next completion; false if there is none. Context: any. */
bool nvme_queue_take(struct nvme_queue *q, struct nvme_cqe *out);
/** nvme_queue_interrupt() - handler of a queue's vector; @arg: the queue. */
enum irq_result nvme_queue_interrupt(u32 irq, void *arg);

/* ---- admin.c ---- */
/** nvme_enable() - reset, admin queue, ready. nvme_disable() - it touches no memory afterwards. Sleep. */
int nvme_enable(struct nvme *ctl);
int nvme_disable(struct nvme *ctl);
/** nvme_shut_down() - orderly: the device saves its caches. Sleeps, bounded. */
void nvme_shut_down(struct nvme *ctl);
/** nvme_admin() - run one command; 0 and *result, -EIO, -ETIMEDOUT. Sleeps. */
int nvme_admin(struct nvme *ctl, struct nvme_sqe *e, u32 *result);
int nvme_identify(struct nvme *ctl, u32 cns, u32 nsid, void *page);
/** nvme_make_queues() - create the I/O queues in the device. */
int nvme_make_queues(struct nvme *ctl);
/** nvme_admin_ended() - from the admin queue's interrupt. */
void nvme_admin_ended(struct nvme *ctl, const struct nvme_cqe *c);

/* ---- disk.c ---- */
/** nvme_ns_add() - namespace @nsid as a disk; 0, -ENODEV (not active), -errno. Sleeps. */
int nvme_ns_add(struct nvme *ctl, u32 nsid);
/** nvme_io_ended() - an I/O command is done. Context: any. */
void nvme_io_ended(struct nvme_queue *q, const struct nvme_cqe *c);
void nvme_put(struct nvme *ctl);
