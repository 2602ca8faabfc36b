/* SPDX-License-Identifier: GPL-2.0-only */
/* Files that are events: eventfd as a kernel object. Owner fs/event. epoll's hook is in ofile.h. */
#pragma once

#include <tern/fs/ofile.h>

struct eventcount;
struct fdtab;

#ifdef CONFIG_INOTIFY
/** dnotify_fcntl() - F_NOTIFY with DN_* on descriptor @fd: 0, -ENOTDIR, -ENOMEM. Sleeps. */
long dnotify_fcntl(struct ofile *f, int fd, u32 wanted);
/** dnotify_close() - @owner closed a descriptor of @f: its F_NOTIFY ends. */
void dnotify_close(struct ofile *f, struct fdtab *owner);
#else
static inline long dnotify_fcntl(struct ofile *f, int fd, u32 wanted) { return -EINVAL; }
static inline void dnotify_close(struct ofile *f, struct fdtab *owner) { }
#endif

/**
 * eventcount_of() - counter behind an eventfd with a reference;
 * ERR_PTR(-EINVAL) if @f is another kind of file.
 */
struct eventcount *eventcount_of(struct ofile *f);
void eventcount_put(struct eventcount *e);
/**
 * eventcount_add() - add @n, saturating, and wake readers. Context: any but
 * NMI. Returns what was added.
 */
u64 eventcount_add(struct eventcount *e, u64 n);

/** ofile_is_epoll() - is @f an epoll set. */
bool ofile_is_epoll(const struct ofile *f);

/** event_seek() - lseek(2) on a file that has no position: succeeds and changes nothing. */
static inline loff_t event_seek(struct ofile *f, loff_t off, int whence) { return f->of_pos; }
