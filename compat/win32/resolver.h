/* SPDX-License-Identifier: GPL-2.0-only */
/* Names of hosts for ws2_32.dll. Owner io/resolver.c. */
#pragma once

#include "nt.h"

#include <tern/lib/dns.h>

/* Calls of the DLL: each takes its argument block and returns an error of Windows sockets. */
ntstatus nt_getaddrinfo(u64 args);
ntstatus nt_gethostbyname(u64 args);
ntstatus nt_gethostname(u64 args);
ntstatus nt_getnameinfo(u64 args);

/**
 * nt_dns_lookup() - ask the name servers for addresses (io/dnsclient.c)
 * @type: DNS_TYPE_A or DNS_TYPE_AAAA
 * Return: 0; -ENOENT: there are none; -EAGAIN: nobody answered; -ERESTARTSYS and such; -ENOMEM
 */
int nt_dns_lookup(const char *name, u16 type, struct dns_addr *out, u32 room, u32 *n);
