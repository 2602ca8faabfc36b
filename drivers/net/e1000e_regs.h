/* SPDX-License-Identifier: GPL-2.0-only */
/* Registers and descriptors of Intel's 82574L, after its data sheet (chapters 7 and 10). */
#pragma once

#include <tern/base/compiler.h>
#include <tern/base/types.h>

#define REG_CTRL	0x0000
#define  CTRL_GIO_OFF	BIT(2)		/* no more requests to memory */
#define  CTRL_SLU	BIT(6)		/* link up */
#define  CTRL_RST	BIT(26)
#define REG_STATUS	0x0008
#define  STATUS_LU	BIT(1)
#define  STATUS_GIO_ON	BIT(19)
#define REG_EECD	0x0010
#define  EECD_AUTO_RD	BIT(9)		/* the address was read */
#define REG_CTRL_EXT	0x0018
#define  CTRL_EXT_PBA_CLR BIT(31)
#define REG_ICR		0x00c0
#define REG_IMS		0x00d0		/* causes on */
#define REG_IMC		0x00d8		/* causes off */
#define REG_EIAC	0x00dc		/* causes that delivery clears */
#define REG_IVAR	0x00e4		/* vector of each cause */
#define  INT_LSC	BIT(2)		/* link changed */
#define  INT_RXQ0	BIT(20)
#define  INT_TXQ0	BIT(22)
#define  INT_OTHER	BIT(24)
#define  IVAR_RXQ0(v)	((v) | 8u)
#define  IVAR_TXQ0(v)	(((v) | 8u) << 8)
#define  IVAR_OTHER(v)	(((v) | 8u) << 16)
#define  IVAR_TX_EVERY	BIT(31)
#define REG_RCTL	0x0100
#define  RCTL_EN	BIT(1)
#define  RCTL_UPE	BIT(3)		/* all addresses */
#define  RCTL_MPE	BIT(4)		/* all groups */
#define  RCTL_LPE	BIT(5)		/* long packets */
#define  RCTL_BAM	BIT(15)		/* broadcast */
#define  RCTL_4096	(3u << 16 | BIT(25))	/* bytes of a buffer */
#define  RCTL_SECRC	BIT(26)		/* without the frame check sequence */
#define REG_TCTL	0x0400
#define  TCTL_EN	BIT(1)
#define  TCTL_PSP	BIT(3)		/* short packets are padded */
#define  TCTL_DEFAULT	(0x0fu << 4 | 0x3fu << 12)	/* collisions, as the data sheet wants them */
#define REG_TIPG	0x0410
#define  TIPG_DEFAULT	(8u | 8u << 10 | 6u << 20)
/* A ring: receive and transmit have the same registers, 0x1000 apart. */
#define RING_RX		0x2800
#define RING_TX		0x3800
#define  RING_BASE_LO	0x00
#define  RING_BASE_HI	0x04
#define  RING_BYTES	0x08
#define  RING_HEAD	0x10
#define  RING_TAIL	0x18
#define REG_RXCSUM	0x5000
#define  RXCSUM_TUOFL	BIT(9)
#define  RXCSUM_IPOFL	BIT(8)
#define REG_MTA		0x5200		/* 128 words */
#define REG_RAL0	0x5400
#define REG_RAH0	0x5404
#define  RAH_VALID	BIT(31)

struct rx_desc { u64 addr; u16 len, sum; u8 status, errors; u16 special; };
static_assert(sizeof(struct rx_desc) == 16, "device");
#define RXS_DD		0x01u		/* done */
#define RXS_EOP		0x02u		/* the packet's last */
#define RXS_IXSM	0x04u		/* the other checksum bits mean nothing */
#define RXS_UDPCS	0x10u
#define RXS_TCPCS	0x20u
#define RXE_CSUM	0x60u		/* of TCP and UDP, of IP */
#define RXE_FRAME	0x97u		/* the frame is broken */

struct tx_desc { u64 addr; u32 cmd, status; };
static_assert(sizeof(struct tx_desc) == 16, "device");
#define TXC_LEN_MASK	0xfffffu
#define TXC_DATA	(1u << 20)	/* type: data; 0: context */
#define TXC_EOP		BIT(24)
#define TXC_IFCS	BIT(25)		/* frame check sequence */
#define TXC_TSE		BIT(26)
#define TXC_RS		BIT(27)		/* tell when it is done */
#define TXC_DEXT	BIT(29)
#define TXC_TCP		BIT(24)		/* context: TCP, over IPv4 */
#define TXC_IP		BIT(25)
#define TXS_DD		BIT(0)
#define TXS_IXSM	BIT(8)		/* put in the checksum of IP, of the transport */
#define TXS_TXSM	BIT(9)
