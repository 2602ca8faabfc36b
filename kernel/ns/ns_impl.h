/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of kernel/ns share. */
#pragma once

#include <tern/base/bug.h>
#include <tern/kernel/cgroupns.h>
#include <tern/kernel/ns.h>
#include <tern/kernel/pidns.h>
#include <tern/kernel/process.h>
#include <tern/kernel/userns.h>
#include <tern/kernel/vfsface.h>

extern struct utsns utsns_initial;
extern struct ipcns ipcns_initial;
/** utsns_copy() - a new one with the names of @from; NULL if no memory. */
struct utsns *utsns_copy(struct utsns *from, struct userns *owner);
