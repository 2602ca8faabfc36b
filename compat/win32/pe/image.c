// SPDX-License-Identifier: GPL-2.0-only
/*
 * Images: PE files as memory. Each file has one struct nt_image while anybody uses it;
 * all processes map the same pages, copied when written to.
 *
 * A section that begins at a page of the file is mapped from the file's own page cache.
 * The others (linkers align to 512 bytes by default) come from a cache of the image
 * by RVA, whose pages are put together from the file when they are first touched. Relocation
 * is the business of who maps: it makes private pages.
 *
 * Locks: images_lock around the list; the caches have their own.
 */
#include "../image.h"

#include <tern/mm/face.h>
#include <tern/mm/shmem.h>
#include <uapi/mman.h>

#include "../vm.h"

static LIST_HEAD(images);
static struct kmutex images_lock = KMUTEX_INIT(images_lock, LOCKRANK_VFS_MISC);

static int read_exact(struct ofile *f, void *buf, size_t n, loff_t pos)
{
	ssize_t got = ofile_read_kernel(f, buf, n, &pos);

	if (got < 0)
		return got;
	return (size_t)got == n ? 0 : -EBADMSG;
}

/* What of the file lies in the page at @rva: offset and length; 0 if nothing. */
static u32 file_part(const struct nt_image *img, u32 rva, u32 *offset)
{
	if (rva < img->info.head_size) {
		*offset = rva;
		return min(img->info.head_size - rva, (u32)PAGE_SIZE);
	}
	for (u32 i = 0; i < img->info.nsections; i++) {
		const struct pe_section *s = &img->sections[i];

		if (rva >= s->rva && rva - s->rva < s->raw_size) {
			*offset = s->raw + (rva - s->rva);
			return min(s->raw_size - (rva - s->rva), (u32)PAGE_SIZE);
		}
	}
	return 0;
}

static int read_page(struct pagecache *pc, struct page *page)
{
	struct nt_image *img = container_of(pc, struct nt_image, pages);
	u8 *p = page_to_virt(page);
	u32 offset, n = file_part(img, (u32)page->index << PAGE_SHIFT, &offset);
	int err = n ? read_exact(img->file, p, n, offset) : 0;

	if (!err) {
		memset(p + n, 0, PAGE_SIZE - n);
		page_flag_set(page, PG_UPTODATE);
	}
	page_unlock(page);
	return err;
}

static const struct pagecache_ops image_pages_ops = {
	.read_page = read_page,
	.read_ahead = pagecache_no_read_ahead,
	.write_page = pagecache_memory_write_page,
	.write_begin = pagecache_memory_write_begin,
	.write_end = pagecache_memory_write_end,
	.make_writable = pagecache_memory_make_writable,
	.release_page = pagecache_memory_release_page,
};

/* ---- life ---- */

static int parse(struct nt_image *img, const u8 *head, size_t len)
{
	u32 end = 0;
	int err = pe_parse_header(head, len, img->size, &img->info);

	if (err)
		return err;
	img->sections = kmem_calloc(img->info.nsections + 1, sizeof(*img->sections), ALLOC_KERNEL);
	if (!img->sections)
		return -ENOMEM;
	for (u32 i = 0; i < img->info.nsections && !err; i++)
		err = pe_parse_section(head, len, img->size, &img->info, i, &end, &img->sections[i]);
	return err;
}

static struct nt_image *build(struct ofile *f, const struct vattr *va)
{
	struct nt_image *img = kmem_zalloc(sizeof(*img), ALLOC_KERNEL);
	u8 *head = kmem_alloc(PE_HEAD_MAX, ALLOC_KERNEL);
	loff_t pos = 0;
	ssize_t n;
	int err = -ENOMEM;

	if (!img || !head)
		goto fail;
	img->size = va->size;
	img->mtime = va->mtime;
	n = ofile_read_kernel(f, head, PE_HEAD_MAX, &pos);
	err = n < 0 ? n : parse(img, head, n);
	if (err)
		goto fail;
	kmem_free(head);
	ref_init(&img->refs, 1);
	ofile_get(f);
	img->file = f;
	pagecache_init(&img->pages, NULL, &image_pages_ops,
		       PAGECACHE_NOWRITEBACK | PAGECACHE_UNEVICTABLE);
	img->pages.anon_size = img->info.size;
	return img;
fail:
	if (img)
		kmem_free(img->sections);
	kmem_free(img);
	kmem_free(head);
	return ERR_PTR(err);
}

static struct nt_image *find_locked(const struct ofile *f, const struct vattr *va)
{
	struct nt_image *img;

	list_foreach(img, &images, link)
		if (img->file->of_vnode == f->of_vnode && img->mtime == va->mtime &&
		    img->size == va->size && ref_get_unless_zero(&img->refs))
			return img;
	return NULL;
}

