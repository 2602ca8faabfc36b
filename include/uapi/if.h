/* SPDX-License-Identifier: GPL-2.0-only */
/* Network interfaces as ioctl(2) sees them: Linux numbers and structures. */
#pragma once
#include <uapi/in.h>

#define IFNAMSIZ	16
#define IFALIASZ	256
#define IFF_UP		0x1u
#define IFF_BROADCAST	0x2u
#define IFF_LOOPBACK	0x8u
#define IFF_POINTOPOINT	0x10u
#define IFF_NOTRAILERS	0x20u
#define IFF_RUNNING	0x40u
#define IFF_NOARP	0x80u
#define IFF_PROMISC	0x100u
#define IFF_ALLMULTI	0x200u
#define IFF_MULTICAST	0x1000u
#define IFF_LOWER_UP	0x10000u
#define ARPHRD_ETHER	1
#define ARPHRD_LOOPBACK	772
#define ARPHRD_NONE	65534

struct ifmap { u64 mem_start, mem_end; u16 base_addr; u8 irq, dma, port, pad_[3]; };
struct ifreq {
	char ifr_name[IFNAMSIZ];
	union {
		struct sockaddr_in addr;
		struct { u16 family; u8 data[14]; } hw;
		s16 flags;
		s32 ivalue;
		char newname[IFNAMSIZ];
		struct ifmap map;
		u64 data;
	};
};
static_assert(sizeof(struct ifreq) == 40, "user ABI");
struct ifconf { s32 ifc_len, pad_; u64 ifc_buf; };

struct rtentry {
	u64 rt_pad1;
	struct sockaddr_in rt_dst, rt_gateway, rt_genmask;
	u16 rt_flags;
	s16 rt_pad2;
	u64 rt_pad3, rt_pad4;
	s16 rt_metric;
	u64 rt_dev;
	u64 rt_mtu, rt_window;
	u16 rt_irtt;
};
static_assert(sizeof(struct rtentry) == 120, "user ABI");
#define RTF_UP		0x1u
#define RTF_GATEWAY	0x2u
#define RTF_HOST	0x4u
#define RTF_REJECT	0x200u
#define RTF_EXPIRES	0x400000u

struct arpreq {
	struct sockaddr_in arp_pa;
	struct { u16 family; u8 data[14]; } arp_ha;
	s32 arp_flags;
	struct sockaddr_in arp_netmask;
	char arp_dev[16];
};
static_assert(sizeof(struct arpreq) == 68, "user ABI");
#define ATF_COM		0x2u
#define ATF_PERM	0x4u

#define SIOCADDRT	0x890bu
#define SIOCDELRT	0x890cu
#define SIOCGIFNAME	0x8910u
#define SIOCGIFCONF	0x8912u
#define SIOCGIFFLAGS	0x8913u
#define SIOCSIFFLAGS	0x8914u
#define SIOCGIFADDR	0x8915u
#define SIOCSIFADDR	0x8916u
#define SIOCGIFDSTADDR	0x8917u
#define SIOCSIFDSTADDR	0x8918u
#define SIOCGIFBRDADDR	0x8919u
#define SIOCSIFBRDADDR	0x891au
#define SIOCGIFNETMASK	0x891bu
#define SIOCSIFNETMASK	0x891cu
#define SIOCGIFMETRIC	0x891du
#define SIOCGIFMTU	0x8921u
#define SIOCSIFMTU	0x8922u
#define SIOCSIFNAME	0x8923u
#define SIOCSIFHWADDR	0x8924u
#define SIOCGIFHWADDR	0x8927u
#define SIOCGIFINDEX	0x8933u
#define SIOCDIFADDR	0x8936u
#define SIOCGIFTXQLEN	0x8942u
#define SIOCSIFTXQLEN	0x8943u
#define SIOCETHTOOL	0x8946u
#define SIOCGIFMAP	0x8970u
#define SIOCDARP	0x8953u
#define SIOCGARP	0x8954u
#define SIOCSARP	0x8955u
