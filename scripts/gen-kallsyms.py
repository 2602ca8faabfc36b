#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Turn `nm -n` of the kernel into the table that kernel/log/kallsyms.c reads.

usage: gen-kallsyms.py NM-OUTPUT OUT.S

Layout, little endian, 4-byte aligned (see include/tern/base/kallsyms.h):
  u32 count, u32 bytes of names, s32 offset[count] from _text (ascending),
  u32 name[count] into the names, names: type letter, text, NUL each.
Per-CPU symbols are not addresses of the image and are left out, as are
symbols that the table itself moves.
"""
import struct
import sys

MOVED = {"_end", "__kallsyms_start", "__kallsyms_end", "__relocs_start"}


def read_symbols(path):
    rows = []
    with open(path) as f:
        for line in f:
            part = line.split()
            if len(part) != 3:
                continue
            addr, kind, name = int(part[0], 16), part[1], part[2]
            if kind in "aAwWUN" or name in MOVED or name.startswith((".L", "$")):
                continue
            rows.append((addr, kind, name))
    return rows


def main():
    rows = read_symbols(sys.argv[1])
    base = next((a for a, _, n in rows if n == "_text"), None)
    if base is None:
        sys.exit("gen-kallsyms: no _text symbol")
    rows = sorted((a - base, k, n) for a, k, n in rows if a >= base)
    names = bytearray()
    offsets, where = [], []
    for off, kind, name in rows:
        offsets.append(off)
        where.append(len(names))
        names += kind.encode() + name.encode() + b"\0"
    blob = struct.pack("<II", len(rows), len(names))
    blob += struct.pack("<%di" % len(rows), *offsets)
    blob += struct.pack("<%dI" % len(rows), *where) + names
    binary = sys.argv[2].rsplit(".", 1)[0] + ".bin"
    with open(binary, "wb") as f:
        f.write(blob)
    with open(sys.argv[2], "w") as f:
        f.write('.section .kallsyms,"a",@progbits\n.balign 8\n.incbin "%s"\n'
                '.section .note.GNU-stack,"",@progbits\n' % binary)


main()
