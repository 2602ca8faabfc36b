/* SPDX-License-Identifier: GPL-2.0-only */
/* What drivers/net sees of the network: interfaces, packets, their headers on virtual links. */
#pragma once

#include <tern/net/inetsum.h>
#include <tern/net/netif.h>
#include <tern/net/vnethdr.h>
