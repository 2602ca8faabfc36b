/* SPDX-License-Identifier: GPL-2.0-only */
/* Structures and constants that 64-bit Windows programs see. */
#pragma once

#include <tern/base/compiler.h>
#include <tern/base/types.h>

struct nt_unicode_string { u16 length, maximum; u32 pad; u64 buffer; };

struct nt_object_attributes {
	u32 length, pad;
	u64 root;
	u64 name;		/* struct nt_unicode_string * */
	u32 attributes, pad2;
	u64 security, quality;
};

#define OBJ_INHERIT		0x2u
#define OBJ_CASE_INSENSITIVE	0x40u
#define OBJ_OPENIF		0x80u

struct nt_io_status { u32 status, pad; u64 information; };
struct nt_client_id { u64 process, thread; };

/* Access rights. */
#define NT_DELETE		0x00010000u
#define NT_READ_CONTROL		0x00020000u
#define NT_WRITE_DAC		0x00040000u
#define NT_WRITE_OWNER		0x00080000u
#define NT_SYSTEM_SECURITY	0x01000000u
#define NT_SYNCHRONIZE		0x00100000u
#define NT_STANDARD_ALL		0x001f0000u
#define NT_MAXIMUM_ALLOWED	0x02000000u
#define NT_GENERIC_ALL		0x10000000u
#define NT_GENERIC_EXECUTE	0x20000000u
#define NT_GENERIC_WRITE	0x40000000u
#define NT_GENERIC_READ		0x80000000u

/* Memory. */
#define MEM_COMMIT		0x1000u
#define MEM_RESERVE		0x2000u
#define MEM_REPLACE_PLACEHOLDER	0x4000u
#define MEM_DECOMMIT		0x4000u
#define MEM_RELEASE		0x8000u
#define MEM_FREE		0x10000u
#define MEM_PRIVATE		0x20000u
#define MEM_MAPPED		0x40000u
#define MEM_RESERVE_PLACEHOLDER	0x40000u
#define MEM_RESET		0x80000u
#define MEM_TOP_DOWN		0x100000u
#define MEM_WRITE_WATCH		0x200000u
#define MEM_RESET_UNDO		0x1000000u
#define MEM_LARGE_PAGES		0x20000000u
#define MEM_IMAGE		0x1000000u
#define MEM_COALESCE_PLACEHOLDERS 0x1u
#define MEM_PRESERVE_PLACEHOLDER 0x2u

#define PAGE_NOACCESS		0x01u
#define PAGE_READONLY		0x02u
#define PAGE_READWRITE		0x04u
#define PAGE_WRITECOPY		0x08u
#define PAGE_EXECUTE		0x10u
#define PAGE_EXECUTE_READ	0x20u
#define PAGE_EXECUTE_READWRITE	0x40u
#define PAGE_EXECUTE_WRITECOPY	0x80u
#define PAGE_GUARD		0x100u
#define PAGE_NOCACHE		0x200u
#define PAGE_WRITECOMBINE	0x400u

#define SEC_IMAGE		0x1000000u
#define SEC_RESERVE		0x4000000u
#define SEC_COMMIT		0x8000000u

/* Registers, as exceptions and NtGetContextThread show them. */
struct nt_context {
	u64 home[6];
	u32 flags, mxcsr;
	u16 cs, ds, es, fs, gs, ss;
	u32 rflags;
	u64 dr0, dr1, dr2, dr3, dr6, dr7;
	u64 rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi;
	u64 r8, r9, r10, r11, r12, r13, r14, r15;
	u64 rip;
	u8 fxsave[512];
	u8 vector[16 * 26];
	u64 vector_control, debug_control, last_branch_to, last_branch_from, last_exception_to,
	    last_exception_from;
};
static_assert(sizeof(struct nt_context) == 0x4d0, "ABI");

#define CONTEXT_AMD64		0x100000u
#define CONTEXT_CONTROL		0x1u
#define CONTEXT_INTEGER		0x2u
#define CONTEXT_SEGMENTS	0x4u
#define CONTEXT_FLOATING	0x8u
#define CONTEXT_DEBUG		0x10u
#define CONTEXT_XSTATE		0x40u
#define CONTEXT_FULL_		(CONTEXT_AMD64 | CONTEXT_CONTROL | CONTEXT_INTEGER | CONTEXT_FLOATING)
#define CONTEXT_ALL_		(CONTEXT_FULL_ | CONTEXT_SEGMENTS)

