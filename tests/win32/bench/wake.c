/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two threads wake each other in turn: a line `name nanoseconds ns` for each kind of object,
 * the fastest of five batches of round trips. Names that are given choose rows.
 */
#include <windows.h>

#include <stdio.h>
#include <string.h>

#define BATCHES		5
#define WARM		100
#define ROUNDS		1000

struct kind {
	const char *name;
	void (*prepare)(void);
	void (*post)(int side);		/* wake that side */
	void (*wait)(int side);
};

static HANDLE object[2];
static volatile LONG word[2];
static volatile LONG is_over;

static void make_events(void)
{
	for (int i = 0; i < 2; i++)
		object[i] = CreateEventA(NULL, FALSE, FALSE, NULL);
}

static void make_semaphores(void)
{
	for (int i = 0; i < 2; i++)
		object[i] = CreateSemaphoreA(NULL, 0, 1, NULL);
}

static void make_words(void)
{
	word[0] = word[1] = 0;
}

static void post_event(int side)
{
	SetEvent(object[side]);
}

static void post_semaphore(int side)
{
	ReleaseSemaphore(object[side], 1, NULL);
}

static void wait_object(int side)
{
	WaitForSingleObject(object[side], INFINITE);
}

static void post_word(int side)
{
	InterlockedExchange(&word[side], 1);
	WakeByAddressSingle((void *)&word[side]);
}

static void wait_word(int side)
{
	LONG unset = 0;

	while (!word[side])
		WaitOnAddress(&word[side], &unset, sizeof(unset), INFINITE);
	InterlockedExchange(&word[side], 0);
}

static const struct kind kinds[] = {
	{ "nt_event", make_events, post_event, wait_object },
	{ "nt_semaphore", make_semaphores, post_semaphore, wait_object },
	{ "nt_address", make_words, post_word, wait_word },
};

static DWORD WINAPI echo(void *arg)
{
	const struct kind *k = arg;

	for (;;) {
		k->wait(1);
		if (is_over)
			return 0;
		k->post(0);
	}
}

static void round_trips(const struct kind *k, int n)
{
	while (n--) {
		k->post(1);
		k->wait(0);
	}
}

static double measure(const struct kind *k)
{
	LARGE_INTEGER start, end, second;
	double best = 0;
	HANDLE t;

	k->prepare();
	is_over = 0;
	t = CreateThread(NULL, 0, echo, (void *)k, 0, NULL);
	round_trips(k, WARM);
	QueryPerformanceFrequency(&second);
	for (int i = 0; i < BATCHES; i++) {
		double ns;

		QueryPerformanceCounter(&start);
		round_trips(k, ROUNDS);
		QueryPerformanceCounter(&end);
		ns = (end.QuadPart - start.QuadPart) * 1e9 / second.QuadPart / ROUNDS;
		best = !best || ns < best ? ns : best;
	}
	is_over = 1;
	k->post(1);
	WaitForSingleObject(t, INFINITE);
	CloseHandle(t);
	return best;
}

int main(int argc, char **argv)
{
	for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		int is_wanted = argc < 2;

		for (int j = 1; j < argc; j++)
			is_wanted |= !strcmp(argv[j], kinds[i].name);
		if (is_wanted)
			printf("%s %.1f ns\n", kinds[i].name, measure(&kinds[i]));
		fflush(stdout);
	}
	return 0;
}
