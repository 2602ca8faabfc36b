/* SPDX-License-Identifier: GPL-2.0-only */
/* SIOCETHTOOL: Linux numbers and structures. */
#pragma once
#include <tern/base/compiler.h>
#include <tern/base/types.h>

#define ETHTOOL_GDRVINFO	0x03u
#define ETHTOOL_GLINK		0x0au
#define ETHTOOL_GRXCSUM		0x14u
#define ETHTOOL_GTXCSUM		0x16u
#define ETHTOOL_GSG		0x18u
#define ETHTOOL_GTSO		0x1eu
#define ETHTOOL_GPERMADDR	0x20u
#define ETHTOOL_GGSO		0x23u

struct ethtool_value { u32 cmd, data; };
struct ethtool_drvinfo {
	u32 cmd;
	char driver[32], version[32], fw_version[32], bus_info[32], erom_version[32], reserved2[12];
	u32 n_priv_flags, n_stats, testinfo_len, eedump_len, regdump_len;
};
static_assert(sizeof(struct ethtool_drvinfo) == 196, "user ABI");
struct ethtool_addr { u32 cmd, size; u8 data[]; };
