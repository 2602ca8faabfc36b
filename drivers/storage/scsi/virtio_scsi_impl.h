/* SPDX-License-Identifier: GPL-2.0-only */
/* Virtio SCSI hosts, private. VIRTIO 1.1, 5.6. Legend: I immutable, L queue lock, X host lock, A atomic. */
#pragma once

#include <tern/drivers/blkdisk.h>
#include <tern/drivers/scsi.h>
#include <tern/drivers/virtio.h>

#define VSCSI_SEGS	108u
#define VSCSI_DEPTH	64u
#define VSCSI_EVENTS	8u

/* What the device reads and writes, 5.6.6. */
struct vscsi_request { u8 lun[8]; u64 tag; u8 attribute, priority, crn, cdb[32]; } __packed;
struct vscsi_response {
	u32 sense_len, resid;
	u16 qualifier;
	u8 status, response;
	u8 sense[SCSI_SENSE_BYTES];
} __packed;
struct vscsi_event { u32 event; u8 lun[8]; u32 reason; } __packed;
static_assert(sizeof(struct vscsi_request) == 51, "5.6.6.1");
static_assert(sizeof(struct vscsi_response) == 108, "5.6.6.1");
static_assert(sizeof(struct vscsi_event) == 16, "5.6.6.3");

/* A command's memory, shared with the device. */
struct vscsi_cmd {
	struct virtio_desc table[VSCSI_SEGS + 2];
	struct vscsi_request request;
	struct vscsi_response response;
	u8 list[SCSI_UNMAP_BYTES];
};
static_assert(sizeof(struct vscsi_cmd) <= 2048, "fits its size class");

struct vscsi_queue {
	struct vscsi *host;		/* I */
	struct vqueue *q;		/* L */
	struct spin lock;		/* LOCKRANK_DRIVER, irqsave */
	bool was_full;			/* L a command found no room: all units are asked again */
	atomic32 in_handler;		/* A interrupt handlers between taking and ending */
};

/* A logical unit that is a disk or a CD drive. */
struct vscsi_unit {
	struct vscsi *host;		/* I with a reference, once there is a disk */
	u32 target, lun;		/* I */
	u32 shift;			/* I log2 of the block size */
	bool same_unmaps;		/* I */
	bool is_gone;			/* A nothing is started any more */
	atomic32 inflight;		/* A commands that the device has */
	struct blkdisk *disk;		/* I */
	struct list link;		/* X */
	struct scsi_disk_info info;	/* I */
};

struct vscsi {
	struct virtio_dev *dev;		/* I */
	refcount refs;			/* probe and each disk */
	u32 nr_queues;			/* I */
	struct vscsi_queue *queues;	/* I for requests */
	struct vscsi_queue events;
	struct vqueue *control;		/* never used, but the device has it */
	struct vscsi_event *event_bufs;	/* I VSCSI_EVENTS of them */
	struct kmutex lock;		/* protects units; one internal command, one reset at a time */
	struct list units;		/* X struct vscsi_unit */
	struct vscsi_cmd *own;		/* X the internal command */
	struct latch own_done;
	bool is_gone;			/* X */
	u32 max_target, max_lun;	/* I */
	u32 max_sectors, max_segs, depth;	/* I */
	struct workitem scan_work, run_work;
	bool scans_all;			/* A events were lost, or it is the first time */
	bool is_probing;		/* A who boots waits for the first scan */
};

/* Who an internal command is for, as scsi_exec gets it. */
struct vscsi_address { struct vscsi *host; u32 target, lun; };

/* ---- virtio_scsi.c: the host ---- */
void vscsi_put(struct vscsi *h);
/** vscsi_exec() - scsi_exec of a struct vscsi_address. */
int vscsi_exec(void *address, const u8 *cdb, void *buf, u32 len);
void vscsi_request_init(struct vscsi_cmd *c, u32 target, u32 lun);
/** vscsi_add() - @n pieces of @c's table to queue @vq; 0, -EBUSY. Queue lock not held. */
int vscsi_add(struct vscsi_queue *vq, struct vscsi_cmd *c, u32 n, void *token);
void vscsi_put_desc(struct vscsi_cmd *c, u32 i, paddr_t addr, u32 len, bool device_writes);
/** vscsi_take() - end what the device is done with. Any context. */
void vscsi_take(struct vscsi_queue *vq);
/** vscsi_reset() - the whole host, as blkdisk_ops.reset of @me (NULL: none waits). Sleeps. */
int vscsi_reset(struct vscsi *h, struct blkdisk *me);

/* ---- virtio_scsi_disk.c: units ---- */
/** vscsi_unit_add() - look at an address; a disk or CD drive is shown. 0, -ENODEV nothing for us. Sleeps. */
int vscsi_unit_add(struct vscsi *h, u32 target, u32 lun);
/** vscsi_unit_remove() - off the host's list; its disk goes. Sleeps. */
void vscsi_unit_remove(struct vscsi_unit *u);
/** vscsi_unit_resize() - the capacity is another. Sleeps. */
void vscsi_unit_resize(struct vscsi_unit *u);
/** vscsi_cmd_ended() - the device is done with a unit's command. Any context. */
void vscsi_cmd_ended(struct blkcmd *c);
