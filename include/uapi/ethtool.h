/* SPDX-License-Identifier: GPL-2.0-only */
/* SIOCETHTOOL: Linux numbers and structures. */
#pragma once
#include <tern/base/compiler.h>
#include <tern/base/types.h>

#define ETHTOOL_GDRVINFO	0x03u
#define ETHTOOL_GREGS		0x04u
#define ETHTOOL_GWOL		0x05u
#define ETHTOOL_GMSGLVL		0x07u
#define ETHTOOL_SMSGLVL		0x08u
#define ETHTOOL_NWAY_RST	0x09u
#define ETHTOOL_GLINK		0x0au
#define ETHTOOL_GEEPROM		0x0bu
#define ETHTOOL_GCOALESCE	0x0eu
#define ETHTOOL_GRINGPARAM	0x10u
#define ETHTOOL_SRINGPARAM	0x11u
#define ETHTOOL_GPAUSEPARAM	0x12u
#define ETHTOOL_SPAUSEPARAM	0x13u
#define ETHTOOL_GRXCSUM		0x14u
#define ETHTOOL_GTXCSUM		0x16u
#define ETHTOOL_GSG		0x18u
#define ETHTOOL_GSTRINGS	0x1bu
#define ETHTOOL_GSTATS		0x1du
#define ETHTOOL_GTSO		0x1eu
#define ETHTOOL_GPERMADDR	0x20u
#define ETHTOOL_GGSO		0x23u
#define ETHTOOL_GGRO		0x2bu
#define ETHTOOL_GSSET_INFO	0x37u
#define ETHTOOL_GCHANNELS	0x3cu
#define ETHTOOL_SCHANNELS	0x3du
#define ETHTOOL_GLINKSETTINGS	0x4cu

struct ethtool_value { u32 cmd, data; };
struct ethtool_drvinfo {
	u32 cmd;
	char driver[32], version[32], fw_version[32], bus_info[32], erom_version[32], reserved2[12];
	u32 n_priv_flags, n_stats, testinfo_len, eedump_len, regdump_len;
};
static_assert(sizeof(struct ethtool_drvinfo) == 196, "user ABI");
struct ethtool_channels {
	u32 cmd, max_rx, max_tx, max_other, max_combined, rx_count, tx_count, other_count, combined_count;
};
struct ethtool_addr { u32 cmd, size; u8 data[]; };
struct ethtool_names { u32 cmd, set, len; };	/* 32 bytes each follow */
struct ethtool_sets { u32 cmd, reserved; u64 mask; };	/* a u32 for each set of the mask follows */
