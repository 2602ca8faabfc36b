/* SPDX-License-Identifier: GPL-2.0-only */
/* Says hello; with an argument it then stays until its standard input ends. */
#include <stdio.h>

int main(int argc, char **argv)
{
	(void)argv;
	printf("hello\n");
	fflush(stdout);
	while (argc > 1 && getchar() != EOF)
		;
	return 0;
}
