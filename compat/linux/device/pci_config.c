// SPDX-License-Identifier: GPL-2.0-only
/* Configuration space of PCI functions, and capabilities in it. */
#include "pci_impl.h"

#include <tern/base/err.h>

#define BAD_REGISTER	0x87	/* PCIBIOS_BAD_REGISTER_NUMBER */
#define EXT_CAPS	0x100u
#define CFG_END		0x1000

#define ACCESS(name, type, bits)							\
	int lx_pci_read_config_##name(const struct lx_pci_dev *d, int at, type *v)	\
	{										\
		if (at < 0 || at >= CFG_END || at % (int)sizeof(type)) {		\
			*v = (type)~0u;							\
			return BAD_REGISTER;						\
		}									\
		*v = pcifn_read##bits(lx_pci_of(d)->fn, (u32)at);			\
		return 0;								\
	}										\
	int lx_pci_write_config_##name(const struct lx_pci_dev *d, int at, type v)	\
	{										\
		if (at < 0 || at >= CFG_END || at % (int)sizeof(type))			\
			return BAD_REGISTER;						\
		pcifn_write##bits(lx_pci_of(d)->fn, (u32)at, v);			\
		return 0;								\
	}

ACCESS(byte, unsigned char, 8)
ACCESS(word, unsigned short, 16)
ACCESS(dword, unsigned int, 32)
LX_EXPORT(pci_read_config_byte);
LX_EXPORT(pci_read_config_word);
LX_EXPORT(pci_read_config_dword);
LX_EXPORT(pci_write_config_byte);
LX_EXPORT(pci_write_config_word);
LX_EXPORT(pci_write_config_dword);

unsigned char lx_pci_find_capability(struct lx_pci_dev *d, int id)
{
	return (unsigned char)pcifn_capability(lx_pci_of(d)->fn, (u8)id, 0);
}
LX_EXPORT(pci_find_capability);

unsigned char lx_pci_find_next_capability(struct lx_pci_dev *d, unsigned char at, int id)
{
	u32 found = 0;

	for (u32 n = 0; found != at || !n; n++) {
		found = pcifn_capability(lx_pci_of(d)->fn, (u8)id, n);
		if (!found)
			return 0;
		if (found == at)
			return (unsigned char)pcifn_capability(lx_pci_of(d)->fn, (u8)id, n + 1);
	}
	return 0;
}
LX_EXPORT(pci_find_next_capability);

unsigned short lx_pci_find_next_ext_capability(struct lx_pci_dev *d, unsigned short start, int id)
{
	struct pcifn *f = lx_pci_of(d)->fn;
	u32 at = start ? pcifn_read32(f, start) >> 20 : EXT_CAPS;

	for (u32 left = (CFG_END - EXT_CAPS) / 8; left && at >= EXT_CAPS; left--) {
		u32 head = pcifn_read32(f, at & ~3u);

		if (!head || head == ~0u)
			return 0;
		if ((head & 0xffff) == (u32)id)
			return (unsigned short)at;
		at = head >> 20;
	}
	return 0;
}
LX_EXPORT(pci_find_next_ext_capability);

unsigned short lx_pci_find_ext_capability(struct lx_pci_dev *d, int id)
{
	return lx_pci_find_next_ext_capability(d, 0, id);
}
LX_EXPORT(pci_find_ext_capability);

/* ---- registers of the PCI Express capability ---- */

int lx_pcie_capability_read_word(struct lx_pci_dev *d, int at, unsigned short *v)
{
	*v = 0;
	return d->pcie_cap ? lx_pci_read_config_word(d, d->pcie_cap + at, v) : 0;
}
LX_EXPORT(pcie_capability_read_word);

int lx_pcie_capability_read_dword(struct lx_pci_dev *d, int at, unsigned int *v)
{
	*v = 0;
	return d->pcie_cap ? lx_pci_read_config_dword(d, d->pcie_cap + at, v) : 0;
}
LX_EXPORT(pcie_capability_read_dword);

int lx_pcie_capability_write_word(struct lx_pci_dev *d, int at, unsigned short v)
{
	return d->pcie_cap ? lx_pci_write_config_word(d, d->pcie_cap + at, v) : 0;
}
LX_EXPORT(pcie_capability_write_word);

int lx_pcie_capability_clear_and_set_word_unlocked(struct lx_pci_dev *d, int at, unsigned short clear,
						   unsigned short set)
{
	unsigned short v;
	int err = lx_pcie_capability_read_word(d, at, &v);

	return err ? err : lx_pcie_capability_write_word(d, at, (v & ~clear) | set);
}
LX_EXPORT(pcie_capability_clear_and_set_word_unlocked);

int lx_pcie_capability_clear_and_set_word_locked(struct lx_pci_dev *d, int at, unsigned short clear,
						 unsigned short set)
{
	unsigned long flags = lx__raw_spin_lock_irqsave((struct lx_raw_spinlock *)&d->pcie_cap_lock);
	int err = lx_pcie_capability_clear_and_set_word_unlocked(d, at, clear, set);

	lx__raw_spin_unlock_irqrestore((struct lx_raw_spinlock *)&d->pcie_cap_lock, flags);
	return err;
}
LX_EXPORT(pcie_capability_clear_and_set_word_locked);

/* ---- state kept over a reset ---- */

int lx_pci_save_state(struct lx_pci_dev *d)
{
	for (u32 i = 0; i < 16; i++)
		d->saved_config_space[i] = pcifn_read32(lx_pci_of(d)->fn, 4 * i);
	d->state_saved = 1;
	return 0;
}
LX_EXPORT(pci_save_state);

void lx_pci_restore_state(struct lx_pci_dev *d)
{
	if (!d->state_saved)
		return;
	for (u32 i = 16; i; i--)
		if (pcifn_read32(lx_pci_of(d)->fn, 4 * (i - 1)) != d->saved_config_space[i - 1])
			pcifn_write32(lx_pci_of(d)->fn, 4 * (i - 1), d->saved_config_space[i - 1]);
	d->state_saved = 0;
}
LX_EXPORT(pci_restore_state);
