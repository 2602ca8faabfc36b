/* SPDX-License-Identifier: GPL-2.0-only */
/* Entry points of sys_mem.c into the rest of mm/. */
#pragma once

#include "aspace_impl.h"

/** aspace_mincore() - one byte a page of [start, end); 0 or -ENOMEM on a hole. */
int aspace_mincore(struct aspace *as, uptr start, uptr end, u8 *vec);
/** region_change_flags() - set and clear REGION_* over a mapped range; as_lock for writing. */
int region_change_flags(struct aspace *as, uptr start, uptr end, u32 set, u32 clear);
/** aspace_populate_all() - every region, as far as possible (mlockall). */
void aspace_populate_all(struct aspace *as);
/** aspace_shmem_done() - drop the maker's reference of aspace_shmem_map(). */
void aspace_shmem_done(struct map_request *req);
