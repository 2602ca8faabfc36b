// SPDX-License-Identifier: GPL-2.0-only
/*
 * More memory than the machine has, used at random by several processes at once.
 *
 * usage: swapload AREA... -- PROCESSES MIB ROUNDS    AREA: a block device; it becomes swap space
 *
 * Each process has MIB of anonymous memory, a third of it shared with a child, and a file in /tmp
 * (memory too); every page carries its number and generation and is checked whenever it is
 * touched. Says "swapload: fine" at the end.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/swap.h>
#include <sys/wait.h>

#define PAGE 4096UL

struct work { uint64_t *mem; uint32_t *gen; size_t npages; uint64_t rnd; };

static uint64_t next(struct work *w)
{
	w->rnd ^= w->rnd << 13;
	w->rnd ^= w->rnd >> 7;
	return w->rnd ^= w->rnd << 17;
}

static void stamp(struct work *w, size_t page)
{
	uint64_t *at = w->mem + page * PAGE / 8;

	w->gen[page]++;
	for (size_t i = 0; i < PAGE / 8; i += 64)
		at[i] = page << 32 | w->gen[page];
	at[PAGE / 8 - 1] = page * 31 + w->gen[page];
}

static void check(struct work *w, size_t page)
{
	uint64_t *at = w->mem + page * PAGE / 8;

	for (size_t i = 0; w->gen[page] && i < PAGE / 8; i += 64) {
		if (at[i] == (page << 32 | w->gen[page]) && at[PAGE / 8 - 1] == page * 31 + w->gen[page])
			continue;
		printf("swapload: page %zu is wrong: %lx, generation %u\n", page, at[i], w->gen[page]);
		exit(1);
	}
}

static void run(struct work *w, int rounds)
{
	for (long n = (long)rounds * (long)w->npages; n; n--) {
		size_t page = next(w) % w->npages;

		/* Mostly near one another, as programs do. */
		for (size_t i = 0; i < 8 && page + i < w->npages; i++) {
			check(w, page + i);
			if (next(w) & 1)
				stamp(w, page + i);
		}
		n = n > 8 ? n - 7 : 1;
	}
	for (size_t i = 0; i < w->npages; i++)
		check(w, i);
}

static int one(int number, size_t mib, int rounds)
{
	size_t npages = (mib << 20) / PAGE;
	struct work w = { .npages = npages, .rnd = 88172645463325252u + (uint64_t)number };
	struct work f = { .npages = npages / 4, .rnd = 362436069u + (uint64_t)number };
	char name[64];
	pid_t child;
	int fd, st;

	snprintf(name, sizeof(name), "/tmp/swapload.%d", number);
	fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0600);
	unlink(name);
	w.mem = mmap(NULL, npages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	w.gen = calloc(npages, sizeof(*w.gen));
	f.gen = calloc(f.npages, sizeof(*f.gen));
	if (ftruncate(fd, (long)(f.npages * PAGE)) || w.mem == MAP_FAILED || !w.gen || !f.gen)
		return 2;
	f.mem = mmap(NULL, f.npages * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	for (size_t i = 0; i < npages; i++)
		stamp(&w, i);
	run(&f, rounds);
	child = fork();
	if (!child) {
		w.npages /= 3;
		run(&w, rounds);
		_exit(0);
	}
	run(&w, rounds);
	run(&f, rounds);
	if (child < 0 || waitpid(child, &st, 0) != child || st)
		return 3;
	return 0;
}

int main(int argc, char **argv)
{
	int at = 1, n, bad = 0, st;

	for (; at < argc && strcmp(argv[at], "--"); at++) {
		unsigned char head[PAGE] = { 0 };
		int fd = open(argv[at], O_RDWR);
		uint32_t last = (uint32_t)(lseek(fd, 0, SEEK_END) / (long)PAGE - 1), one_ = 1;

		memcpy(head + 1024, &one_, 4);
		memcpy(head + 1028, &last, 4);
		memcpy(head + PAGE - 10, "SWAPSPACE2", 10);
		if (pwrite(fd, head, PAGE, 0) != (ssize_t)PAGE || fsync(fd) || close(fd) ||
		    swapon(argv[at], SWAP_FLAG_DISCARD)) {
			perror(argv[at]);
			return 1;
		}
	}
	if (argc - at != 4)
		return 2;
	n = atoi(argv[at + 1]);
	for (int i = 0; i < n; i++)
		if (!fork())
			_exit(one(i, strtoul(argv[at + 2], NULL, 0), atoi(argv[at + 3])));
	while (wait(&st) > 0)
		if (st) {
			printf("swapload: a process ended with %#x\n", st);
			bad = 1;
		}
	if (!bad)
		puts("swapload: fine");
	return bad;
}
