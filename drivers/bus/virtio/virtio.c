// SPDX-License-Identifier: GPL-2.0-only
/* The virtio bus: matching, feature negotiation, queue set-up. VIRTIO 1.1, 3.1. */
#include "virtio_impl.h"

#include <asm/cpu.h>
#include <tern/base/err.h>
#include <tern/kernel/clock.h>
#include <tern/kernel/klog.h>
#include <tern/kernel/sched.h>
#include <tern/lib/bits.h>
#include <tern/lib/seqbuf.h>
#include <tern/mm/slab.h>

#define STATUS_ACKNOWLEDGE	1
#define STATUS_DRIVER		2
#define STATUS_DRIVER_OK	4
#define STATUS_FEATURES_OK	8
#define STATUS_FAILED		128

static bool virtio_match(struct devnode *d, const struct driver_desc *drv)
{
	for (const struct virtio_id *id = drv->ids; id->device; id++)
		if (id->device == virtio_of(d)->id)
			return true;
	return false;
}

static void virtio_print_alias(struct devnode *d, struct seqbuf *sb)
{
	seqbuf_printf(sb, "virtio:d%08Xv%08X", virtio_of(d)->id, 0x1af4);
}

struct bus virtio_bus = {
	.name = "virtio", .match = virtio_match, .print_alias = virtio_print_alias,
};

/* Reset and wait until the device says it is done. Bounded: a dead device stays dead. */
static bool reset(struct virtio_dev *v)
{
	nsec_t end = clock_ns() + NSEC_PER_SEC;

	vpci_set_status(v, 0);
	while (vpci_status(v)) {
		if (clock_ns() > end)
			return false;
		sched_sleep_until(clock_ns() + NSEC_PER_MSEC);
	}
	return true;
}

int virtio_negotiate(struct virtio_dev *v, u64 wanted)
{
	u64 offered;

	if (!reset(v))
		return -ENODEV;
	vpci_set_status(v, STATUS_ACKNOWLEDGE);
	vpci_set_status(v, STATUS_ACKNOWLEDGE | STATUS_DRIVER);
	offered = vpci_features(v);
	v->features = offered & (wanted | BIT(VIRTIO_F_VERSION_1));
	if (!virtio_has(v, VIRTIO_F_VERSION_1) || !vpci_accept(v, v->features))
		goto err_fail;
	vpci_set_status(v, STATUS_ACKNOWLEDGE | STATUS_DRIVER | STATUS_FEATURES_OK);
	if (vpci_status(v) & STATUS_FEATURES_OK)
		return 0;
err_fail:
	vpci_set_status(v, STATUS_FAILED);
	return -ENODEV;
}

void virtio_start(struct virtio_dev *v)
{
	vpci_set_status(v, vpci_status(v) | STATUS_DRIVER_OK);
}

void virtio_stop(struct virtio_dev *v)
{
	if (!reset(v))
		kerr("virtio %s: does not reset", v->node.name);
}

void virtio_config_read(struct virtio_dev *v, u32 off, void *buf, u32 len)
{
	vpci_config_read(v, off, buf, len);
}

void virtio_config_write(struct virtio_dev *v, u32 off, const void *buf, u32 len)
{
	vpci_config_write(v, off, buf, len);
}

int virtio_config_watch(struct virtio_dev *v, void (*fn)(struct virtio_dev *v, void *arg), void *arg)
{
	return vpci_config_watch(v, fn, arg);
}

struct vqueue *vqueue_create(struct virtio_dev *v, u32 index,
				   void (*callback)(struct vqueue *q, void *arg), void *arg,
				   const char *name)
{
	u32 size = vpci_queue_size(v, index);
	struct vqueue *q;
	int err;

	if (!size)
		return ERR_PTR(-ENOENT);
	q = kmem_zalloc(sizeof(*q), ALLOC_KERNEL);
	if (!q)
		return ERR_PTR(-ENOMEM);
	q->dev = v;
	q->index = index;
	q->size = 1u << ilog2(min_t(u32, size, QUEUE_SIZE_MAX));
	q->callback = callback;
	q->arg = arg;
	q->vector = -1;
	q->has_event_idx = virtio_has(v, VIRTIO_F_EVENT_IDX);
	err = vqueue_alloc(q);
	if (err)
		goto err_free;
	err = vpci_queue_enable(q, name);
	if (!err)
		return q;
	vqueue_free(q);
err_free:
	kmem_free(q);
	return ERR_PTR(err);
}

int vqueue_restart(struct vqueue *q)
{
	if (vpci_queue_size(q->dev, q->index) < q->size)
		return -EIO;
	vqueue_clear(q);
	return vpci_queue_reenable(q);
}

int vqueue_set_cpu(struct vqueue *q, u32 cpu)
{
	return q->vector < 0 ? -ENOENT : vpci_queue_set_cpu(q, cpu);
}

void vqueue_destroy(struct vqueue *q)
{
	vqueue_free(q);
	kmem_free(q);
}

static int virtio_init(void)
{
	devbus_register(&virtio_bus);
	return 0;
}
INITCALL(CORE, virtio_init);
