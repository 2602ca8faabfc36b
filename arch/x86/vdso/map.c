// SPDX-License-Identifier: GPL-2.0-only
/* The vDSO's pages: published times, and the mapping that exec asks for. */
#include <asm/vvar.h>

#include <asm/page.h>
#include <asm/pgtable.h>
#include <tern/base/err.h>
#include <tern/kernel/klog.h>
#include <tern/kernel/loader.h>
#include <tern/mm/aspace.h>

#include "../time_impl.h"

static union {
	struct vvar v;
	u8 page[PAGE_SIZE];
} vvar __aligned(4096) __section(".data..page_aligned"), no_clock __aligned(4096) __section(".data..page_aligned");

extern const char vdso_image[], vdso_image_end[];

#define VDSO_PAGES_MAX	4

static struct page *image_pages[VDSO_PAGES_MAX], *vvar_pages[2];

void arch_vvar_publish(const struct vvar_update *u)
{
	struct vvar *v = &vvar.v;

	WRITE_ONCE(v->seq, v->seq + 1);
	smp_wmb();
	v->is_tsc = clock_get_tsc(&v->tsc_base, &v->tsc_mult, &v->arch_base);
	v->at = u->at;
	v->rate = u->rate;
	v->mono_ns = u->mono_ns;
	v->boot_ns = u->boot_ns;
	v->real_ns = u->real_ns;
	v->tai_offset_ns = u->tai_offset_ns;
	smp_wmb();
	WRITE_ONCE(v->seq, v->seq + 1);
}

void vvar_tsc_lost(void)
{
	WRITE_ONCE(vvar.v.is_tsc, 0);
}

static int fault_page(struct pagefault *f, struct page **pages, u32 n)
{
	u64 i = (f->addr - f->rg->start) >> PAGE_SHIFT;

	if (i >= n)
		return -EFAULT;
	page_get(pages[i]);
	f->page = pages[i];
	return 0;
}

static u32 image_count(void) { return (u32)((vdso_image_end - vdso_image) >> PAGE_SHIFT); }

static int fault_image(struct pagefault *f) { return fault_page(f, image_pages, image_count()); }
/* In a time namespace with clocks of its own: the page that says that there is no clock. */
static int fault_vvar(struct pagefault *f)
{
	return fault_page(f, vvar_pages + READ_ONCE(f->rg->as->is_clock_hidden), 1);
}

static const char *name_image(struct region *rg) { return "[vdso]"; }
static const char *name_vvar(struct region *rg) { return "[vvar]"; }
static int no_split(struct region *rg, uptr addr) { return -EINVAL; }
static void nothing(struct region *rg) { }

static const struct region_ops ops_image = {
	.open = nothing, .close = nothing, .fault = fault_image, .may_split = no_split,
	.name = name_image,
};
static const struct region_ops ops_vvar = {
	.open = nothing, .close = nothing, .fault = fault_vvar, .may_split = no_split,
	.name = name_vvar,
};

void arch_vdso_hide_clock(struct aspace *as, bool is_hidden)
{
	WRITE_ONCE(as->is_clock_hidden, is_hidden);
	aspace_forget_special(as, &ops_vvar);
}

static void find_pages(void)
{
	for (u32 i = 0; i < image_count(); i++)
		image_pages[i] = virt_to_page(vdso_image + i * PAGE_SIZE);
	vvar_pages[0] = virt_to_page(&vvar);
	vvar_pages[1] = virt_to_page(&no_clock);
}

long arch_vdso_map(struct aspace *as, bool is_randomized)
{
	long at, below;

	if (!vvar_pages[1])
		find_pages();	/* idempotent: no harm if two do it at once */
	/* The place follows the mmap area, which exec has randomised. */
	at = aspace_map_special(as, 0, image_pages, image_count(), PROT_R | PROT_X, &ops_image,
				NULL);
	if (at < 0)
		return at;
	below = aspace_map_special(as, (uptr)at - PAGE_SIZE, vvar_pages, 1, PROT_R, &ops_vvar,
				   NULL);
	if (below == at - (long)PAGE_SIZE)
		return at;
	if (below > 0)
		aspace_unmap(as, (uptr)below, PAGE_SIZE);
	aspace_unmap(as, (uptr)at, (size_t)image_count() << PAGE_SHIFT);
	return below < 0 ? below : 0;
}

static_assert(sizeof(struct vvar) <= PAGE_SIZE, "one page");
