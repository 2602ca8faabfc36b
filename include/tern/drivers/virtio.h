/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Virtio devices and their queues. Owner drivers/bus/virtio. Virtual I/O Device
 * (VIRTIO) 1.1: chapter 2 (devices, split queues), 4.1 (PCI transport).
 *
 * Driver's order of calls: probe: virtio_negotiate(), vqueue_create() for each
 * queue, virtio_start(); then vqueue_add() / vqueue_kick(), and vqueue_take()
 * from the queue's callback; remove: virtio_stop(), vqueue_destroy().
 *
 * The callback runs in hard interrupt context. A queue is not locked: its driver is.
 */
#pragma once

#include <tern/drivers/devnode.h>

#define VIRTIO_ID_NET		1
#define VIRTIO_ID_BLOCK		2
#define VIRTIO_ID_CONSOLE	3
#define VIRTIO_ID_RNG		4

#define VIRTIO_F_INDIRECT_DESC	28
#define VIRTIO_F_EVENT_IDX	29
#define VIRTIO_F_VERSION_1	32

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
/** vqueue_kick() - tell the device, if it wants to know. */
void vqueue_kick(struct vqueue *q);
/**
 * vqueue_take() - next used buffer's token and bytes written, NULL if none.
 * A bad index from the device breaks the queue: NULL from then on.
 */
void *vqueue_take(struct vqueue *q, u32 *len);
/** vqueue_size() - descriptors. */
u32 vqueue_size(const struct vqueue *q);
