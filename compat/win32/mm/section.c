// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sections and views. A section is an image, a file, or a nameless memory file; a
 * view is one allocation whose region shares the file's pages (or copies them when written, for
 * PAGE_WRITECOPY). All views of all processes see the same pages.
 */
#include "../section.h"

#include <generated/svc_vfs.h>
#include <tern/fs/memfd.h>
#include <tern/mm/face.h>
#include <uapi/mman.h>

#include "../file.h"
#include "../image.h"

#define SECTION_QUERY	0x1u
#define SECTION_MAP_WRITE 0x2u
#define SECTION_MAP_READ 0x4u
#define SECTION_MAP_EXECUTE	0x8u
#define QUERY_BASIC	0u
#define QUERY_IMAGE	1u
#define AT_FDCWD	(-100)

static struct nt_section *section_of(struct nt_object *o)
{
	return container_of(o, struct nt_section, ob);
}

static void section_cleanup(struct nt_object *o)
{
	struct nt_section *sec = section_of(o);

	if (sec->image)
		nt_image_put(sec->image);
	if (sec->file)
		ofile_put(sec->file);
}

const struct nt_type nt_section_type = {
	.ops = NT_TYPE_OPS("section", nt_never_signaled, object_ignore_wait),
	.name = "Section", .all_access = 0xf001f, .read_access = 0x20005, .write_access = 0x20002,
	.exec_access = 0x20008, .cleanup = section_cleanup,
};

/* ---- making ---- */

static bool is_writable(u32 protect)
{
	return protect & (PAGE_READWRITE | PAGE_EXECUTE_READWRITE);
}

static bool is_executable(u32 protect)
{
	return protect & (PAGE_EXECUTE | PAGE_EXECUTE_READ | PAGE_EXECUTE_READWRITE | PAGE_EXECUTE_WRITECOPY);
}

static ntstatus back_by_file(struct nt_section *sec, struct nt_file *f, u64 size)
{
	u64 now;
	int err;

	if (f->kind != NT_FILE_DISK)
		return STATUS_INVALID_FILE_FOR_SECTION;
	if (is_writable(sec->protect) && !(f->of->of_mode & OFILE_WRITE))
		return STATUS_ACCESS_DENIED;
	if (!(f->of->of_mode & OFILE_READ))
		return STATUS_ACCESS_DENIED;
	now = (u64)vnode_size(f->of->of_vnode);
	if (!size && !now)
		return STATUS_FILE_INVALID;	/* an empty file cannot be mapped */
	if (size > now) {
		if (!is_writable(sec->protect))
			return STATUS_SECTION_TOO_BIG;
		err = svc_vfs_truncate(&f->of->of_path, (loff_t)size, true);
		if (err)
			return nt_status_of(err);
	}
	ofile_get(f->of);
	sec->file = f->of;
	sec->is_file = true;
	sec->size = size ? size : now;
	return STATUS_SUCCESS;
}

static ntstatus back_by_image(struct nt_section *sec, struct nt_file *f)
{
	struct nt_image *img;

	if (f->kind != NT_FILE_DISK)
		return STATUS_INVALID_FILE_FOR_SECTION;
	img = nt_image_open(f->of);
	if (IS_ERR(img))
		return PTR_ERR(img) == -ENOEXEC ? STATUS_INVALID_IMAGE_NOT_MZ : nt_status_of(PTR_ERR(img));
	sec->image = img;
	sec->size = img->info.size;
	return STATUS_SUCCESS;
}

static ntstatus back_by_memory(struct nt_section *sec, u64 size)
{
	struct ofile *of;

	if (!size)
		return STATUS_INVALID_PARAMETER;
	of = memfd_open("section", ALIGN_UP(size, PAGE_SIZE), 0);
	if (IS_ERR(of))
		return nt_status_of(PTR_ERR(of));
	sec->file = of;
	sec->size = ALIGN_UP(size, PAGE_SIZE);
	return STATUS_SUCCESS;
}

