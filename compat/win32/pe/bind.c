// SPDX-License-Identifier: GPL-2.0-only
/*
 * Numbers of system services. They differ from one build of the system DLLs to the
 * next, so they are read from the DLL: every exported stub is
 *	mov r10, rcx; mov eax, NUMBER; ...
 * and its name says which service it wants. Names without a service of ours
 * stay empty and answer STATUS_NOT_IMPLEMENTED.
 */
#include "../image.h"

#include "../service.h"

#define STUB_HEAD	8

static const u8 stub_head[4] = { 0x4c, 0x8b, 0xd1, 0xb8 };

/* "Nt..." and Wine's own; "Zw..." are the same stubs again. */
static bool may_be_stub(const char *name)
{
	return str_has_prefix(name, "Nt") || str_has_prefix(name, "__wine_") ||
	       str_has_prefix(name, "wine_");
}

static void bind_one(struct nt_image *img, struct nt_binding *b, const char *name, u32 rva)
{
	u8 head[STUB_HEAD];
	u32 number;

	if (!may_be_stub(name) || nt_image_read(img, rva, head, sizeof(head)) ||
	    memcmp(head, stub_head, sizeof(stub_head)))
		return;
	number = get_le32(head + 4);
	if (number - b->first >= NT_SERVICES_MAX)
		return;
	if (number - b->first >= b->count)
		b->count = number - b->first + 1;
	b->service[number - b->first] = nt_service_find(name);
	strlcpy(b->name[number - b->first], name, NT_SERVICE_NAME);
}

static struct nt_binding *make(struct nt_image *img)
{
	struct nt_binding *b = kmem_alloc_large(sizeof(*b), ALLOC_KERNEL | ALLOC_ZERO);
	void *data = nt_image_dir(img, PE_DIR_EXPORT);
	struct pe_exports e;
	u32 rva;

	if (!b || IS_ERR(data) || pe_exports_init(&e, &img->info, data)) {
		kmem_free_large(b);
		b = NULL;
		goto out;
	}
	/* ntdll's table is 0, win32u's 1: bits 12 and up. */
	b->first = pe_export_find(&e, "NtClose") ? 0 : 0x1000;
	for (u32 i = 0; i < e.nnames; i++) {
		const char *name = pe_export_at(&e, i, &rva);

		if (name)
			bind_one(img, b, name, rva);
	}
out:
	if (!IS_ERR(data))
		kmem_free_large(data);
	return b;
}

const struct nt_binding *nt_image_binding(struct nt_image *img)
{
	struct nt_binding *b = load_acquire(&img->binding);

	if (b)
		return b;
	b = make(img);
	if (b && !cas(&img->binding, NULL, b)) {
		kmem_free_large(b);
		b = load_acquire(&img->binding);
	}
	return b;
}
