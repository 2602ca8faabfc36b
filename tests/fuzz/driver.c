/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Runs one fuzz target without libFuzzer: all seeds as they are, then mutations
 * of them. The random numbers are the same in every run, so a finding comes
 * back; the input that caused it is written to CRASH-FILE.
 *
 * usage: TARGET [-runs=N] [-seed=N] [-max_total_time=SECONDS] [-crash=FILE] PATH...
 * PATH: a seed file, or a folder of them. With -runs=0 only the seeds run.
 */
#include "fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define INPUT_MAX	65536

void __sanitizer_set_death_callback(void (*callback)(void));
const char *__asan_default_options(void);

/* A failed FUZZ_CHECK() is a death like any other. */
const char *__asan_default_options(void)
{
	return "handle_abort=1:abort_on_error=0";
}

struct seed {
	u8 *data;
	size_t len;
};

static struct seed *seeds;
static size_t nseeds;
static u8 input[INPUT_MAX];
static size_t input_len;
static const char *crash_file = "crash";
static u64 rng_state = 0x7465726e;

static u64 random_number(u64 below)
{
	rng_state ^= rng_state >> 12;
	rng_state ^= rng_state << 25;
	rng_state ^= rng_state >> 27;
	return below ? (rng_state * 0x2545f4914f6cdd1dUL >> 16) % below : 0;
}

static void on_death(void)
{
	FILE *f = fopen(crash_file, "wb");

	if (!f)
		return;
	fwrite(input, 1, input_len, f);
	fclose(f);
	fprintf(stderr, "fuzz: input kept in %s\n", crash_file);
}

static void add_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	struct seed s = { malloc(INPUT_MAX), 0 };

	if (!f) {
		perror(path);
		exit(2);
	}
	s.len = fread(s.data, 1, INPUT_MAX, f);
	fclose(f);
	seeds = realloc(seeds, (nseeds + 1) * sizeof(*seeds));
	seeds[nseeds++] = s;
}

/* Files in the order of their names, so that runs are alike. */
static void add_path(const char *path)
{
	struct dirent **entries;
	struct stat st;
	int n;

	if (stat(path, &st) || !S_ISDIR(st.st_mode)) {
		add_file(path);
		return;
	}
	n = scandir(path, &entries, NULL, alphasort);
	for (int i = 0; i < n; i++) {
		char name[512];

		snprintf(name, sizeof(name), "%s/%s", path, entries[i]->d_name);
		if (entries[i]->d_name[0] != '.')
			add_file(name);
		free(entries[i]);
	}
	free(entries);
}

static void insert(size_t at, const u8 *data, size_t n)
{
	if (n > INPUT_MAX - input_len)
		return;
	memmove(input + at + n, input + at, input_len - at);
	memmove(input + at, data, n);
	input_len += n;
}

static void cut(size_t at, size_t n)
{
	if (n > input_len - at)
		n = input_len - at;
	memmove(input + at, input + at + n, input_len - at - n);
	input_len -= n;
}

static void mutate_once(void)
{
	static const u8 values[] = { 0, 1, 0x7f, 0x80, 0xff, ' ', '0', '9' };
	size_t at = random_number(input_len + 1), n = 1 + random_number(16);
	const struct seed *other = &seeds[random_number(nseeds)];
	u8 copy[64];

	if (!input_len || at == input_len)
		at = input_len ? input_len - 1 : 0;
	switch (input_len ? random_number(9) : 6) {
	case 0:
	case 1:
		input[at] ^= (u8)(1 << random_number(8));
		break;
	case 2:
		input[at] = values[random_number(sizeof(values))];
		break;
	case 3:
		input[at] = (u8)(input[at] + random_number(33) - 16);
		break;
	case 4:
		cut(at, n);
		break;
	case 5:
		n = n < input_len - at ? n : input_len - at;
		memcpy(copy, input + at, n);
		insert(random_number(input_len + 1), copy, n);
		break;
	case 6:
		for (size_t i = 0; i < n; i++)
			copy[i] = (u8)random_number(256);
		insert(at, copy, n);
		break;
	case 7:
		/* the rest of another seed */
		if (other->len > at) {
			input_len = other->len;
			memcpy(input + at, other->data + at, other->len - at);
		}
		break;
	default:
		for (size_t i = at; i < input_len && i < at + n; i++)
			input[i] = (u8)random_number(256);
	}
}

/* From a buffer of exactly that size, so that ASan sees every byte too far. */
static void run_input(void)
{
	u8 *copy = malloc(input_len);

	memcpy(copy, input, input_len);
	LLVMFuzzerTestOneInput(copy, input_len);
	free(copy);
}

int main(int argc, char **argv)
{
	unsigned long runs = 10000, seconds = 60, value, i;
	time_t end;

	for (int k = 1; k < argc; k++) {
		if (sscanf(argv[k], "-runs=%lu", &value) == 1)
			runs = value;
		else if (sscanf(argv[k], "-max_total_time=%lu", &value) == 1)
			seconds = value;
		else if (sscanf(argv[k], "-seed=%lu", &value) == 1)
			rng_state += value;
		else if (!strncmp(argv[k], "-crash=", 7))
			crash_file = argv[k] + 7;
		else
			add_path(argv[k]);
	}
	if (!nseeds) {
		fprintf(stderr, "fuzz: no seeds\n");
		return 2;
	}
	__sanitizer_set_death_callback(on_death);
	for (i = 0; i < nseeds; i++) {
		input_len = seeds[i].len;
		memcpy(input, seeds[i].data, input_len);
		run_input();
	}
	end = time(NULL) + (time_t)seconds;
	for (i = 0; i < runs && (i % 64 || time(NULL) < end); i++) {
		const struct seed *s = &seeds[random_number(nseeds)];

		input_len = s->len;
		memcpy(input, s->data, input_len);
		for (u64 n = 1 + random_number(6); n; n--)
			mutate_once();
		run_input();
	}
	printf("%lu seeds, %lu mutations\n", (unsigned long)nseeds, i);
	for (i = 0; i < nseeds; i++)
		free(seeds[i].data);
	free(seeds);
	return 0;
}
