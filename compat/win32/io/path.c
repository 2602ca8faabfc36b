// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names of files. NT's are \??\X:\a\b without regard to case; an exact match is tried
 * first, then each component is looked for in its directory. Characters that Windows
 * does not allow in names (and a backslash in a Linux one) travel as U+F000 + c.
 */
#include "../path.h"

#include "../file.h"

#include <tern/fs/path.h>
#include <tern/kernel/vfsface.h>
#include <tern/lib/utf16.h>
#include <uapi/fcntl.h>

#define ODD_BASE	0xf000u
#define NAME_BYTES	256

static bool is_odd(u16 c)
{
	return c < 0x20 || c == '<' || c == '>' || c == ':' || c == '"' || c == '|' || c == '?' ||
	       c == '*' || c == '\\';
}

/* ---- Linux to Windows ---- */

static void mark_odd(u16 *s, u32 len)
{
	for (u32 i = 0; i < len; i++)
		if (s[i] == '/')
			s[i] = '\\';
		else if (is_odd(s[i]))
			s[i] += ODD_BASE;
}

u16 *nt_name_from_unix(const char *name, size_t n, u32 *len)
{
	u16 *u = nt_utf16(name, n, len);

	if (u)
		mark_odd(u, *len);
	return u;
}

static bool below_drive_c(const char *path, size_t n)
{
	size_t k = strlen(NT_DRIVE_C);

	return n >= k && !memcmp(path, NT_DRIVE_C, k) && (n == k || path[k] == '/');
}

u16 *nt_dos_from_unix(const char *path, size_t n, u32 *len)
{
	bool is_c = below_drive_c(path, n), is_absolute = n && path[0] == '/';
	u32 drive = is_absolute ? 2 : 0;
	u16 *u, *out;
	u32 k;

	if (is_c) {
		path += strlen(NT_DRIVE_C);
		n -= strlen(NT_DRIVE_C);
	}
	u = nt_name_from_unix(path, n, &k);
	out = u ? kmem_alloc((k + drive + 2) * 2UL, ALLOC_KERNEL) : NULL;
	if (out) {
		if (drive) {
			out[0] = is_c ? 'C' : 'Z';
			out[1] = ':';
		}
		memcpy(out + drive, u, k * 2UL);
		k += drive;
		if (drive && k == drive)
			out[k++] = '\\';
		out[k] = 0;
		*len = k;
	}
	kmem_free(u);
	return out;
}

u16 *nt_dos_of_file(struct ofile *f, u32 *len)
{
	char *buf = path_name_buf(), *name;
	u16 *u;

	if (!buf)
		return NULL;
	name = face_ofile_name(f, buf, PATH_MAX);
	u = IS_ERR(name) ? NULL : nt_dos_from_unix(name, strlen(name), len);
	path_name_put(buf);
	return u;
}

u16 *nt_path_of_file(struct ofile *f, u32 *len)
{
	static const u16 prefix[] = { '\\', '?', '?', '\\' };
	u32 n;
	u16 *dos = nt_dos_of_file(f, &n), *u;

	if (!dos)
		return NULL;
	u = kmem_alloc((n + ARRAY_SIZE(prefix) + 1) * 2UL, ALLOC_KERNEL);
	if (u) {
		memcpy(u, prefix, sizeof(prefix));
		memcpy(u + ARRAY_SIZE(prefix), dos, (n + 1) * 2UL);
		*len = n + ARRAY_SIZE(prefix);
	}
	kmem_free(dos);
	return u;
}

u16 *nt_dos_cwd(u32 *len)
{
	char *buf = path_name_buf(), *name;
	struct fspath cwd;
	u16 *u;

	if (!buf)
		return NULL;
	fsctx_cwd(fsctx_self(), &cwd);
	name = path_print_self(&cwd, buf, PATH_MAX);
	fspath_put(&cwd);
	u = IS_ERR(name) ? NULL : nt_dos_from_unix(name, strlen(name), len);
	path_name_put(buf);
	return u;
}

/* ---- Windows to Linux ---- */

