// SPDX-License-Identifier: GPL-2.0-only
/*
 * Settings of interfaces under /proc/sys/net: between fs/procfs, which asks for members and rows by number, and the
 * subsystems' arrays.
 *
 * A member's number is 0 for "all", 1 for "default", and 1 more than its index for an interface; its key has the
 * inode number of the namespace in the upper half, and is good for threads in that namespace only.
 */
#include <tern/net/ifctl.h>

#include <tern/base/err.h>
#include <tern/kernel/cred.h>
#include <tern/lib/string.h>

#define NR_ALL		0u
#define NR_DEFAULT	1u
#define NR_IF		1u	/* + index */

static_assert(PROCSET_NAME_MAX >= IFNAMSIZ, "names of interfaces are names of directories");

static const struct ifctl *ctl_of(const struct procset *s)
{
	return container_of(s, const struct ifctl, set);
}

static u64 key_of(const struct netns *ns, u32 nr)
{
	return (u64)ns->base.inum << 32 | nr;
}

static bool name_is(const char *name, u32 len, const char *what)
{
	return len == strlen(what) && !memcmp(name, what, len);
}

static u64 find(const struct procset *s, const char *name, u32 len)
{
	const struct ifctl *c = ctl_of(s);
	struct netns *ns = netns_self();
	char text[IFNAMSIZ];
	struct netif *nif;

	if (c->has_all && name_is(name, len, "all"))
		return key_of(ns, NR_ALL);
	if (name_is(name, len, "default"))
		return key_of(ns, NR_DEFAULT);
	if (len >= IFNAMSIZ)
		return 0;
	memcpy(text, name, len);
	text[len] = '\0';
	nif = netif_find_name(ns, text);
	return nif && c->values(ns, IFCTL_IF, nif) ? key_of(ns, NR_IF + nif->index) : 0;
}

/* The interface with the lowest number from @nr on that has values; RCU. */
static struct netif *first_from(const struct ifctl *c, struct netns *ns, u32 nr)
{
	struct netif *nif, *best = NULL;

	netif_foreach(nif, ns)
		if (NR_IF + nif->index >= nr && (!best || nif->index < best->index) &&
		    c->values(ns, IFCTL_IF, nif))
			best = nif;
	return best;
}

static bool next(const struct procset *s, u32 *nr, char name[PROCSET_NAME_MAX])
{
	const struct ifctl *c = ctl_of(s);
	struct netif *nif;

	if (*nr == NR_ALL && !c->has_all)
		*nr = NR_DEFAULT;
	if (*nr <= NR_DEFAULT) {
		strlcpy(name, *nr == NR_ALL ? "all" : "default", PROCSET_NAME_MAX);
		return true;
	}
	rcu_read_lock();
	nif = first_from(c, netns_self(), *nr);
	if (nif) {
		*nr = NR_IF + nif->index;
		strlcpy(name, nif->name, PROCSET_NAME_MAX);
	}
	rcu_read_unlock();
	return nif;
}

static enum ifctlwho who_is(u64 key)
{
	u32 nr = (u32)key;

	return nr == NR_ALL ? IFCTL_ALL : nr == NR_DEFAULT ? IFCTL_DEFAULT : IFCTL_IF;
}

static const char *row_name(const struct procset *s, u64 key, u32 row)
{
	const struct ifctl *c = ctl_of(s);
	u32 n = who_is(key) == IFCTL_IF ? c->nrows_if : c->nrows;

	return row < n ? c->rows[row].name : NULL;
}

/*
 * Whom @key means in @ns: its values, and in *@nif its interface. RCU or config_lock. NULL: gone, or of
 * another namespace.
 */
static s32 *values_of(const struct ifctl *c, struct netns *ns, u64 key, struct netif **nif)
{
	enum ifctlwho who = who_is(key);

	*nif = NULL;
	if (key >> 32 != ns->base.inum)
		return NULL;
	if (who == IFCTL_IF) {
		*nif = netif_find_index(ns, (u32)key - NR_IF);
		if (!*nif)
			return NULL;
	}
	return c->values(ns, who, *nif);
}

static int print(const struct procset *s, u64 key, u32 row, struct seqbuf *sb)
{
	struct netif *nif;
	s32 *values, v = 0;

	rcu_read_lock();
	values = values_of(ctl_of(s), netns_self(), key, &nif);
	if (values)
		v = READ_ONCE(values[row]);
	rcu_read_unlock();
	if (!values)
		return -ENOENT;
	seqbuf_printf(sb, "%d\n", v);
	return 0;
}

static ssize_t write(const struct procset *s, u64 key, u32 row, const char *text, size_t n)
{
	const struct ifctl *c = ctl_of(s);
	struct netns *ns = netns_self();
	int err = -ENOENT;
	struct netif *nif;
	s64 v;

	if (!netns_cap(CAP_NET_ADMIN))
		return -EPERM;
	if (parse_s64(str_trim((char *)text), 0, &v, NULL) || v < c->rows[row].min || v > c->rows[row].max)
		return -EINVAL;
	kmutex_lock(&ns->config_lock);
	if (values_of(c, ns, key, &nif))
		err = c->change(ns, who_is(key), nif, row, (s32)v);
	kmutex_unlock(&ns->config_lock);
	return err ? err : (ssize_t)n;
}

const struct procset_ops ifctl_ops = { .find = find, .next = next, .row_name = row_name, .print = print,
				       .write = write };
