// SPDX-License-Identifier: GPL-2.0-only
/*
 * Virtio 9P transport: a folder of the host. One queue; the configuration has the name of the
 * share (mount tag). Requests are the file system's (fs/p9); they are given to the device as
 * they are and come back in any order.
 *
 * Lock: `lock` protects the queue; the interrupt takes it too.
 */
#include <generated/svc_driver.h>
#include <tern/base/err.h>
#include <tern/drivers/virtio.h>
#include <tern/fs/p9link.h>
#include <tern/lib/string.h>
#include <tern/mm/page.h>
#include <tern/mm/slab.h>

#define TAG_MAX 255u

struct v9p {
	struct p9_link link;
	struct vqueue *queue;
	struct spin lock;		/* LOCKRANK_DRIVER */
	struct waitq room;		/* descriptors came back */
	char tag[TAG_MAX + 1];
};

static u32 put_payload(const struct p9_xfer *x, struct virtio_seg *segs)
{
	for (u32 i = 0; i < x->nsegs; i++)
		segs[i] = (struct virtio_seg){ page_to_phys(x->segs[i].page) + x->segs[i].off, x->segs[i].len };
	return x->nsegs;
}

static int try_send(struct v9p *v, struct p9_xfer *x)
{
	struct virtio_seg segs[P9_SEGS_MAX + 2];
	u32 nout = 0, nin = 0;
	u64 flags;
	int err;

	segs[nout++] = (struct virtio_seg){ virt_to_phys((void *)x->out), x->out_len };
	if (!x->payload_in)
		nout += put_payload(x, segs + nout);
	segs[nout + nin++] = (struct virtio_seg){ virt_to_phys(x->in), x->in_len };
	if (x->payload_in)
		nin += put_payload(x, segs + nout + nin);
	flags = spin_lock_irqsave(&v->lock);
	err = READ_ONCE(v->link.is_gone) ? -EIO : vqueue_add(v->queue, segs, nout, nin, x);
	if (!err)
		vqueue_kick(v->queue);
	spin_unlock_irqrestore(&v->lock, flags);
	return err;
}

static int v9p_send(struct p9_link *l, struct p9_xfer *x)
{
	struct v9p *v = container_of(l, struct v9p, link);
	int err = x->nsegs > P9_SEGS_MAX || x->nsegs + 2 > vqueue_size(v->queue) ? -EINVAL : try_send(v, x);

	if (err == -ENOSPC)
		waitq_wait(&v->room, (err = try_send(v, x)) != -ENOSPC);
	return err;
}

static void v9p_interrupt(struct vqueue *q, void *arg)
{
	struct v9p *v = arg;
	struct p9_xfer *x;
	u64 flags;
	u32 len;

	flags = spin_lock_irqsave(&v->lock);
	while ((x = vqueue_take(q, &len))) {
		x->got = len;
		latch_open_one(&x->done);
	}
	spin_unlock_irqrestore(&v->lock, flags);
	waitq_wake_if_any(&v->room);
}

static int read_tag(struct virtio_dev *d, struct v9p *v)
{
	u16 len;

	virtio_config_read(d, 0, &len, sizeof(len));
	if (!len || len > TAG_MAX)
		return -EINVAL;
	virtio_config_read(d, 2, v->tag, len);
	v->link.tag = v->tag;
	return 0;
}

static int v9p_probe(struct devnode *n)
{
	struct virtio_dev *d = virtio_of(n);
	struct v9p *v = kmem_zalloc(sizeof(*v), ALLOC_KERNEL);
	int err;

	if (!v)
		return -ENOMEM;
	spin_init(&v->lock, LOCKRANK_DRIVER);
	waitq_init(&v->room);
	ref_init(&v->link.refs, 1);
	v->link.send = v9p_send;
	err = virtio_negotiate(d, BIT(0));	/* it has a mount tag */
	if (!err)
		err = read_tag(d, v);
	if (err)
		goto err_free;
	v->queue = vqueue_create(d, 0, v9p_interrupt, v, "virtio-9p");
	if (IS_ERR(v->queue)) {
		err = (int)PTR_ERR(v->queue);
		goto err_stop;
	}
	virtio_start(d);
	n->driver_data = v;
	err = p9_link_register(&v->link);
	if (!err)
		return 0;
	virtio_stop(d);
	vqueue_destroy(v->queue);
	goto err_free;
err_stop:
	virtio_stop(d);
err_free:
	kmem_free(v);
	return err;
}

static void v9p_remove(struct devnode *n)
{
	struct v9p *v = n->driver_data;
	struct p9_xfer *x;

	p9_link_unregister(&v->link);
	virtio_stop(virtio_of(n));
	while ((x = vqueue_drain(v->queue))) {
		x->error = -EIO;
		latch_open_one(&x->done);
	}
	waitq_wake_all(&v->room);
	/* What is mounted keeps the memory; its requests fail from now on. */
	if (ref_put(&v->link.refs)) {
		vqueue_destroy(v->queue);
		kmem_free(v);
	}
}

static const struct virtio_id v9p_ids[] = { { VIRTIO_ID_9P }, { 0 } };

static struct driver_desc v9p_driver = {
	.name = "virtio-9p", .bus = &virtio_bus, .ids = v9p_ids, .probe = v9p_probe, .remove = v9p_remove,
};
DRIVER(v9p_driver);
