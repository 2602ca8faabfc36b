/* SPDX-License-Identifier: GPL-2.0-only */
/* What io/console.c and io/conin.c share. */
#pragma once

#include <tern/drivers/tty.h>
#include <tern/fs/pollwatch.h>

#include "../conrec.h"
#include "../contrack.h"
#include "../console.h"

#define IN_PROCESSED	0x1u
#define IN_LINE		0x2u
#define IN_ECHO		0x4u
#define IN_VT		0x200u
#define RECORDS		128u
#define CODE_PAGE_UTF8	65001u

struct nt_console {
	refcount refs;
	s32 owner;			/* I process that puts the settings back */
	struct ofile *of;		/* I with a reference */
	struct tty *tty;		/* I of the file */
	struct kmutex lock;
	struct ktermios2_abi saved;	/* lock: settings to put back */
	bool is_changed;		/* lock */
	u32 in_mode, out_mode;		/* lock */
	u16 attr;			/* lock */
	struct con_cursor cursor;	/* lock */
	u16 high;			/* lock: first half of a pair that was written */
	struct con_decoder decoder;	/* lock */
	struct con_record queue[RECORDS];	/* lock: ring */
	u32 head, tail;
	struct list handles;		/* lock: of con_handle.link */
};

/* A handle's part: its own watch of the terminal. */
struct con_handle {
	struct nt_console *c;
	struct nt_file *f;		/* borrowed */
	struct list link;		/* nt_console.lock */
	struct pollwatch watch;
	struct kmutex lock;		/* one arms at a time */
	bool is_armed;
};

/** con_put_bytes() - to the terminal. */
ntstatus con_put_bytes(struct nt_console *c, const char *s, size_t n);
/** con_echoed() - the terminal showed what was typed. */
void con_echoed(struct nt_console *c, const char *s, size_t n);
/** con_put_size() - of the terminal, never zero. */
void con_put_size(struct nt_console *c, u16 *columns, u16 *lines);
/** con_input_ioctl() - requests that only an input handle knows. */
ntstatus con_input_ioctl(struct nt_console *c, struct nt_file *f, u32 code, const void __user *in, u32 in_len,
			 void __user *out, u32 room, u64 *used);

/* ConDrv's requests. */
enum {
	CON_GET_MODE = 0x504000, CON_SET_MODE = 0x508004, CON_IS_UNIX = 0x500008, CON_READ = 0x504028,
	CON_READ_FILE = 0x50402c, CON_READ_INPUT = 0x504030, CON_WRITE_INPUT = 0x508034, CON_PEEK = 0x504038,
	CON_INPUT_INFO = 0x50403c, CON_SET_INPUT_INFO = 0x508040, CON_GET_TITLE = 0x504044,
	CON_SET_TITLE = 0x508048, CON_CTRL_EVENT = 0x50004c, CON_BEEP = 0x500050, CON_FLUSH = 0x500054,
	CON_GET_WINDOW = 0x500058, CON_PROCESSES = 0x50005c, CON_READ_CONTROL = 0x504060,
	CON_WRITE = 0x508078, CON_WRITE_FILE = 0x50807c, CON_OUTPUT_INFO = 0x504088,
	CON_SET_OUTPUT_INFO = 0x50808c, CON_ACTIVATE = 0x508090, CON_FILL = 0x508094,
};
