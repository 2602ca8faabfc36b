/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Marks that tell reader and checker what a function may do.
 *
 * A __sleeps function begins with might_sleep(); a __user pointer is only
 * dereferenced by the user_copy helpers.
 */
#pragma once

#define __sleeps
#define __nosleep
#define __irqsafe
#define __must_hold(l)
#define __acquires(l)
#define __releases(l)
#define __user
#define __iomem
#define __counted_by(n)
