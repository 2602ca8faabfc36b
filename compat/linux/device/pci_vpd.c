// SPDX-License-Identifier: GPL-2.0-only
/*
 * Vital product data: a small memory of the function's, read and written four bytes at a time through its
 * capability; what a card says of itself (part number, serial number) as tagged lists of keywords.
 */
#include "pci_impl.h"

#include <tern/base/err.h>
#include <tern/kernel/clock.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

#include "../runtime.h"

#define CAP_VPD		3
#define VPD_ADDRESS	2
#define VPD_DATA	4
#define VPD_DONE	0x8000u		/* read: data is there; write: clear when it is taken */
#define VPD_MAX		0x8000u
#define VPD_WAIT	(125 * NSEC_PER_MSEC)
#define VPD_POLL_US	10

#define TAG_LARGE	0x80u
#define TAG_LARGE_RO	0x90u
#define TAG_SMALL_END	0x0fu		/* its type; the low three bits are a length */

static int wait_for(struct lx_pci_dev *d, int cap, u16 flag)
{
	nsec_t end = deadline_after(VPD_WAIT);

	while ((pcifn_read16(lx_pci_of(d)->fn, (u16)(cap + VPD_ADDRESS)) & VPD_DONE) != flag) {
		if (clock_ns() > end)
			return -ETIMEDOUT;
		lx_usleep_range_state(VPD_POLL_US, 2 * VPD_POLL_US, 2);
	}
	return 0;
}

static int read_word(struct lx_pci_dev *d, int cap, u32 at, u32 *out)
{
	int err;

	pcifn_write16(lx_pci_of(d)->fn, (u16)(cap + VPD_ADDRESS), (u16)at);
	err = wait_for(d, cap, VPD_DONE);
	if (!err)
		*out = pcifn_read32(lx_pci_of(d)->fn, (u16)(cap + VPD_DATA));
	return err;
}

ssize_t lx_pci_read_vpd_any(struct lx_pci_dev *d, long long at, size_t n, void *buf)
{
	int cap = lx_pci_find_capability(d, CAP_VPD), err;

	if (!cap)
		return -ENODEV;
	if (at < 0)
		return -EINVAL;
	if (at >= VPD_MAX)
		return 0;
	n = min_t(size_t, n, VPD_MAX - (size_t)at);
	for (size_t done = 0; done < n;) {
		u32 word, skip = (u32)(at + (long long)done) & 3;
		size_t some = min_t(size_t, 4 - skip, n - done);

		err = read_word(d, cap, (u32)(at + (long long)done) & ~3u, &word);
		if (err)
			return err;
		memcpy((u8 *)buf + done, (u8 *)&word + skip, some);
		done += some;
	}
	return (ssize_t)n;
}
LX_EXPORT(pci_read_vpd_any);

ssize_t lx_pci_write_vpd_any(struct lx_pci_dev *d, long long at, size_t n, const void *buf)
{
	int cap = lx_pci_find_capability(d, CAP_VPD), err;

	if (!cap)
		return -ENODEV;
	if (at < 0 || (at & 3) || (n & 3) || at + (long long)n > VPD_MAX)
		return -EINVAL;
	for (size_t done = 0; done < n; done += 4) {
		u32 word;

		memcpy(&word, (const u8 *)buf + done, 4);
		pcifn_write32(lx_pci_of(d)->fn, (u16)(cap + VPD_DATA), word);
		pcifn_write16(lx_pci_of(d)->fn, (u16)(cap + VPD_ADDRESS),
			      (u16)((u32)(at + (long long)done) | VPD_DONE));
		err = wait_for(d, cap, 0);
		if (err)
			return err;
	}
	return (ssize_t)n;
}
LX_EXPORT(pci_write_vpd_any);

/* The first list of read-only keywords; its length in *@len, its offset or -ENOENT. */
static int find_keywords(const u8 *vpd, u32 n, u32 *len)
{
	for (u32 at = 0; at + 3 <= n;) {
		u32 size = vpd[at] & TAG_LARGE ? vpd[at + 1] | (u32)vpd[at + 2] << 8 : vpd[at] & 7u;
		u32 head = vpd[at] & TAG_LARGE ? 3 : 1;

		if (!(vpd[at] & TAG_LARGE) && vpd[at] >> 3 == TAG_SMALL_END)
			break;
		if (size > n - at - head)
			break;
		if (vpd[at] == TAG_LARGE_RO) {
			*len = size;
			return (int)(at + head);
		}
		at += head + size;
	}
	return -ENOENT;
}

int lx_pci_vpd_find_ro_info_keyword(const void *buf, unsigned int n, const char *word, unsigned int *size)
{
	const u8 *vpd = buf;
	u32 len = 0;
	int from = find_keywords(vpd, n, &len);

	if (from < 0)
		return from;
	for (u32 at = (u32)from; at + 3 <= (u32)from + len; at += 3u + vpd[at + 2]) {
		if (vpd[at] != (u8)word[0] || vpd[at + 1] != (u8)word[1])
			continue;
		if (at + 3 + vpd[at + 2] > (u32)from + len)
			return -EINVAL;
		if (size)
			*size = vpd[at + 2];
		return (int)at + 3;
	}
	return -ENOENT;
}
LX_EXPORT(pci_vpd_find_ro_info_keyword);
