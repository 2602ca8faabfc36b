# SPDX-License-Identifier: GPL-2.0-only
"""Symbols of a module file: what it needs, what it offers with which checksums."""
import struct

SHT_SYMTAB = 2


class KoFile:
    """Section headers and symbols of a relocatable ELF64 file."""

    def __init__(self, path):
        with open(path, "rb") as f:
            self.data = f.read()
        shoff, = struct.unpack_from("<Q", self.data, 0x28)
        entsize, count, strndx = struct.unpack_from("<HHH", self.data, 0x3A)
        self.heads = [struct.unpack_from("<IIQQQQIIQQ", self.data, shoff + i * entsize)
                      for i in range(count)]
        self.names = self.heads[strndx][4]

    def string(self, at):
        return self.data[at:self.data.index(b"\0", at)].decode()

    def section_name(self, index):
        return self.string(self.names + self.heads[index][0])

    def symbols(self):
        """(name, section index, value) of every symbol."""
        for head in self.heads:
            if head[1] != SHT_SYMTAB:
                continue
            strings = self.heads[head[6]][4]
            for at in range(head[4], head[4] + head[5], 24):
                name, _info, _other, where, value, _size = struct.unpack_from("<IBBHQQ", self.data, at)
                yield self.string(strings + name), where, value

    def section(self, name):
        """Bytes of a section; empty if there is none."""
        for index, head in enumerate(self.heads):
            if self.section_name(index) == name:
                return self.data[head[4]:head[4] + head[5]]
        return b""

    def undefined(self):
        return {name for name, where, _value in self.symbols() if not where and name}


    def exports(self):
        """(name, checksum, is it for GPL modules only) of every symbol it exports."""
        for name, where, value in self.symbols():
            if name.startswith("__crc_") and where and self.section_name(where).startswith("__kcrctab"):
                crc, = struct.unpack_from("<I", self.data, self.heads[where][4] + value)
                yield name[6:], crc, self.section_name(where) == "__kcrctab_gpl"


def exported_crcs(path):
    """Exported symbols of a module with their checksums."""
    return {name: crc for name, crc, _is_gpl in KoFile(path).exports()}
