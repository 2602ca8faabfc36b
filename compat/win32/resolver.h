/* SPDX-License-Identifier: GPL-2.0-only */
/* Names of hosts for ws2_32.dll. Owner io/resolver.c. Each takes the call's argument block. */
#pragma once

#include "nt.h"

ntstatus nt_getaddrinfo(u64 args);
ntstatus nt_gethostname(u64 args);
ntstatus nt_getnameinfo(u64 args);