/* Where the parts of an extended context lie, relative to this structure. */
struct nt_context_ex {
	s32 all_offset; u32 all_length;
	s32 legacy_offset; u32 legacy_length;
	s32 xstate_offset; u32 xstate_length;
};

/* What extends a context: upper halves of the vector registers. */
struct nt_xstate {
	u64 mask, compaction, reserved[6];
	u8 ymm[256];
};
#define NT_XSTATE_AVX	4u

struct nt_exception_record {
	u32 code, flags;
	u64 record, address;
	u32 nparams, pad;
	u64 params[15];
};
static_assert(sizeof(struct nt_exception_record) == 0x98, "ABI");
#define EXCEPTION_NONCONTINUABLE 1u

#define SEL_USER_CODE_NT	0x33
#define SEL_USER_DATA_NT	0x2b

struct nt_memory_basic {
	u64 base, alloc_base;
	u32 alloc_protect;
	u16 partition, pad;
	u64 size;
	u32 state, protect, type, pad2;
};
static_assert(sizeof(struct nt_memory_basic) == 48, "ABI");

struct nt_section_image_info {
	u64 entry;
	u32 zero_bits, pad;
	u64 stack_reserve, stack_commit;
	u32 subsystem;
	u16 subsystem_minor, subsystem_major;
	u16 os_major, os_minor;
	u16 characteristics, dll_characteristics;
	u16 machine;
	u8 contains_code, image_flags;
	u32 loader_flags, file_size, checksum;
};
static_assert(sizeof(struct nt_section_image_info) == 64, "ABI");

/* TEB and PEB offsets that the kernel writes or reads. */
#define TEB_SIZE		0x10000u
#define TEB_STACK_BASE		0x008
#define TEB_STACK_LIMIT		0x010
#define TEB_SELF		0x030
#define TEB_CLIENT_ID		0x040
#define TEB_PEB			0x060
#define TEB_ACTCTX_STACK	0x290
#define TEB_ACTCTX_POINTER	0x2c8
#define TEB_REAL_CLIENT_ID	0x7d8
#define TEB_STATIC_STRING	0x1258
#define TEB_STATIC_BUFFER	0x1268
#define TEB_DEALLOCATION_STACK	0x1478
#define TEB_TLS_SLOTS		0x1480
#define TEB_TLS_EXPANSION	0x1780

#define PEB_SIZE		0x10000u
#define PEB_IMAGE_BASE		0x010
#define PEB_PARAMETERS		0x020
#define PEB_API_SET		0x068
#define PEB_NR_CPUS		0x0b8
#define PEB_LOCK_TIMEOUT	0x0c0
#define PEB_HEAP_RESERVE	0x0c8
#define PEB_HEAP_COMMIT		0x0d0
#define PEB_HEAP_TOTAL_FREE	0x0d8
#define PEB_HEAP_FREE_BLOCK	0x0e0
#define PEB_OS_MAJOR		0x118
#define PEB_OS_MINOR		0x11c
#define PEB_OS_BUILD		0x120
#define PEB_OS_PLATFORM		0x124
#define PEB_SUBSYSTEM		0x128
#define PEB_SUBSYSTEM_MAJOR	0x12c
#define PEB_SUBSYSTEM_MINOR	0x130
#define TEB_TLS_LINKS		0x1680
#define PEB_SESSION		0x2c0
#define PEB_DEBUG_CHANNELS	0x2000

struct nt_process_params {
	u32 allocation_size, size, flags, debug_flags;
	u64 console;
	u32 console_flags, pad;
	u64 std_in, std_out, std_err;
	struct nt_unicode_string directory;
	u64 directory_handle;
	struct nt_unicode_string dll_path, image_path, command_line;
	u64 environment;
	u32 x, y, width, height, chars_x, chars_y, fill, window_flags, show, pad2;
	struct nt_unicode_string title, desktop, shell_info, runtime_info;
	u8 drive_letters[32 * 24];
	u64 environment_size, environment_version;
	u64 package_data;
	u32 group_id, loader_threads;
};
static_assert(sizeof(struct nt_process_params) == 0x410, "ABI");