char *nt_unix_from_dos(const u16 *text, u32 len)
{
	const char *root = NULL;
	char *tail, *out = NULL;
	u16 *copy;

	if (len < 2 || text[1] != ':')
		return NULL;
	if (nt_upcase(text[0]) == 'C')
		root = NT_DRIVE_C;
	else if (nt_upcase(text[0]) == 'Z')
		root = "";
	copy = root ? kmem_dup(text + 2, (len - 2) * 2UL + 2, ALLOC_KERNEL) : NULL;
	if (!copy)
		return NULL;
	len -= 2;
	for (u32 i = 0; i < len; i++)
		if (copy[i] == '\\')
			copy[i] = '/';
		else if (copy[i] > ODD_BASE && copy[i] < ODD_BASE + 0x80 && is_odd(copy[i] - ODD_BASE))
			copy[i] -= ODD_BASE;
	tail = nt_utf8(copy, len);
	if (tail)
		out = kmem_alloc(strlen(root) + strlen(tail) + 2, ALLOC_KERNEL);
	if (out) {
		strcpy(out, root);
		if (*tail != '/')
			strcat(out, "/");
		strcat(out, tail);
	}
	kmem_free(tail);
	kmem_free(copy);
	return out;
}

static bool equal_fold(const char *a, size_t alen, const char *b, size_t blen)
{
	const u8 *p = (const u8 *)a, *pe = p + alen, *q = (const u8 *)b, *qe = q + blen;

	while (p < pe && q < qe) {
		int c = utf8_next(&p, pe), d = utf8_next(&q, qe);

		if (c != d && (c < 0 || d < 0 || c > 0xffff || d > 0xffff ||
			       nt_upcase((u16)c) != nt_upcase((u16)d)))
			return false;
	}
	return p == pe && q == qe;
}

struct scan {
	struct dir_sink sink;
	const char *name;
	size_t len;
	char found[NAME_BYTES];
	u32 found_len;
};

static bool scan_emit(struct dir_sink *s, const char *name, u32 len, u64 ino, u32 type, loff_t next)
{
	struct scan *sc = container_of(s, struct scan, sink);

	s->pos = next;
	if (len >= NAME_BYTES || !equal_fold(name, len, sc->name, sc->len))
		return true;
	memcpy(sc->found, name, len);
	sc->found_len = len;
	return false;
}

/* The entry of @dir that is @name but for case; 0 if there is none. */
static u32 scan_dir(const char *dir, struct scan *sc)
{
	struct ofile *f = ofile_open_kernel(dir, O_RDONLY | O_DIRECTORY, 0);

	if (IS_ERR(f))
		return 0;
	sc->sink.emit = scan_emit;
	if (f->of_ops->readdir != fop_no_readdir) {
		rwsem_read_lock(&f->of_vnode->vn_lock);
		(void)f->of_ops->readdir(f, &sc->sink);
		rwsem_read_unlock(&f->of_vnode->vn_lock);
	}
	ofile_put(f);
	return sc->found_len;
}

static bool exists(const char *path)
{
	struct fspath p;

	if (path_lookup(path, 0, &p))
		return false;
	fspath_put(&p);
	return true;
}

/* Add one component to @out as it is spelled on disk; false if it is not there (then as given). */
static bool add_component(char *out, size_t *n, const char *name, size_t len)
{
	struct scan sc = { .name = name, .len = len };
	size_t dir_len = *n;
	bool found;

	if (*n + len + 2 > PATH_MAX)
		return false;
	out[(*n)++] = '/';
	memcpy(out + *n, name, len);
	*n += len;
	out[*n] = 0;
	if (exists(out))
		return true;
	out[dir_len] = 0;
	found = scan_dir(dir_len ? out : "/", &sc) && sc.found_len + dir_len + 2 <= PATH_MAX;
	out[dir_len] = '/';
	if (found) {
		memcpy(out + dir_len + 1, sc.found, sc.found_len);
		*n = dir_len + 1 + sc.found_len;
		out[*n] = 0;
	}
	return found;
}

