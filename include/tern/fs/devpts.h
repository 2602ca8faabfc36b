/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pseudo terminal nodes. Owner fs/devpts. The pty driver (drivers/tty/pty.c)
 * numbers its pairs; each pair's slave has a node 136:N in the instance that its
 * ptmx node belongs to.
 */
#pragma once

#include <tern/fs/ofile.h>

struct devpts;

#define DEVPTS_MAJOR	136

/**
 * devpts_of() - instance that an opened ptmx stands for
 * @f: open file of a devpts "ptmx" node, or of a node 5:2 elsewhere (then the devpts mounted on
 *	"pts" in the same directory)
 * Return: instance with a reference, ERR_PTR(-ENODEV) if there is none.
 */
struct devpts *devpts_of(struct ofile *f);
void devpts_put(struct devpts *d);
/**
 * devpts_open_slave() - open the slave of pair @index where its ptmx @f belongs to
 * @flags: O_*
 * Return: open file; ERR_PTR as open(2) gives it. Sleeps.
 */
struct ofile *devpts_open_slave(struct ofile *f, u32 index, u32 flags);
/**
 * devpts_add() - node for pair @index owned by thread_self; 0, -EEXIST, -ENOSPC
 * (max=), -ENOMEM. Sleeps.
 */
int devpts_add(struct devpts *d, u32 index);
void devpts_remove(struct devpts *d, u32 index);
