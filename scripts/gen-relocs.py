#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""List what changes in the image when it runs at another virtual address.

usage: gen-relocs.py ELF OUT.S

ELF is the kernel linked with --emit-relocs. The kernel moves as a whole, so only
absolute references to it change, and relative ones to what does not move (the
per-CPU symbols, which are small absolute numbers). Layout of the table, read by
relocate_image in arch/x86/boot/head.S; places are bytes from _text in memory:
  u32 n, u32 place[n]   64-bit words to which the distance is added
  u32 n, u32 place[n]   32-bit words likewise (sign-extended addresses)
  u32 n, u32 place[n]   32-bit words from which it is subtracted
"""
import struct
import sys

R_64, R_PC32, R_PLT32, R_32, R_32S, R_PC64 = 1, 2, 4, 10, 11, 24
SHT_RELA, SHT_SYMTAB, SHF_ALLOC = 4, 2, 2
IMAGE_END = 0xffffffffa0000000      # modules begin there
START_UP = 4096                     # arch/x86/boot/head.S lies at the start


def fail(text):
    sys.exit("gen-relocs: " + text)


class Elf:
    def __init__(self, path):
        with open(path, "rb") as f:
            self.data = f.read()
        offset, = struct.unpack_from("<Q", self.data, 40)
        size, count, _names = struct.unpack_from("<HHH", self.data, 58)
        fields = "<IIQQQQIIQQ"
        self.sections = [struct.unpack_from(fields, self.data, offset + i * size) for i in range(count)]
        table = next(s for s in self.sections if s[1] == SHT_SYMTAB)
        self.symbols = list(struct.iter_unpack("<IBBHQQ", self.data[table[4]:table[4] + table[5]]))
        names = self.sections[table[6]]
        self.names = self.data[names[4]:names[4] + names[5]]

    def symbol(self, name):
        for entry in self.symbols:
            if self.names[entry[0]:self.names.index(b"\0", entry[0])].decode() == name:
                return entry[4]
        fail("no symbol " + name)

    def relocations(self):
        """(place, kind, symbol's value) of all that is loaded."""
        for section in self.sections:
            if section[1] != SHT_RELA or not self.sections[section[7]][2] & SHF_ALLOC:
                continue
            for place, info, _addend in struct.iter_unpack("<QQq", self.data[section[4]:section[4] + section[5]]):
                yield place, info & 0xffffffff, self.symbols[info >> 32][4]


def classify(elf):
    text, percpu = elf.symbol("_text"), elf.symbol("__percpu_load")
    percpu_end = elf.symbol("__percpu_end")
    physical = [(text, text + START_UP), (elf.symbol("ap_trampoline"), elf.symbol("ap_trampoline_end")),
                (elf.symbol("early_gdt"), elf.symbol("early_gdt_ptr64"))]
    wide, narrow, inverse = [], [], []
    for place, kind, value in elf.relocations():
        at = (place - text if place >= text else percpu - text + place)
        if place < text and place >= percpu_end:
            fail(f"a relocation at {place:#x}, outside of the image")
        # By the symbol, not by the sum: the compiler folds "address - base" into one number.
        moves = text <= value < IMAGE_END
        if kind == R_64:
            wide += [at] if moves else []
        elif kind == R_32S:
            narrow += [at] if moves else []
        elif kind in (R_PC32, R_PLT32):
            inverse += [] if value >= text else [at]
        elif kind == R_32 and any(low <= place < high for low, high in physical):
            continue            # zero-extended: a physical address, used before the image moves or by other CPUs
        else:
            fail(f"relocation of kind {kind} at {place:#x}")
    return wide, narrow, inverse


def main():
    blob = b""
    for places in classify(Elf(sys.argv[1])):
        blob += struct.pack(f"<{len(places) + 1}I", len(places), *sorted(places))
    binary = sys.argv[2].rsplit(".", 1)[0] + ".bin"
    with open(binary, "wb") as f:
        f.write(blob)
    with open(sys.argv[2], "w", encoding="ascii") as f:
        f.write('.section .relocs,"a",@progbits\n.balign 8\n.incbin "%s"\n'
                '.section .note.GNU-stack,"",@progbits\n' % binary)


main()