struct nt_image *nt_image_open(struct ofile *f)
{
	struct nt_image *img;
	struct vattr va = { 0 };
	int err;

	if (!S_ISREG(f->of_vnode->vn_mode))
		return ERR_PTR(-ENOEXEC);
	err = f->of_vnode->vn_ops->getattr(f->of_vnode, &va);
	if (err)
		return ERR_PTR(err);
	kmutex_lock(&images_lock);
	img = find_locked(f, &va);
	kmutex_unlock(&images_lock);
	if (img)
		return img;
	img = build(f, &va);
	if (IS_ERR(img))
		return img;
	/* Two may build the same: both are right, the sharing is less. */
	kmutex_lock(&images_lock);
	list_add(&img->link, &images);
	kmutex_unlock(&images_lock);
	return img;
}

void nt_image_put(struct nt_image *img)
{
	if (!ref_put(&img->refs))
		return;
	kmutex_lock(&images_lock);
	list_del(&img->link);
	kmutex_unlock(&images_lock);
	pagecache_fini(&img->pages);
	ofile_put(img->file);
	kmem_free_large(img->binding);
	kmem_free(img->sections);
	kmem_free(img);
}

/* ---- reading ---- */

int nt_image_read(struct nt_image *img, u32 rva, void *buf, size_t n)
{
	u8 *out = buf;

	if (rva > img->info.size || n > img->info.size - rva)
		return -EBADMSG;
	while (n) {
		u32 in_page = rva & (PAGE_SIZE - 1);
		size_t k = min(n, PAGE_SIZE - in_page);
		struct page *p = pagecache_read_in(&img->pages, rva >> PAGE_SHIFT);

		if (IS_ERR(p))
			return PTR_ERR(p);
		memcpy(out, (u8 *)page_to_virt(p) + in_page, k);
		page_put(p);
		out += k;
		rva += k;
		n -= k;
	}
	return 0;
}

void *nt_image_dir(struct nt_image *img, enum pe_dir_index which)
{
	const struct pe_dir *d = &img->info.dir[which];
	void *data;
	int err;

	if (!d->size)
		return ERR_PTR(-ENOENT);
	data = kmem_alloc_large(d->size, ALLOC_KERNEL);
	if (!data)
		return ERR_PTR(-ENOMEM);
	err = nt_image_read(img, d->rva, data, d->size);
	if (!err)
		return data;
	kmem_free_large(data);
	return ERR_PTR(err);
}

u32 nt_image_export(struct nt_image *img, const char *name)
{
	void *data = nt_image_dir(img, PE_DIR_EXPORT);
	struct pe_exports e;
	u32 rva = 0;

	if (IS_ERR(data))
		return 0;
	if (!pe_exports_init(&e, &img->info, data))
		rva = pe_export_find(&e, name);
	kmem_free_large(data);
	return rva;
}

void nt_image_info(const struct nt_image *img, uptr base, struct nt_section_image_info *out)
{
	const struct pe_info *i = &img->info;

	memset(out, 0, sizeof(*out));
	out->entry = i->entry ? base + i->entry : 0;
	out->stack_reserve = i->stack_reserve;
	out->stack_commit = i->stack_commit;
	out->subsystem = i->subsystem;
	out->subsystem_minor = i->subsystem_minor;
	out->subsystem_major = i->subsystem_major;
	out->os_major = i->os_major;
	out->os_minor = i->os_minor;
	out->characteristics = i->characteristics;
	out->dll_characteristics = i->dll_characteristics;
	out->machine = i->machine;
	out->contains_code = 1;
	out->loader_flags = i->loader_flags;
	out->file_size = i->raw_size;
	out->checksum = i->checksum;
}

/* ---- mapping ---- */

static u32 section_protect(u32 flags)
{
	if (flags & PE_SCN_EXEC)
		return flags & PE_SCN_WRITE ? PAGE_EXECUTE_WRITECOPY : PAGE_EXECUTE_READ;
	if (flags & PE_SCN_WRITE)
		return PAGE_WRITECOPY;
	return flags & PE_SCN_READ ? PAGE_READONLY : PAGE_NOACCESS;
}

static void part_open(struct region *rg)
{
	nt_image_get(rg->priv);
}

static void part_close(struct region *rg)
{
	nt_image_put(rg->priv);
}

static int part_may_split(struct region *rg, uptr addr)
{
	return 0;
}

static const char *part_name(struct region *rg)
{
	return NULL;
}

static const struct region_ops part_ops = {
	.open = part_open, .close = part_close, .fault = pagecache_region_fault,
	.may_split = part_may_split, .name = part_name,
};

