// SPDX-License-Identifier: GPL-2.0-only
/* The smallest module: nothing but init and exit. */
int init_module(void);
int init_module(void)
{
	return 0;
}

void cleanup_module(void);
void cleanup_module(void)
{
}
