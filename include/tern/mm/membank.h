/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory in banks of 128 MiB that can be taken out of use and put back. Owner mm.
 */
#pragma once

#include <tern/base/types.h>

#define MEMBANK_SHIFT	27
#define MEMBANK_SIZE	(1UL << MEMBANK_SHIFT)

/** membank_count() - banks below the end of memory, those without memory included. */
u32 membank_count(void);
/** membank_is_present() - whether there is memory in bank @n < membank_count(). */
bool membank_is_present(u32 n);
/** membank_is_online() - whether the memory of bank @n is in use. */
bool membank_is_online(u32 n);
/** membank_zone_name() - name of the zone that bank @n belongs to. */
const char *membank_zone_name(u32 n);
/**
 * membank_offline() - take bank @n out of use. 0; -EBUSY: some of its pages are in use, or too few would
 * stay free; -EINVAL: it has holes. What is offline already stays so. Sleeps.
 */
int membank_offline(u32 n);
/** membank_online() - put bank @n back to use, if it is not; 0, -EINVAL as above. Sleeps. */
int membank_online(u32 n);
