/* SPDX-License-Identifier: GPL-2.0-only */
#include <stdio.h>
int main(int c, char **v)
{
	printf("hello %d %s\n", c, c > 1 ? v[1] : "-");
	return 7;
}
