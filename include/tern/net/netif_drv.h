/* SPDX-License-Identifier: GPL-2.0-only */
/* What drivers/net sees of the network: interfaces and packets. */
#pragma once

#include <tern/net/netif.h>