/* Pages of the image's own cache, with the file for those who ask what is mapped. */
static int map_own(struct nt_vm *vm, struct nt_image *img, uptr base, u32 rva, u32 size, u32 protect)
{
	struct map_request req = {
		.addr = base + rva,
		.len = size,
		.rflags = (u32)nt_prot_of(protect) | REGION_MAYALL,
		.map_flags = MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE,
		.pc = &img->pages,
		.pgoff = rva >> PAGE_SHIFT,
		.ops = &part_ops,
		.priv = img,
	};
	long at;

	at = aspace_map(vm->as, &req);
	return at < 0 ? at : 0;
}

static int map_file(struct nt_vm *vm, struct nt_image *img, uptr at, u32 raw, u32 size, u32 protect)
{
	struct map_request req = {
		.addr = at,
		.len = size,
		.rflags = (u32)nt_prot_of(protect) | REGION_MAYALL,
		.map_flags = MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE,
		.file = img->file,
		.pgoff = raw >> PAGE_SHIFT,
	};
	int err = mmface_map(img->file, &req);
	long where = err ? err : aspace_map(vm->as, &req);

	return where < 0 ? where : 0;
}

static int map_zero(struct nt_vm *vm, uptr at, u32 size, u32 protect)
{
	struct map_request req = {
		.addr = at,
		.len = size,
		.rflags = (u32)nt_prot_of(protect) | REGION_MAYALL,
		.map_flags = MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE,
	};
	long where = aspace_map(vm->as, &req);

	return where < 0 ? where : 0;
}

static int map_section(struct nt_vm *vm, struct nt_image *img, uptr base, const struct pe_section *s)
{
	u32 protect = section_protect(s->flags), size = ALIGN_UP(s->vsize, PAGE_SIZE);
	u32 whole = s->raw_size & PAGE_MASK, tail;
	int err = 0;

	if (!size)
		return 0;
	if (nt_vm_mark(vm, base + s->rva, base + s->rva + size, protect))
		return -ENOMEM;
	/* The last page is the file's own only if nothing else of the file shows behind its end. */
	if ((s->raw & (PAGE_SIZE - 1)) == 0 && whole)
		err = map_file(vm, img, base + s->rva, s->raw, whole, protect);
	else
		whole = 0;
	tail = ALIGN_UP(s->raw_size, PAGE_SIZE) - whole;
	if (!err && tail)
		err = map_own(vm, img, base, s->rva + whole, tail, protect);
	whole += tail;
	if (!err && size > whole)
		err = map_zero(vm, base + s->rva + whole, size - whole, protect);
	return err;
}

static int map_parts(struct nt_vm *vm, struct nt_image *img, uptr base)
{
	u32 head = ALIGN_UP(img->info.head_size, PAGE_SIZE);
	int err = map_own(vm, img, base, 0, head, PAGE_READONLY);

	if (!err && nt_vm_mark(vm, base, base + head, PAGE_READONLY))
		err = -ENOMEM;
	for (u32 i = 0; i < img->info.nsections && !err; i++)
		err = map_section(vm, img, base, &img->sections[i]);
	return err;
}

static uptr choose_base(struct nt_vm *vm, const struct nt_image *img, uptr wanted)
{
	u64 size = img->info.size;

	if (wanted)
		return nt_vm_is_free(vm, wanted, wanted + size) ? wanted : 0;
	if (img->info.base >= NT_VM_MIN && nt_vm_is_free(vm, img->info.base, img->info.base + size))
		return img->info.base;
	return nt_vm_find_free(vm, size, NT_VM_GRANULE, 0x180000000UL, NT_VM_END, false);
}

ntstatus nt_vm_map_image(struct nt_vm *vm, struct nt_image *img, struct nt_object *section, uptr *base)
{
	struct nt_alloc *a = NULL;
	uptr at;
	int err = -ENOMEM;

	kmutex_lock(&vm->lock);
	at = choose_base(vm, img, *base);
	if (at)
		a = nt_vm_add(vm, at, at + img->info.size, MEM_IMAGE, PAGE_EXECUTE_WRITECOPY);
	if (a) {
		nt_image_get(img);
		a->image = img;
		if (section) {
			nt_object_get(section);
			a->section = section;
		}
		err = map_parts(vm, img, at);
		if (err)
			nt_vm_release_locked(vm, a);
	}
	kmutex_unlock(&vm->lock);
	if (!at)
		return *base ? STATUS_CONFLICTING_ADDRESSES : STATUS_NO_MEMORY;
	if (err)
		return nt_status_of(err);
	*base = at;
	return at == img->info.base ? STATUS_SUCCESS : STATUS_IMAGE_NOT_AT_BASE;
}