ntstatus nt_create_section(u64 __user *out, u32 access, const struct nt_object_attributes __user *attr,
			   const u64 __user *usize, u32 protect, u32 flags, u64 file)
{
	struct nt_section *sec;
	struct nt_file *f = NULL;
	u64 size = 0;
	ntstatus s;

	if (user_put(0UL, out) || (usize && user_get(size, usize)))
		return STATUS_ACCESS_VIOLATION;
	if (nt_prot_of(protect) < 0)
		return STATUS_INVALID_PAGE_PROTECTION;
	if (file)
		NT_CHECK(nt_file_get(file, 0, &f));
	sec = nt_object_alloc(&nt_section_type, sizeof(*sec));
	if (!sec) {
		s = STATUS_NO_MEMORY;
	} else {
		sec->protect = protect;
		sec->flags = flags;
		if (!f)
			s = flags & SEC_IMAGE ? STATUS_INVALID_FILE_FOR_SECTION : back_by_memory(sec, size);
		else
			s = flags & SEC_IMAGE ? back_by_image(sec, f) : back_by_file(sec, f, size);
	}
	if (f)
		nt_file_put(f);
	if (s) {
		if (sec)
			nt_object_put(&sec->ob);
		return s;
	}
	return nt_create_named(&sec->ob, access, attr, out);
}

ntstatus nt_open_section(u64 __user *out, u32 access, const struct nt_object_attributes __user *attr)
{
	return nt_open_named(&nt_section_type, access, attr, out);
}

ntstatus nt_query_section(u64 handle, u32 class, void __user *buf, u64 room, u64 __user *used)
{
	struct { u64 base; u32 attributes, pad; u64 size; } basic = { 0 };
	struct nt_section_image_info info;
	struct nt_section *sec;
	struct nt_object *o;
	ntstatus s;
	u64 n;

	NT_CHECK(nt_handle_get(handle, &nt_section_type, SECTION_QUERY, &o));
	sec = section_of(o);
	if (class == QUERY_BASIC) {
		n = sizeof(basic);
		basic.attributes = sec->flags | (sec->is_file ? 0x800000 : 0);
		basic.size = sec->size;
		s = room < n ? STATUS_INFO_LENGTH_MISMATCH : nt_copyout(buf, &basic, n);
	} else if (class == QUERY_IMAGE) {
		n = sizeof(info);
		s = room < n ? STATUS_INFO_LENGTH_MISMATCH : STATUS_SUCCESS;
		if (!s && !sec->image)
			s = STATUS_SECTION_NOT_IMAGE;
		if (!s) {
			nt_image_info(sec->image, sec->image->info.base, &info);
			s = nt_copyout(buf, &info, n);
		}
	} else {
		n = 0;
		s = STATUS_INVALID_INFO_CLASS;
	}
	nt_object_put(o);
	return s || !used ? s : nt_put(n, used);
}

/* ---- views ---- */

static ntstatus map_region(struct nt_vm *vm, struct ofile *of, uptr at, u64 size, u64 offset, u32 protect,
			   bool is_copy)
{
	struct map_request req = {
		.addr = at,
		.len = size,
		.rflags = (u32)nt_prot_of(protect) | REGION_MAYALL | (is_copy ? 0 : REGION_SHARED),
		.map_flags = MAP_FIXED | MAP_NORESERVE | (is_copy ? MAP_PRIVATE : MAP_SHARED),
		.file = of,
		.pgoff = offset >> PAGE_SHIFT,
	};
	int err = mmface_map(of, &req);
	long where = err ? err : aspace_map(vm->as, &req);

	return nt_status_of(where < 0 ? where : 0);
}

static bool is_copy_protect(u32 protect)
{
	return protect & (PAGE_WRITECOPY | PAGE_EXECUTE_WRITECOPY);
}

ntstatus nt_section_commit(struct nt_vm *vm, struct nt_alloc *a, uptr start, uptr end, u32 protect)
{
	struct nt_section *sec = section_of(a->section);

	if (sec->image)
		return STATUS_CONFLICTING_ADDRESSES;
	NT_CHECK(nt_vm_mark(vm, start, end, protect));
	return map_region(vm, sec->file, start, end - start, a->offset + (start - a->start), protect,
			  is_copy_protect(protect));
}

struct view { uptr base; u64 size, offset; u32 type, protect; uptr high; };

