/* SPDX-License-Identifier: GPL-2.0-only */
/* Private to drivers/bus/virtio: queue layout and the PCI transport. */
#pragma once

#include <tern/drivers/pci.h>
#include <tern/drivers/virtio.h>

/* Split queue, VIRTIO 1.1, 2.6. Little endian in memory, as this machine. */
#define DESC_NEXT	VIRTIO_DESC_NEXT
#define DESC_WRITE	VIRTIO_DESC_WRITE
#define DESC_INDIRECT	4
struct vring_avail { u16 flags, idx, ring[]; };
struct vring_used_elem { u32 id, len; };
struct vring_used { u16 flags, idx; struct vring_used_elem ring[]; };
#define AVAIL_NO_INTERRUPT	1
#define USED_NO_NOTIFY		1
#define QUEUE_SIZE_MAX		32768u

struct vqueue {
	struct virtio_dev *dev;		/* I */
	u32 index;			/* I */
	u32 size;			/* I descriptors, a power of two */
	struct virtio_desc *desc;	/* I size entries, shared with the device */
	struct vring_avail *avail;	/* I size entries */
	struct vring_used *used;	/* I size entries */
	u32 mem_order;			/* I of the pages that hold them */
	void **tokens;			/* size entries: by head descriptor */
	u16 free_head, nfree;
	u16 avail_idx;			/* our copy: never read back from shared memory */
	u16 used_seen;
	u16 kicked_idx;			/* avail_idx when the device was told last */
	bool has_event_idx;		/* I */
	bool is_irq_off;		/* the driver polls */
	int vector;			/* I of the device's MSI-X, -1: none */
	u32 drain_at;			/* vqueue_drain(): next token to look at */
	bool is_broken;			/* the device gave an impossible index */
	volatile u16 __iomem *notify;	/* I doorbell */
	void (*callback)(struct vqueue *q, void *arg);	/* I */
	void *arg;			/* I */
};

/* virtqueue.c: memory of a queue; 0 or -ENOMEM. */
int vqueue_alloc(struct vqueue *q);
void vqueue_free(struct vqueue *q);
/* Empty, as after vqueue_alloc(). */
void vqueue_clear(struct vqueue *q);

/* virtio_pci.c */
u64 vpci_features(struct virtio_dev *v);
/* Write accepted features; false if the device refuses them. */
bool vpci_accept(struct virtio_dev *v, u64 features);
void vpci_set_status(struct virtio_dev *v, u8 status);
u8 vpci_status(struct virtio_dev *v);
void vpci_config_read(struct virtio_dev *v, u32 off, void *buf, u32 len);
/* Size the device offers for a queue, 0: none. */
u32 vpci_queue_size(struct virtio_dev *v, u32 index);
/* Announce memory, doorbell and interrupt of a queue; 0 or -errno. */
int vpci_queue_enable(struct vqueue *q, const char *name);
/* The same again after a reset: vector and doorbell are known. */
int vpci_queue_reenable(struct vqueue *q);
/* Send a queue's interrupt to @cpu. */
int vpci_queue_set_cpu(struct vqueue *q, u32 cpu);
int vpci_config_watch(struct virtio_dev *v, void (*fn)(struct virtio_dev *v, void *arg), void *arg);
void vpci_config_write(struct virtio_dev *v, u32 off, const void *buf, u32 len);