/* Find the spelling of @path; what is not there stays as it was given. */
static ntstatus settle(const char *path, struct nt_target *t)
{
	char *out = path_name_buf();
	const char *p = path;
	size_t n = 0;

	if (!out)
		return STATUS_NO_MEMORY;
	out[0] = 0;
	t->exists = t->parent_exists = true;
	while (*p) {
		size_t len;

		while (*p == '/')
			p++;
		len = strcspn(p, "/");
		if (!len)
			break;
		t->parent_exists = t->exists;
		if (t->exists) {
			t->exists = add_component(out, &n, p, len);
		} else if (n + len + 2 <= PATH_MAX) {
			out[n++] = '/';
			memcpy(out + n, p, len);
			n += len;
			out[n] = 0;
		}
		p += len;
	}
	t->path = kmem_strdup(n ? out : "/", ALLOC_KERNEL);
	path_name_put(out);
	return t->path ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

static ntstatus file_target(char *path, struct nt_target *t)
{
	size_t n;
	ntstatus s;

	if (!path)
		return STATUS_OBJECT_PATH_NOT_FOUND;
	n = strlen(path);
	t->kind = NT_TARGET_FILE;
	t->wants_dir = n > 1 && path[n - 1] == '/';
	if (!exists(path)) {
		s = settle(path, t);
		kmem_free(path);
		return s;
	}
	if (t->wants_dir)
		path[n - 1] = 0;
	t->path = path;
	t->exists = t->parent_exists = true;
	return STATUS_SUCCESS;
}

static u32 strip(const u16 *text, u32 len, const char *prefix)
{
	u32 n = strlen(prefix);

	return len >= n && nt_equal_ascii(text, n, prefix) ? n : 0;
}

static const struct { const char *name; enum nt_target_kind kind; enum nt_console_role role; } devices[] = {
	{ "NUL", NT_TARGET_NULL, 0 }, { "\\Device\\Null", NT_TARGET_NULL, 0 },
	{ "CON", NT_TARGET_CONSOLE, NT_CONSOLE_OUTPUT }, { "CONIN$", NT_TARGET_CONSOLE, NT_CONSOLE_INPUT },
	{ "CONOUT$", NT_TARGET_CONSOLE, NT_CONSOLE_OUTPUT },
	{ "\\Device\\ConDrv\\Connection", NT_TARGET_CONSOLE, NT_CONSOLE_CONTROL },
	{ "\\Device\\ConDrv\\Reference", NT_TARGET_CONSOLE, NT_CONSOLE_CONTROL },
	{ "\\Device\\ConDrv\\Input", NT_TARGET_CONSOLE, NT_CONSOLE_INPUT },
	{ "\\Device\\ConDrv\\CurrentIn", NT_TARGET_CONSOLE, NT_CONSOLE_INPUT },
	{ "\\Device\\ConDrv\\Output", NT_TARGET_CONSOLE, NT_CONSOLE_OUTPUT },
	{ "\\Device\\ConDrv\\CurrentOut", NT_TARGET_CONSOLE, NT_CONSOLE_OUTPUT },
	{ "Connection", NT_TARGET_CONSOLE, NT_CONSOLE_CONTROL },
	{ "Reference", NT_TARGET_CONSOLE, NT_CONSOLE_CONTROL },
	{ "Input", NT_TARGET_CONSOLE, NT_CONSOLE_INPUT }, { "Output", NT_TARGET_CONSOLE, NT_CONSOLE_OUTPUT },
	{ "CurrentIn", NT_TARGET_CONSOLE, NT_CONSOLE_INPUT },
	{ "CurrentOut", NT_TARGET_CONSOLE, NT_CONSOLE_OUTPUT },
	{ "\\Device\\Afd", NT_TARGET_AFD, 0 }, { "\\Device\\NamedPipe", NT_TARGET_PIPE_ROOT, 0 },
	{ "\\Device\\NamedPipe\\", NT_TARGET_PIPE_ROOT, 0 }, { "pipe", NT_TARGET_PIPE_ROOT, 0 },
	{ "pipe\\", NT_TARGET_PIPE_ROOT, 0 },
};

static bool device_target(const u16 *text, u32 len, struct nt_target *t)
{
	u32 n;

	for (u32 i = 0; i < ARRAY_SIZE(devices); i++)
		if (nt_equal_ascii(text, len, devices[i].name)) {
			t->kind = devices[i].kind;
			t->role = devices[i].role;
			return true;
		}
	n = strip(text, len, "pipe\\");
	if (!n)
		n = strip(text, len, "\\Device\\NamedPipe\\");
	if (!n)
		n = strip(text, len, "\\Device\\Afd\\");
	if (!n)
		return false;
	t->kind = nt_upcase(text[8]) == 'A' && text[0] == '\\' ? NT_TARGET_AFD : NT_TARGET_PIPE;
	t->rest = text + n;
	t->rest_len = len - n;
	return true;
}

static ntstatus relative_target(const struct nt_attributes *a, struct nt_target *t)
{
	char *base, *tail, *path = NULL;
	ntstatus s = nt_file_unix_path(a->root, &base);

	if (s)
		return device_target(a->name.text, a->name.len, t) ? STATUS_SUCCESS : s;
	for (u32 i = 0; i < a->name.len; i++)
		if (a->name.text[i] == '\\')
			a->name.text[i] = '/';
	tail = nt_utf8(a->name.text, a->name.len);
	if (tail)
		path = kmem_alloc(strlen(base) + strlen(tail) + 2, ALLOC_KERNEL);
	if (path) {
		strcpy(path, base);
		if (*tail)
			strcat(path, "/");
		strcat(path, tail);
	}
	kmem_free(tail);
	kmem_free(base);
	return path ? file_target(path, t) : STATUS_NO_MEMORY;
}

/* \Device\HarddiskVolumeN\...: what the links of the drives lead to. */
static ntstatus volume_target(const u16 *text, u32 len, struct nt_target *t)
{
	u32 n = strip(text, len, NT_VOLUME_PREFIX);
	ntstatus s = STATUS_OBJECT_PATH_NOT_FOUND;
	u16 *dos;

	if (!n || n == len || (text[n] != NT_VOLUME_C && text[n] != NT_VOLUME_Z))
		return s;
	dos = kmem_alloc((len - n + 3) * 2UL, ALLOC_KERNEL);
	if (!dos)
		return STATUS_NO_MEMORY;
	dos[0] = text[n] == NT_VOLUME_C ? 'C' : 'Z';
	dos[1] = ':';
	memcpy(dos + 2, text + n + 1, (len - n - 1) * 2UL);
	dos[len - n + 1] = 0;
	s = file_target(nt_unix_from_dos(dos, len - n + 1), t);
	kmem_free(dos);
	return s;
}

/* Characters that no name of a file has; those that Linux's names have travel in another form. */
static bool has_forbidden(const u16 *text, u32 len)
{
	for (u32 i = 0; i < len; i++)
		if (text[i] < 0x20 || (text[i] < 0x80 && strchr("<>\"|*?", text[i])))
			return true;
	return false;
}

ntstatus nt_target_find(const struct nt_attributes *a, struct nt_target *t)
{
	static const char *const prefixes[] = { "\\??\\", "\\DosDevices\\", "\\GLOBAL??\\" };
	const u16 *text = a->name.text;
	u32 len = a->name.len, n = 0;

	*t = (struct nt_target){ 0 };
	if (a->root)
		return relative_target(a, t);
	if (!len || text[0] != '\\')
		return STATUS_OBJECT_PATH_SYNTAX_BAD;
	if (device_target(text, len, t))
		return STATUS_SUCCESS;
	for (u32 i = 0; i < ARRAY_SIZE(prefixes) && !n; i++)
		n = strip(text, len, prefixes[i]);
	if (!n)
		return volume_target(text, len, t);
	text += n;
	len -= n;
	if (device_target(text, len, t))
		return STATUS_SUCCESS;
	if (has_forbidden(text, len))
		return STATUS_OBJECT_NAME_INVALID;
	n = strip(text, len, "unix\\");
	if (n) {
		char *path = nt_utf8(text + n - 1, len - n + 1);

		for (char *p = path; p && *p; p++)
			if (*p == '\\')
				*p = '/';
		return file_target(path, t);
	}
	if (len < 2 || text[1] != ':')
		return STATUS_OBJECT_NAME_NOT_FOUND;
	return file_target(nt_unix_from_dos(text, len), t);
}
