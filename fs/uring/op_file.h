/* SPDX-License-Identifier: GPL-2.0-only */
/* Operations of op_file.c, for optable.c. */
#pragma once

#include <tern/base/types.h>

struct ureq;

int prep_none(struct ureq *r);
int prep_fsync(struct ureq *r);
int prep_splice(struct ureq *r);
int prep_names(struct ureq *r);
int prep_close(struct ureq *r);
s64 issue_nop(struct ureq *r, bool may_block);
s64 issue_fsync(struct ureq *r, bool may_block);
s64 issue_fallocate(struct ureq *r, bool may_block);
s64 issue_splice(struct ureq *r, bool may_block);
s64 issue_tee(struct ureq *r, bool may_block);
s64 issue_openat(struct ureq *r, bool may_block);
s64 issue_openat2(struct ureq *r, bool may_block);
s64 issue_close(struct ureq *r, bool may_block);
s64 issue_statx(struct ureq *r, bool may_block);
s64 issue_sync_range(struct ureq *r, bool may_block);
s64 issue_fadvise(struct ureq *r, bool may_block);
s64 issue_madvise(struct ureq *r, bool may_block);
s64 issue_epoll_ctl(struct ureq *r, bool may_block);
s64 issue_renameat(struct ureq *r, bool may_block);
s64 issue_unlinkat(struct ureq *r, bool may_block);
s64 issue_mkdirat(struct ureq *r, bool may_block);
s64 issue_symlinkat(struct ureq *r, bool may_block);
s64 issue_linkat(struct ureq *r, bool may_block);
s64 issue_files_update(struct ureq *r, bool may_block);
