# SPDX-License-Identifier: GPL-2.0-only
"""What the vendor's vmlinux says about itself: sections, exported symbols and their CRCs."""
import mmap
import struct

SHT_NOBITS = 8
ENTRY = 12                  # three s32: value, name, namespace, each relative to its own place


class Export:
    """One symbol of vmlinux that modules may use."""
    __slots__ = ("name", "crc", "is_gpl", "namespace", "address")

    def __init__(self, name, crc, is_gpl, namespace, address):
        self.name, self.crc, self.is_gpl = name, crc, is_gpl
        self.namespace, self.address = namespace, address


class Image:
    """The sections of an ELF64 file."""

    def __init__(self, path):
        with open(path, "rb") as f:
            self.data = mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ)
        shoff, = struct.unpack_from("<Q", self.data, 0x28)
        entsize, count, strndx = struct.unpack_from("<HHH", self.data, 0x3A)
        heads = [struct.unpack_from("<IIQQQQ", self.data, shoff + i * entsize)
                 for i in range(count)]
        names = heads[strndx][4]
        self.heads = {self.c_string(self.data, names + h[0]): h for h in heads}

    @staticmethod
    def c_string(data, at):
        return bytes(data[at:data.find(b"\0", at)]).decode()

    def section(self, name):
        """(address, bytes); empty if there is none."""
        head = self.heads.get(name)
        if head is None or head[1] == SHT_NOBITS:
            return 0, b""
        return head[3], self.data[head[4]:head[4] + head[5]]

    def exports(self):
        """Every exported symbol by name."""
        strings_at, strings = self.section("__ksymtab_strings")
        found = {}
        for suffix in ("", "_gpl"):
            base, table = self.section("__ksymtab" + suffix)
            _at, crcs = self.section("__kcrctab" + suffix)
            for i in range(len(table) // ENTRY):
                value, name, space = struct.unpack_from("<iii", table, i * ENTRY)
                here = base + i * ENTRY
                text = self.c_string(strings, here + 4 + name - strings_at)
                where = self.c_string(strings, here + 8 + space - strings_at) if space else ""
                crc, = struct.unpack_from("<I", crcs, 4 * i)
                found[text] = Export(text, crc, suffix == "_gpl", where, here + value)
        return found
