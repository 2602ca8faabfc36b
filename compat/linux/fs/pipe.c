// SPDX-License-Identifier: GPL-2.0-only
/* Pipes of modules: none of ours appears as one, so no file operation that takes one is ever called. */
#include "../lx.h"

#include <tern/base/err.h>

void lx_pipe_lock(struct lx_pipe_inode_info *pipe) { lx_mutex_lock(&pipe->mutex); }
LX_EXPORT(pipe_lock);
void lx_pipe_unlock(struct lx_pipe_inode_info *pipe) { lx_mutex_unlock(&pipe->mutex); }
LX_EXPORT(pipe_unlock);

long lx___splice_from_pipe(struct lx_pipe_inode_info *pipe, struct lx_splice_desc *sd,
			   int (*actor)(struct lx_pipe_inode_info *, struct lx_pipe_buffer *, struct lx_splice_desc *))
{
	return -EOPNOTSUPP;
}
LX_EXPORT(__splice_from_pipe);
