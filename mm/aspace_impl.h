/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
void aspace_init(void);
