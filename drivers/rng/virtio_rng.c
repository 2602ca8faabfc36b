// SPDX-License-Identifier: GPL-2.0-only
/*
 * Virtio entropy device: VIRTIO 1.1, 5.4. One queue; each buffer comes back with
 * random bytes from the host.
 *
 * At start one buffer is in flight; its completion feeds the pool. The next is
 * asked for when the pool is stirred again, every RESEED_NS, by a delayed work item.
 * The buffer is owned by the device from add to take, by the driver otherwise;
 * the interrupt only queues the work, so nothing needs a lock.
 */
#include <generated/svc_driver.h>
#include <tern/base/err.h>
#include <tern/drivers/virtio.h>
#include <tern/kernel/clock.h>
#include <tern/kernel/irq.h>
#include <tern/kernel/random.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

#define SEED_BYTES	64
#define RESEED_NS	(60 * NSEC_PER_SEC)

struct vrng {
	struct vqueue *queue;
	struct delayed_item work;
	bool is_in_flight;
	u8 seed[SEED_BYTES];
};

static void ask(struct vrng *r)
{
	struct virtio_seg seg = { .addr = virt_to_phys(r->seed), .len = SEED_BYTES };

	r->is_in_flight = !vqueue_add(r->queue, &seg, 0, 1, r);
	vqueue_kick(r->queue);
}

/* A buffer came back, or it is time for the next one. */
static void vrng_work(struct workitem *w)
{
	struct vrng *r = container_of(w, struct vrng, work.work);
	u32 len;

	if (r->is_in_flight && vqueue_take(r->queue, &len)) {
		r->is_in_flight = false;
		len = min_t(u32, len, SEED_BYTES);
		random_add_entropy(r->seed, len, len * 8);
		memset(r->seed, 0, SEED_BYTES);
		workpool_queue_delayed(workpool_system, &r->work, RESEED_NS);
	} else if (!r->is_in_flight) {
		ask(r);
	}
}

static void vrng_interrupt(struct vqueue *q, void *arg)
{
	struct vrng *r = arg;

	workpool_queue(workpool_system, &r->work.work);
}

static int vrng_probe(struct devnode *d)
{
	struct virtio_dev *v = virtio_of(d);
	struct vrng *r = kmem_zalloc(sizeof(*r), ALLOC_KERNEL);
	int err;

	if (!r)
		return -ENOMEM;
	delayed_work_init(&r->work, vrng_work);
	err = virtio_negotiate(v, 0);
	if (err)
		goto err_free;
	r->queue = vqueue_create(v, 0, vrng_interrupt, r, "virtio-rng");
	if (IS_ERR(r->queue)) {
		err = (int)PTR_ERR(r->queue);
		virtio_stop(v);
		goto err_free;
	}
	d->driver_data = r;
	virtio_start(v);
	ask(r);
	return 0;
err_free:
	kmem_free(r);
	return err;
}

static void vrng_remove(struct devnode *d)
{
	struct vrng *r = d->driver_data;

	virtio_stop(virtio_of(d));
	delayed_work_cancel_sync(&r->work);
	vqueue_destroy(r->queue);
	kmem_free(r);
}

static const struct virtio_id vrng_ids[] = { { VIRTIO_ID_RNG }, { 0 } };

static struct driver_desc vrng_driver = {
	.name = "virtio-rng", .bus = &virtio_bus, .ids = vrng_ids, .probe = vrng_probe,
	.remove = vrng_remove,
};
DRIVER(vrng_driver);
