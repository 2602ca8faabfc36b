/* SPDX-License-Identifier: GPL-2.0-only */
/* Private to drivers/bus/pci. Register numbers: PCI Local Bus 3.0, 6.1 and 6.2. */
#pragma once

#include <tern/drivers/pci.h>

#define PCI_VENDOR	0x00
#define PCI_DEVICE	0x02
#define PCI_COMMAND	0x04
#define PCI_STATUS	0x06
#define PCI_REVISION	0x08
#define PCI_CLASS	0x09
#define PCI_HEADER	0x0e
#define PCI_BAR0	0x10
#define PCI_SECONDARY	0x19
#define PCI_SUBVENDOR	0x2c
#define PCI_SUBDEVICE	0x2e
#define PCI_ROM		0x30
#define PCI_CAP_POINTER	0x34
#define PCI_IRQ_LINE	0x3c

#define PCI_COMMAND_IO		0x1
#define PCI_COMMAND_MEMORY	0x2
#define PCI_COMMAND_MASTER	0x4
#define PCI_COMMAND_NO_INTX	0x400
#define PCI_STATUS_CAPS		0x10

/** pci_config_init() - find ECAM windows; without any, ports 0xcf8/0xcfc. */
void pci_config_init(void);
/* Raw access by address; @size 1, 2 or 4; all ones if nothing answers. Context: any. */
u32 pci_config_read(u16 segment, u8 bus, u8 devfn, u32 off, u32 size);
void pci_config_write(u16 segment, u8 bus, u8 devfn, u32 off, u32 size, u32 v);
/** pci_segments() - highest segment number plus 1. */
u32 pci_segments(void);
/** pci_sysfs_add() - its directory, below @bridge's (NULL: on the first bus); 0 or -errno. */
int pci_sysfs_add(struct pcifn *p, const struct pcifn *bridge);
