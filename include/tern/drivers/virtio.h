/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Virtio devices and their queues. Owner drivers/bus/virtio. Virtual I/O Device
 * (VIRTIO) 1.1: chapter 2 (devices, split queues), 4.1 (PCI transport).
 *
 * Driver's order of calls: probe: virtio_negotiate(), vqueue_create() for each
 * queue, virtio_start(); then vqueue_add() / vqueue_kick(), and vqueue_take()
 * from the queue's callback; remove: virtio_stop(), vqueue_destroy().
 *
 * The callback runs in hard interrupt context. A queue is not locked: its driver is. Every
 * driver may ask for VIRTIO_F_EVENT_IDX and VIRTIO_F_INDIRECT_DESC in virtio_negotiate():
 * the first makes kicks and interrupts rare by itself, the second is used by vqueue_add_table().
 */
#pragma once

#include <tern/drivers/devnode.h>

#define VIRTIO_ID_NET		1
#define VIRTIO_ID_BLOCK		2
#define VIRTIO_ID_CONSOLE	3
#define VIRTIO_ID_RNG		4
#define VIRTIO_ID_SCSI		8
#define VIRTIO_ID_9P		9
#define VIRTIO_ID_VSOCK		19

#define VIRTIO_F_INDIRECT_DESC	28
#define VIRTIO_F_EVENT_IDX	29
#define VIRTIO_F_VERSION_1	32
#define VIRTIO_F_ACCESS_PLATFORM 33

struct virtio_dev;
struct vqueue;

struct virtio_id { u32 device; };	/* tables end with 0 */

/* One piece of a buffer. The device writes to pieces after the readable ones. */
struct virtio_seg { paddr_t addr; u32 len; };

struct virtio_dev {
	struct devnode node;
	u32 id;				/* I VIRTIO_ID_* */
	u64 features;			/* I after negotiation */
	void *transport;		/* I the PCI side */
};

extern struct bus virtio_bus;
static inline struct virtio_dev *virtio_of(struct devnode *d) { return container_of(d, struct virtio_dev, node); }
static inline bool virtio_has(const struct virtio_dev *v, u32 bit) { return (v->features >> bit) & 1; }

/**
 * virtio_negotiate() - accept of @wanted (bit mask) what the device offers;
 * VERSION_1 is implied. 0, -ENODEV.
 */
int virtio_negotiate(struct virtio_dev *v, u64 wanted);
/** virtio_start() - DRIVER_OK: queues are live. */
void virtio_start(struct virtio_dev *v);
/** virtio_stop() - reset: the device touches no memory after this returns. Sleeps. */
void virtio_stop(struct virtio_dev *v);
/** virtio_config_write() - the device's configuration, in units of the field at @off: 1, 2, 4 or 8 bytes. */
void virtio_config_write(struct virtio_dev *v, u32 off, const void *buf, u32 len);
/**
 * virtio_config_watch() - @fn in hard interrupt context when the configuration changed (link
 * state, capacity); before virtio_start(). 0, -ENOSPC no vector. Sleeps.
 */
int virtio_config_watch(struct virtio_dev *v, void (*fn)(struct virtio_dev *v, void *arg), void *arg);
/** virtio_config_read() - @len bytes of the device's configuration at @off; a consistent copy. */
void virtio_config_read(struct virtio_dev *v, u32 off, void *buf, u32 len);

/**
 * vqueue_create() - set up queue @index
 * @callback: hard interrupt: buffers were used; NULL: no interrupts wanted
 * Return: queue, ERR_PTR(-ENOENT no such queue, -ENOMEM, -ENOSPC no vector). Sleeps.
 */
struct vqueue *vqueue_create(struct virtio_dev *v, u32 index,
				   void (*callback)(struct vqueue *q, void *arg), void *arg,
				   const char *name);
void vqueue_destroy(struct vqueue *q);
/** vqueue_add() - @nout device-readable then @nin device-writable pieces; 0, -ENOSPC full. */
int vqueue_add(struct vqueue *q, const struct virtio_seg *segs, u32 nout, u32 nin, void *token);
/* A descriptor as the device reads it, for tables of the driver's own. */
struct virtio_desc { u64 addr; u32 len; u16 flags, next; };
#define VIRTIO_DESC_NEXT	1u
#define VIRTIO_DESC_WRITE	2u	/* the device writes it */
/**
 * vqueue_add_table() - one buffer of @n pieces by an indirect table
 * @table: physical address of @n descriptors with addr, len and flags (WRITE) filled, readable ones
 *	first; next and NEXT are set here; the device's until taken. Needs VIRTIO_F_INDIRECT_DESC.
 * Return: 0, -ENOSPC full. Uses one descriptor of the queue.
 */
int vqueue_add_table(struct vqueue *q, struct virtio_desc *table, u32 n, void *token);
/** vqueue_kick() - tell the device, if it wants to know. */
void vqueue_kick(struct vqueue *q);
/**
 * vqueue_take() - next used buffer's token and bytes written, NULL if none.
 * A bad index from the device breaks the queue: NULL from then on.
 */
void *vqueue_take(struct vqueue *q, u32 *len);
/**
 * vqueue_irq_off() / vqueue_irq_on() - the driver polls for a while; on: true if buffers were used
 * meanwhile: take them (or turn it off again), as no interrupt may come for those.
 */
void vqueue_irq_off(struct vqueue *q);
bool vqueue_irq_on(struct vqueue *q);
/** vqueue_set_cpu() - its interrupt goes to @cpu; best effort: 0 or -errno. Sleeps. */
int vqueue_set_cpu(struct vqueue *q, u32 cpu);
/** vqueue_free_count() - descriptors that are free: what vqueue_add() may still use. */
u32 vqueue_free_count(const struct vqueue *q);
/**
 * vqueue_restart() - after virtio_stop() and virtio_negotiate(): empty and announced again, with
 * its interrupt. Buffers in flight are forgotten. 0 or -errno. Sleeps.
 */
int vqueue_restart(struct vqueue *q);
/** vqueue_drain() - after virtio_stop(): the next buffer still in flight is given back; NULL: none left. */
void *vqueue_drain(struct vqueue *q);
/** vqueue_size() - descriptors. */
u32 vqueue_size(const struct vqueue *q);
