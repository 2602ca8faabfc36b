// SPDX-License-Identifier: GPL-2.0-only
/*
 * What dm-mod asks for beyond bios: memory that is storage (no device of ours is; a dax_device is the handle
 * that dm keeps for each of its disks), disks of requests on top of others, measurements and audit records.
 */
#include "block_impl.h"

#include <tern/base/err.h>
#include <tern/base/initcall.h>
#include <tern/mm/page.h>
#include <tern/mm/slab.h>

struct lx_dax_device { void *priv; };

struct lx_dax_device *lx_alloc_dax(void *priv, const struct lx_dax_operations *ops)
{
	struct lx_dax_device *d = kmem_zalloc(sizeof(*d), ALLOC_KERNEL);

	if (!d)
		return ERR_PTR(-ENOMEM);
	d->priv = priv;
	return d;
}
LX_EXPORT(alloc_dax);
void lx_put_dax(struct lx_dax_device *d) { kmem_free(d); }
LX_EXPORT(put_dax);
void lx_kill_dax(struct lx_dax_device *d) { d->priv = NULL; }
LX_EXPORT(kill_dax);
void *lx_dax_get_private(struct lx_dax_device *d) { return d->priv; }
LX_EXPORT(dax_get_private);
int lx_dax_add_host(struct lx_dax_device *d, struct lx_gendisk *g) { return 0; }
LX_EXPORT(dax_add_host);
void lx_dax_remove_host(struct lx_gendisk *g) { }
LX_EXPORT(dax_remove_host);
struct lx_dax_device *lx_fs_dax_get_by_bdev(struct lx_block_device *b, unsigned long long *start, void *holder,
					    const struct lx_dax_holder_operations *ops)
{
	return NULL;
}
LX_EXPORT(fs_dax_get_by_bdev);
long lx_dax_direct_access(struct lx_dax_device *d, unsigned long pgoff, long n, unsigned int mode, void **kva,
			  struct lx_pfn_t *pfn)
{
	return -EOPNOTSUPP;
}
LX_EXPORT(dax_direct_access);
size_t lx_dax_recovery_write(struct lx_dax_device *d, unsigned long pgoff, void *p, size_t n, struct lx_iov_iter *i)
{
	return 0;
}
LX_EXPORT(dax_recovery_write);
int lx_dax_zero_page_range(struct lx_dax_device *d, unsigned long pgoff, size_t n) { return -EOPNOTSUPP; }
LX_EXPORT(dax_zero_page_range);
bool lx_dax_synchronous(struct lx_dax_device *d) { return false; }
LX_EXPORT(dax_synchronous);
void lx_set_dax_synchronous(struct lx_dax_device *d) { }
LX_EXPORT(set_dax_synchronous);
void lx_set_dax_nocache(struct lx_dax_device *d) { }
LX_EXPORT(set_dax_nocache);
void lx_set_dax_nomc(struct lx_dax_device *d) { }
LX_EXPORT(set_dax_nomc);
void lx_dax_write_cache(struct lx_dax_device *d, bool on) { }
LX_EXPORT(dax_write_cache);
bool lx_dax_write_cache_enabled(struct lx_dax_device *d) { return false; }
LX_EXPORT(dax_write_cache_enabled);

/* ---- disks of requests above others: absent ---- */

int lx_blk_mq_init_allocated_queue(struct lx_blk_mq_tag_set *set, struct lx_request_queue *q) { return -EOPNOTSUPP; }
LX_EXPORT(blk_mq_init_allocated_queue);
unsigned char lx_blk_insert_cloned_request(struct lx_request *rq) { return STATUS_IOERR; }
LX_EXPORT(blk_insert_cloned_request);
int lx_blk_rq_prep_clone(struct lx_request *rq, struct lx_request *from, struct lx_bio_set *s, unsigned int gfp,
			 int (*fn)(struct lx_bio *, struct lx_bio *, void *), void *data)
{
	return -EOPNOTSUPP;
}
LX_EXPORT(blk_rq_prep_clone);
void lx_blk_rq_unprep_clone(struct lx_request *rq) { }
LX_EXPORT(blk_rq_unprep_clone);
bool lx_blk_mq_queue_inflight(struct lx_request_queue *q) { return atomic_read(&lx_queue_of(q)->inflight) != 0; }
LX_EXPORT(blk_mq_queue_inflight);

int lx_blk_integrity_compare(struct lx_gendisk *a, struct lx_gendisk *b) { return 0; }
LX_EXPORT(blk_integrity_compare);
int lx_blkdev_report_zones(struct lx_block_device *b, unsigned long long sector, unsigned int n,
			   int (*fn)(struct lx_blk_zone *, unsigned int, void *), void *data)
{
	return -EOPNOTSUPP;
}
LX_EXPORT(blkdev_report_zones);
unsigned int lx_bdev_nr_zones(struct lx_block_device *b) { return 0; }
LX_EXPORT(bdev_nr_zones);
void lx_blk_limits_io_min(struct lx_queue_limits *l, unsigned int n)
{
	l->io_min = max(max(n, l->logical_block_size), l->physical_block_size);
}
LX_EXPORT(blk_limits_io_min);
void lx_blk_limits_io_opt(struct lx_queue_limits *l, unsigned int n) { l->io_opt = n; }
LX_EXPORT(blk_limits_io_opt);

/* ---- an object with a completion behind it, whose owner waits for the last reference ---- */

void lx_dm_kobject_release(struct lx_kobject *k)
{
	static_assert(sizeof(struct lx_kobject) % _Alignof(struct lx_completion) == 0, "the completion follows");
	lx_complete((struct lx_completion *)(k + 1));
}
LX_EXPORT(dm_kobject_release);

/* ---- records that nobody keeps ---- */

static unsigned int lx_audit_enabled;
LX_EXPORT_DATA(audit_enabled);
struct lx_audit_buffer *lx_audit_log_start(struct lx_audit_context *c, unsigned int gfp, int type) { return NULL; }
LX_EXPORT(audit_log_start);
void lx_audit_log_end(struct lx_audit_buffer *b) { }
LX_EXPORT(audit_log_end);
void lx_audit_log_format(struct lx_audit_buffer *b, const char *fmt, ...) { }
LX_EXPORT(audit_log_format);
void lx_audit_log_task_info(struct lx_audit_buffer *b) { }
LX_EXPORT(audit_log_task_info);
int lx_ima_measure_critical_data(const char *what, const char *event, const void *data, size_t n, bool hash,
				 unsigned char *digest, size_t digest_n)
{
	return -EOPNOTSUPP;
}
LX_EXPORT(ima_measure_critical_data);

/* ---- memory ---- */

static long lx__totalram_pages;
LX_EXPORT_DATA(_totalram_pages);
static u8 lx_empty_zero_page[PAGE_SIZE] __aligned(PAGE_SIZE);
LX_EXPORT_DATA(empty_zero_page);

static int count_memory(void)
{
	lx__totalram_pages = (long)page_count_total();
	return 0;
}
INITCALL(CORE, count_memory);