static ntstatus view_address(struct nt_vm *vm, struct view *v)
{
	if (v->base) {
		if (v->base & (NT_VM_GRANULE - 1))
			return STATUS_MAPPED_ALIGNMENT;
		if (v->base < NT_VM_MIN || v->base + v->size > NT_VM_END ||
		    !nt_vm_is_free(vm, v->base, v->base + v->size))
			return STATUS_CONFLICTING_ADDRESSES;
		return STATUS_SUCCESS;
	}
	v->base = nt_vm_find_free(vm, v->size, NT_VM_GRANULE, NT_VM_MIN, v->high, v->type & MEM_TOP_DOWN);
	return v->base ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

/* The allocation of a view: a new one, or the placeholder that it replaces. */
static ntstatus place_view(struct nt_vm *vm, struct view *v, struct nt_alloc **a)
{
	if (v->type & MEM_REPLACE_PLACEHOLDER) {
		*a = nt_vm_replaceable(vm, v->base, v->base + v->size);
		if (!*a)
			return STATUS_CONFLICTING_ADDRESSES;
		(*a)->is_placeholder = false;
		(*a)->was_placeholder = true;
		(*a)->type = MEM_MAPPED;
		(*a)->protect = v->protect;
		return STATUS_SUCCESS;
	}
	NT_CHECK(view_address(vm, v));
	*a = nt_vm_add(vm, v->base, v->base + v->size, MEM_MAPPED, v->protect);
	return *a ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

static void drop_view(struct nt_vm *vm, struct nt_alloc *a)
{
	if (a->was_placeholder)
		nt_vm_to_placeholder(vm, a);
	else
		nt_vm_release_locked(vm, a);
}

static ntstatus map_data(struct nt_vm *vm, struct nt_section *sec, struct view *v)
{
	struct nt_alloc *a;
	ntstatus s = STATUS_SUCCESS;

	if (v->offset & (NT_VM_GRANULE - 1))
		return STATUS_MAPPED_ALIGNMENT;
	if (v->offset >= ALIGN_UP(sec->size, PAGE_SIZE))
		return STATUS_INVALID_PARAMETER;
	if (!v->size)
		v->size = sec->size - v->offset;
	v->size = ALIGN_UP(v->size, PAGE_SIZE);
	if (v->size > ALIGN_UP(sec->size, PAGE_SIZE) - v->offset)
		return STATUS_INVALID_VIEW_SIZE;
	if ((is_writable(v->protect) && !is_writable(sec->protect)) ||
	    (is_executable(v->protect) && !is_executable(sec->protect)))
		return STATUS_SECTION_PROTECTION;
	NT_CHECK(place_view(vm, v, &a));
	nt_object_get(&sec->ob);
	a->section = &sec->ob;
	a->offset = v->offset;
	if (!(sec->flags & SEC_RESERVE) || sec->is_file)
		s = nt_section_commit(vm, a, v->base, v->base + v->size, v->protect);
	if (s)
		drop_view(vm, a);
	return s;
}

/* The first view of win32u.dll also tells the numbers of its services. */
static void note_gui(struct nt_process *p, struct nt_image *img)
{
	if (!p->binding_gui && nt_image_export(img, "NtUserInitializeClientPfnArrays"))
		WRITE_ONCE(p->binding_gui, nt_image_binding(img));
}

static ntstatus map_view(struct nt_process *p, struct nt_section *sec, struct view *v)
{
	ntstatus s;

	if (sec->image && (v->type & MEM_REPLACE_PLACEHOLDER))
		return STATUS_INVALID_PARAMETER;	/* images choose their place */
	if (sec->image) {
		s = nt_vm_map_image(p->vm, sec->image, &sec->ob, &v->base);
		v->size = sec->size;
		if (!nt_is_error(s))
			note_gui(p, sec->image);
		return s;
	}
	kmutex_lock(&p->vm->lock);
	s = map_data(p->vm, sec, v);
	kmutex_unlock(&p->vm->lock);
	return s;
}

static ntstatus map_common(u64 handle, u64 process, u64 __user *ubase, const u64 __user *uoffset,
			   u64 __user *usize, struct view *v)
{
	struct nt_object *o, *po;
	struct aspace *as = NULL;
	struct nt_process *p;
	ntstatus s;
	u32 need;

	if (user_get(v->base, ubase) || user_get(v->size, usize) || (uoffset && user_get(v->offset, uoffset)))
		return STATUS_ACCESS_VIOLATION;
	if (nt_prot_of(v->protect) < 0)
		return STATUS_INVALID_PAGE_PROTECTION;
	need = is_writable(v->protect) ? SECTION_MAP_WRITE : SECTION_MAP_READ;
	if (is_executable(v->protect))
		need |= SECTION_MAP_EXECUTE;
	NT_CHECK(nt_handle_get(handle, &nt_section_type, need, &o));
	s = nt_handle_get(process, &nt_process_type, 0x8, &po);
	if (s) {
		nt_object_put(o);
		return s;
	}
	p = container_of(po, struct nt_process, ob);
	if (p != nt_process_self() && p->vm)
		as = process_aspace(p->proc);
	s = p != nt_process_self() && !as ? STATUS_THREAD_IS_TERMINATING : map_view(p, section_of(o), v);
	if (as)
		aspace_put(as);
	nt_object_put(po);
	nt_object_put(o);
	if (!nt_is_error(s) && (user_put(v->base, ubase) || user_put(v->size, usize)))
		s = STATUS_ACCESS_VIOLATION;
	return s;
}

ntstatus nt_map_view_of_section(u64 handle, u64 process, u64 __user *base, u64 zero_bits, u64 commit,
				const u64 __user *offset, u64 __user *size, u32 inherit, u32 type,
				u32 protect)
{
	struct view v = { .type = type, .protect = protect, .high = NT_VM_END };

	if (zero_bits && zero_bits < 32)
		v.high = 1UL << (32 - zero_bits);
	return map_common(handle, process, base, offset, size, &v);
}

ntstatus nt_map_view_of_section_ex(u64 handle, u64 process, u64 __user *base, const u64 __user *offset,
				   u64 __user *size, u32 type, u32 protect, const void __user *parameters,
				   u32 count)
{
	struct view v = { .type = type, .protect = protect, .high = NT_VM_END };

	if (count)
		return STATUS_NOT_SUPPORTED;
	return map_common(handle, process, base, offset, size, &v);
}

static ntstatus unmap(u64 process, u64 base, u32 flags)
{
	struct nt_object *po;
	struct nt_process *p;
	struct aspace *as = NULL;
	struct nt_alloc *a;
	ntstatus s = STATUS_SUCCESS;

	NT_CHECK(nt_handle_get(process, &nt_process_type, 0x8, &po));
	p = container_of(po, struct nt_process, ob);
	if (p != nt_process_self() && (!p->vm || !(as = process_aspace(p->proc)))) {
		nt_object_put(po);
		return STATUS_THREAD_IS_TERMINATING;
	}
	kmutex_lock(&p->vm->lock);
	a = nt_vm_at(p->vm, base);
	if (!a || a->type == MEM_PRIVATE) {
		s = STATUS_NOT_MAPPED_VIEW;
	} else if (!(flags & MEM_PRESERVE_PLACEHOLDER)) {
		nt_vm_release_locked(p->vm, a);
	} else if (a->was_placeholder) {
		nt_vm_to_placeholder(p->vm, a);
	} else {
		s = STATUS_CONFLICTING_ADDRESSES;
	}
	kmutex_unlock(&p->vm->lock);
	if (as)
		aspace_put(as);
	nt_object_put(po);
	return s;
}

ntstatus nt_unmap_view_of_section(u64 process, u64 base)
{
	return unmap(process, base, 0);
}

ntstatus nt_unmap_view_of_section_ex(u64 process, u64 base, u32 flags)
{
	return unmap(process, base, flags);
}

ntstatus nt_flush_virtual_memory(u64 process, u64 __user *ubase, u64 __user *usize, u32 unused)
{
	struct nt_vm *vm = nt_process_self()->vm;
	struct ofile *of = NULL;
	struct nt_alloc *a;
	int err = 0;
	u64 base;

	if (user_get(base, ubase))
		return STATUS_ACCESS_VIOLATION;
	kmutex_lock(&vm->lock);
	a = nt_vm_at(vm, base);
	if (a && a->section && section_of(a->section)->is_file) {
		of = section_of(a->section)->file;
		ofile_get(of);
	}
	kmutex_unlock(&vm->lock);
	if (!of)
		return STATUS_NOT_MAPPED_VIEW;
	err = of->of_ops->fsync(of, 0, S64_MAX, true);
	ofile_put(of);
	return nt_status_of(err);
}

ntstatus nt_section_map_file(struct nt_vm *vm, struct ofile *of, u64 size, uptr *base)
{
	struct view v = { .size = ALIGN_UP(size, PAGE_SIZE), .protect = PAGE_READONLY, .high = NT_VM_END };
	struct nt_alloc *a = NULL;
	ntstatus s;

	kmutex_lock(&vm->lock);
	s = place_view(vm, &v, &a);
	if (!s)
		s = nt_vm_mark(vm, v.base, v.base + v.size, PAGE_READONLY);
	if (!s)
		s = map_region(vm, of, v.base, v.size, 0, PAGE_READONLY, true);
	if (s && a)
		nt_vm_release_locked(vm, a);
	kmutex_unlock(&vm->lock);
	*base = v.base;
	return s;
}
