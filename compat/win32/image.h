/* SPDX-License-Identifier: GPL-2.0-only */
/* PE files as they lie in memory, shared by all processes. Owner pe/image.c. */
#pragma once

#include "nt.h"

#include <tern/fs/ofile.h>
#include <tern/lib/pe.h>
#include <tern/mm/pagecache.h>

struct nt_image {
	refcount refs;
	struct list link;		/* in the list of all images, its lock */
	struct rcu_job rcu;
	struct ofile *file;		/* I with a reference */
	u64 size;			/* I with mtime: is the file still the same */
	s64 mtime;
	struct pe_info info;		/* I */
	struct pe_section *sections;	/* I */
	struct pagecache pages;		/* by RVA, of what is not page-aligned in the file */
	struct nt_binding *binding;	/* images_lock, set once: service numbers */
};

/** nt_image_open() - the image in an open file; ERR_PTR(-ENOEXEC, -EBADMSG, -EIO, -ENOMEM). Sleeps. */
struct nt_image *nt_image_open(struct ofile *f);
static inline void nt_image_get(struct nt_image *img) { ref_get(&img->refs); }
void nt_image_put(struct nt_image *img);
/** nt_image_read() - bytes of the unrelocated image at an RVA; 0 or -errno. */
int nt_image_read(struct nt_image *img, u32 rva, void *buf, size_t n);
/** nt_image_dir() - a whole directory in kernel memory (kmem_free_large); ERR_PTR. */
void *nt_image_dir(struct nt_image *img, enum pe_dir_index which);
/** nt_image_export() - RVA of an exported name, 0. */
u32 nt_image_export(struct nt_image *img, const char *name);
/** nt_image_binding() - service numbers of a system DLL's stubs; NULL: no memory or none there. */
const struct nt_binding *nt_image_binding(struct nt_image *img);
/** nt_image_info() - as NtQuerySection and NtQueryInformationProcess tell it. */
void nt_image_info(const struct nt_image *img, uptr base, struct nt_section_image_info *out);
