// SPDX-License-Identifier: GPL-2.0-only
/* Contended path of ticket locks: the longer the queue before us, the fewer looks. */
#include <tern/base/spin.h>

#define PAUSES_PER_WAITER	8

void spinword_wait(spinword *w, u16 ticket)
{
	u16 ahead;

	while ((ahead = ticket - __atomic_load_n(&w->serving, __ATOMIC_ACQUIRE)) != 0)
		for (u32 i = 0; i < ahead * PAUSES_PER_WAITER; i++)
			cpu_relax();
}
