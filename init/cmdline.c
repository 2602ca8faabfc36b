// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel command line: words separated by blanks, double quotes protect
 * blanks, "--" ends the kernel's part. A word is "key" or "key=value"; '-' and '_'
 * in keys are the same, as on Linux. The words are split once, at boot, and never
 * change: readers need no lock.
 *
 * Words that no part of the kernel knows are passed to init: "key=value" as
 * environment, others as arguments. What the kernel knows is the table below.
 */
#include <tern/kernel/cmdline.h>

#include "init_impl.h"

#include <asm/bootinfo.h>
#include <tern/base/compiler.h>
#include <tern/lib/string.h>

#define WORDS_MAX	256	/* a 4 KiB line can hold more only as one-letter words */

static char line[BOOT_CMDLINE_MAX];	/* split copy: words end in NUL */
static char line_text[BOOT_CMDLINE_MAX];
static char *words[WORDS_MAX];		/* I after boot */
static size_t nwords, nkernel;		/* words before "--" */

static const char *const known[] = {
	"console", "root", "rootfstype", "rootflags", "rootwait", "rootdelay", "ro", "rw", "init",
	"rdinit", "initrd", "quiet", "debug", "loglevel", "panic", "mem", "maxcpus", "nosmp",
	"nokaslr", "earlycon", "earlyprintk", "ktest", "norandmaps", "noinitrd", "nohz", "nr_cpus",
	"BOOT_IMAGE", "acpi", "noapic", "nolapic", "clocksource", "tsc", "fault", "exitport",
	"printk.time", "random.trust_cpu", "random.trust_bootloader", "lockcheck", "nox2apic",
	"vdso", "ignore_loglevel", "sysrq_always_enabled", "oops", "hung_task_panic",
};

static bool key_equal(const char *a, const char *b, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char x = a[i] == '-' ? '_' : a[i], y = b[i] == '-' ? '_' : b[i];

		if (x != y)
			return false;
	}
	return true;
}

static size_t key_len(const char *word)
{
	const char *eq = strchr(word, '=');

	return eq ? (size_t)(eq - word) : strlen(word);
}

/* Value of @word if its key is @key, else NULL. */
static const char *word_value(const char *word, const char *key)
{
	size_t n = key_len(word);

	if (n != strlen(key) || !key_equal(word, key, n))
		return NULL;
	return word[n] ? word + n + 1 : word + n;
}

static bool is_known(const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (word_value(word, known[i]))
			return true;
	return false;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Cut one word off *p, dropping its quotes; NULL at the end. */
static char *next_word(char **p)
{
	char *in = *p, *out, *start;
	bool quoted = false;

	while (is_blank(*in))
		in++;
	if (!*in)
		return NULL;
	start = out = in;
	for (; *in && (quoted || !is_blank(*in)); in++) {
		if (*in == '"')
			quoted = !quoted;
		else
			*out++ = *in;
	}
	*p = *in ? in + 1 : in;
	*out = '\0';
	return start;
}

void cmdline_init(const char *text)
{
	char *p = line, *w;
	bool ended = false;

	strlcpy(line, text, sizeof(line));
	strlcpy(line_text, text, sizeof(line_text));
	while (nwords < WORDS_MAX && (w = next_word(&p))) {
		if (!ended && !strcmp(w, "--")) {
			ended = true;
			continue;
		}
		words[nwords++] = w;
		if (!ended)
			nkernel = nwords;
	}
}

const char *cmdline_get(const char *key)
{
	for (size_t i = nkernel; i-- > 0;) {
		const char *v = word_value(words[i], key);

		if (v)
			return v;
	}
	return NULL;
}

bool cmdline_has(const char *key)
{
	return cmdline_get(key) != NULL;
}

u64 cmdline_get_u64(const char *key, u64 def)
{
	const char *v = cmdline_get(key), *end;
	u64 n;

	if (!v || !*v || parse_u64(v, 0, &n, &end))
		return def;
	switch (*end) {
	case 'G': case 'g':
		n <<= 10;
		fallthrough;
	case 'M': case 'm':
		n <<= 10;
		fallthrough;
	case 'K': case 'k':
		n <<= 10;
		end++;
	}
	return *end ? def : n;
}

void cmdline_foreach(const char *key, void (*fn)(const char *value, void *arg), void *arg)
{
	for (size_t i = 0; i < nkernel; i++) {
		const char *v = word_value(words[i], key);

		if (v)
			fn(v, arg);
	}
}

const char *cmdline_text(void)
{
	return line_text;
}

void cmdline_init_args(char **argv, char **envp, size_t max)
{
	size_t na = 0, ne = 0;

	while (argv[na])
		na++;
	while (envp[ne])
		ne++;
	for (size_t i = 0; i < nwords; i++) {
		bool for_init = i >= nkernel;

		/* "module.option" words belong to modules, not to init. */
		if (!for_init && (is_known(words[i]) || memchr(words[i], '.', key_len(words[i]))))
			continue;
		if (!for_init && strchr(words[i], '=')) {
			if (ne + 1 < max)
				envp[ne++] = words[i];
		} else if (na + 1 < max) {
			argv[na++] = words[i];
		}
	}
	argv[na] = NULL;
	envp[ne] = NULL;
}
