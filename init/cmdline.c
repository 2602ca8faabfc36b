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
#include <tern/lib/cmdline.h>
#include <tern/lib/fmt.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

#define WORDS_MAX	256	/* a 4 KiB line can hold more only as one-letter words */

struct word {
	char *name, *value;	/* value NULL: a bare word */
};

static char line[BOOT_CMDLINE_MAX];	/* split copy: the words' storage */
static char line_text[BOOT_CMDLINE_MAX];
static struct word words[WORDS_MAX];	/* I after boot */
static size_t nwords, nkernel;		/* nkernel: words before "--" */

static const char *const known[] = {
	"console", "root", "rootfstype", "rootflags", "rootwait", "rootdelay", "ro", "rw", "init",
	"rdinit", "initrd", "quiet", "debug", "loglevel", "panic", "mem", "maxcpus", "nosmp",
	"nokaslr", "earlycon", "earlyprintk", "ktest", "norandmaps", "noinitrd", "nohz", "nr_cpus",
	"BOOT_IMAGE", "acpi", "noapic", "nolapic", "clocksource", "tsc", "fault", "exitport",
	"printk.time", "random.trust_cpu", "random.trust_bootloader", "lockcheck", "nox2apic",
	"vdso", "ignore_loglevel", "sysrq_always_enabled", "oops", "hung_task_panic",
};

static bool is_known(const struct word *w)
{
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (cmdline_name_is(w->name, known[i]))
			return true;
	/* "module.option" words belong to modules. */
	return strchr(w->name, '.') != NULL;
}

void cmdline_init(const char *text)
{
	char *p = line;
	bool ended = false;
	struct word w;

	strlcpy(line, text, sizeof(line));
	strlcpy(line_text, text, sizeof(line_text));
	while (nwords < WORDS_MAX && cmdline_next(&p, &w.name, &w.value)) {
		if (!ended && !w.value && !strcmp(w.name, "--")) {
			ended = true;
			continue;
		}
		words[nwords++] = w;
		if (!ended)
			nkernel = nwords;
	}
}

/* Value of a kernel word if its name is @key, "" for a bare one, else NULL. */
static const char *word_value(size_t i, const char *key)
{
	if (!cmdline_name_is(words[i].name, key))
		return NULL;
	return words[i].value ? words[i].value : "";
}

const char *cmdline_get(const char *key)
{
	for (size_t i = nkernel; i-- > 0;) {
		const char *v = word_value(i, key);

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
		const char *v = word_value(i, key);

		if (v)
			fn(v, arg);
	}
}

const char *cmdline_text(void)
{
	return line_text;
}

/* "name=value" in memory of its own, kept for good; the bare name; NULL without memory. */
static char *word_text(const struct word *w)
{
	size_t n;
	char *s;

	if (!w->value)
		return w->name;
	n = strlen(w->name) + strlen(w->value) + 2;
	s = kmem_alloc(n, ALLOC_KERNEL);
	if (s)
		fmt_print(s, n, "%s=%s", w->name, w->value);
	return s;
}

static void append(char **list, size_t max, char *text)
{
	size_t n = 0;

	while (list[n])
		n++;
	if (text && n + 1 < max) {
		list[n] = text;
		list[n + 1] = NULL;
	}
}

void cmdline_init_args(char **argv, char **envp, size_t max)
{
	for (size_t i = 0; i < nwords; i++) {
		const struct word *w = &words[i];

		if (i >= nkernel)
			append(argv, max, word_text(w));
		else if (!is_known(w))
			append(w->value ? envp : argv, max, word_text(w));
	}
}
