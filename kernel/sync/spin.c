// SPDX-License-Identifier: GPL-2.0-only
/* Contended path of spin locks: look without writing, longer apart the longer it takes. */
#include <tern/base/spin.h>

#define PAUSES_MAX	64

void spinword_wait(spinword *w)
{
	u32 pauses = 1;

	do {
		while (READ_ONCE(w->v)) {
			for (u32 i = 0; i < pauses; i++)
				cpu_relax();
			if (pauses < PAUSES_MAX)
				pauses *= 2;
		}
	} while (!spinword_trylock(w));
}
