#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Unpack vmlinux from the vendor's vmlinuz and list the names it claims.

usage: vendor-names.py FOLDER      (FOLDER holds vmlinuz and modules/)

Writes into FOLDER:
  vmlinux       the ELF image inside vmlinuz
  exports.txt   symbols that vmlinux or any module exports, one a line
  structs.txt   structs and unions named in vmlinux's type information (BTF)
"""
import gzip
import lzma
import mmap
import os
import re
import struct
import subprocess
import sys

SETUP_MAGIC = b"HdrS"
BTF_MAGIC = 0xEB9F
BTF_KIND_INT, BTF_KIND_ARRAY, BTF_KIND_STRUCT, BTF_KIND_UNION, BTF_KIND_ENUM = 1, 3, 4, 5, 6
BTF_KIND_FUNC_PROTO, BTF_KIND_VAR, BTF_KIND_DATASEC = 13, 14, 15
BTF_KIND_DECL_TAG, BTF_KIND_ENUM64 = 17, 19
KSYMTAB_ENTRY = 12          # three 32-bit offsets, each relative to its own place


def decompress(data):
    """Unpack the payload of a bzImage by its magic number."""
    if data[:6] == b"\xfd7zXZ\0":
        return lzma.LZMADecompressor().decompress(data)
    if data[:2] == b"\x1f\x8b":
        return gzip.decompress(data)
    tools = {b"\x28\xb5\x2f\xfd": "zstd", b"\x02\x21\x4c\x18": "lz4"}
    tool = tools.get(data[:4])
    if tool is None:
        sys.exit("vendor-names: unknown compression of the vmlinuz payload")
    # The payload ends with its 4-byte size, which the tools report as garbage.
    run = subprocess.run([tool, "-dcq"], input=data[:-4], stdout=subprocess.PIPE, check=True)
    return run.stdout


def unpack_vmlinuz(image):
    """Return the ELF image in a bzImage (Linux boot protocol 2.08 and later)."""
    if image[0x202:0x206] != SETUP_MAGIC:
        sys.exit("vendor-names: vmlinuz has no setup header")
    setup_sects = image[0x1F1] or 4
    offset, length = struct.unpack_from("<II", image, 0x248)
    start = (setup_sects + 1) * 512 + offset
    elf = decompress(image[start:start + length])
    if elf[:4] != b"\x7fELF":
        sys.exit("vendor-names: the vmlinuz payload is no ELF file")
    return elf


def elf_sections(elf):
    """Map section name -> (address, bytes) of a 64-bit ELF file."""
    shoff, = struct.unpack_from("<Q", elf, 0x28)
    entsize, count, strndx = struct.unpack_from("<HHH", elf, 0x3A)
    heads = [struct.unpack_from("<IIQQQQ", elf, shoff + i * entsize) for i in range(count)]
    names = heads[strndx][4]
    sections = {}
    for name, kind, _flags, addr, offset, size in heads:
        end = elf.index(b"\0", names + name)
        if kind != 8:       # SHT_NOBITS
            sections[elf[names + name:end].decode()] = (addr, elf[offset:offset + size])
    return sections


def c_string(data, offset):
    return data[offset:data.index(b"\0", offset)].decode()


def vmlinux_exports(sections):
    """Names in the export tables: each entry points at its name by a relative offset."""
    strings_addr, strings = sections["__ksymtab_strings"]
    found = set()
    for table in ("__ksymtab", "__ksymtab_gpl"):
        addr, data = sections.get(table, (0, b""))
        for at in range(0, len(data) - KSYMTAB_ENTRY + 1, KSYMTAB_ENTRY):
            rel, = struct.unpack_from("<i", data, at + 4)
            found.add(c_string(strings, addr + at + 4 + rel - strings_addr))
    return found


def module_exports(folder):
    """Names that modules export: their symbol tables hold __ksymtab_NAME."""
    pattern = re.compile(rb"\0__ksymtab_([A-Za-z0-9_.]+)(?=\0)")
    found = set()
    for root, _dirs, files in os.walk(folder):
        for name in files:
            path = os.path.join(root, name)
            if not name.endswith(".ko") or os.path.getsize(path) == 0:
                continue
            with open(path, "rb") as f, mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ) as m:
                found.update(n.decode() for n in pattern.findall(m))
    return found - {"gpl", "strings"}


def btf_structs(btf):
    """Names of the structs and unions in a BTF section."""
    magic, _version, _flags, hdr_len, type_off, type_len, str_off, str_len = \
        struct.unpack_from("<HBBIIIII", btf, 0)
    if magic != BTF_MAGIC:
        sys.exit("vendor-names: .BTF has a wrong magic number")
    strings = btf[hdr_len + str_off:hdr_len + str_off + str_len]
    at, end = hdr_len + type_off, hdr_len + type_off + type_len
    per_member = {BTF_KIND_STRUCT: 12, BTF_KIND_UNION: 12, BTF_KIND_ENUM: 8,
                  BTF_KIND_FUNC_PROTO: 8, BTF_KIND_DATASEC: 12, BTF_KIND_ENUM64: 12}
    fixed = {BTF_KIND_INT: 4, BTF_KIND_ARRAY: 12, BTF_KIND_VAR: 4, BTF_KIND_DECL_TAG: 4}
    found = set()
    while at < end:
        name, info, _size = struct.unpack_from("<III", btf, at)
        kind, vlen = (info >> 24) & 0x1F, info & 0xFFFF
        if kind in (BTF_KIND_STRUCT, BTF_KIND_UNION) and name:
            found.add(c_string(strings, name))
        at += 12 + fixed.get(kind, 0) + per_member.get(kind, 0) * vlen
    return found


def write_lines(path, names):
    with open(path + ".new", "w", encoding="ascii") as f:
        f.writelines(name + "\n" for name in sorted(names))
    os.replace(path + ".new", path)


def main(folder):
    with open(os.path.join(folder, "vmlinuz"), "rb") as f:
        elf = unpack_vmlinuz(f.read())
    with open(os.path.join(folder, "vmlinux"), "wb") as f:
        f.write(elf)
    sections = elf_sections(elf)
    exports = vmlinux_exports(sections) | module_exports(os.path.join(folder, "modules") + "/")
    write_lines(os.path.join(folder, "exports.txt"), exports)
    write_lines(os.path.join(folder, "structs.txt"), btf_structs(sections[".BTF"][1]))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
