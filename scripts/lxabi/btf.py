# SPDX-License-Identifier: GPL-2.0-only
"""Reader of BTF type information (Documentation of the format: the kernel's btf.rst).

A type is a Type object; ids are indices into Btf.types, 0 is void.
"""
import struct

(VOID, INT, PTR, ARRAY, STRUCT, UNION, ENUM, FWD, TYPEDEF, VOLATILE, CONST, RESTRICT, FUNC,
 FUNC_PROTO, VAR, DATASEC, FLOAT, DECL_TAG, TYPE_TAG, ENUM64) = range(20)
MODIFIERS = (VOLATILE, CONST, RESTRICT, TYPE_TAG)
POINTER_SIZE = 8


class Type:
    """One BTF type. What ref, members and size mean depends on kind."""
    __slots__ = ("kind", "name", "size", "ref", "members", "count", "signed")

    def __init__(self, kind, name):
        self.kind, self.name = kind, name
        self.size = self.ref = self.count = 0
        self.members = ()
        self.signed = False


class Btf:
    """The types of one .BTF section. A module's numbers its types and strings on from those of @base."""

    def __init__(self, data, base=None):
        magic, _version, _flags, head = struct.unpack_from("<HBBI", data)
        if magic != 0xEB9F:
            raise ValueError("no BTF")
        type_off, type_len, str_off, str_len = struct.unpack_from("<IIII", data, 8)
        self.data = data
        self.strings = (base.strings if base else b"") + data[head + str_off:head + str_off + str_len]
        self.types = list(base.types) if base else [Type(VOID, "")]
        self.by_name = {key: list(found) for key, found in base.by_name.items()} if base else {}
        self.aligns = {}
        at, end = head + type_off, head + type_off + type_len
        while at < end:
            at = self.read_type(at)

    def string(self, offset):
        return self.strings[offset:self.strings.index(b"\0", offset)].decode()

    def read_type(self, at):
        name, info, value = struct.unpack_from("<III", self.data, at)
        kind, count, flag = info >> 24 & 31, info & 0xFFFF, info >> 31
        at += 12
        made = Type(kind, self.string(name) if name else "")
        if made.name:
            self.by_name.setdefault((kind, made.name), []).append(len(self.types))
        self.types.append(made)
        made.ref = made.size = value
        made.signed = bool(flag)
        if kind == INT:
            made.signed = bool(struct.unpack_from("<I", self.data, at)[0] >> 24 & 1)
            at += 4
        elif kind == ARRAY:
            made.ref, _index, made.count = struct.unpack_from("<III", self.data, at)
            at += 12
        elif kind in (STRUCT, UNION):
            made.members = self.read_members(at, count, flag)
            at += 12 * count
        elif kind == ENUM:
            code = "<Ii" if flag else "<II"
            made.members = [(self.string(n), v) for n, v in
                            (struct.unpack_from(code, self.data, at + 8 * i) for i in range(count))]
            at += 8 * count
        elif kind == ENUM64:
            made.members = [(self.string(n), high << 32 | low) for n, low, high in
                            (struct.unpack_from("<III", self.data, at + 12 * i)
                             for i in range(count))]
            at += 12 * count
        elif kind == FUNC_PROTO:
            made.members = [struct.unpack_from("<II", self.data, at + 8 * i)[1]
                            for i in range(count)]
            at += 8 * count
        elif kind == DATASEC:
            at += 12 * count
        elif kind in (VAR, DECL_TAG):
            at += 4
        return at

    def read_members(self, at, count, has_bits):
        """List of (name, type, bit offset, bits or 0)."""
        found = []
        for i in range(count):
            name, kind, offset = struct.unpack_from("<III", self.data, at + 12 * i)
            bits = offset >> 24 if has_bits else 0
            found.append((self.string(name) if name else "", kind,
                          offset & 0xFFFFFF if has_bits else offset, bits))
        return found

    def strip(self, number):
        """Follow typedefs and qualifiers."""
        while self.types[number].kind in MODIFIERS + (TYPEDEF,):
            number = self.types[number].ref
        return number

    def size(self, number):
        made = self.types[self.strip(number)]
        if made.kind == PTR:
            return POINTER_SIZE
        if made.kind == ARRAY:
            return made.count * self.size(made.ref)
        return made.size

    def is_packed(self, made):
        """Does natural alignment contradict the recorded offsets?"""
        for _name, number, offset, bits in made.members:
            if not bits and offset // 8 % self.align(number):
                return True
        return made.size % max([1] + [self.align(m[1]) for m in made.members if not m[3]]) != 0

    def align(self, number):
        """Natural alignment; each type is worked out once."""
        if number not in self.aligns:
            self.aligns[number] = self.find_align(self.types[self.strip(number)])
        return self.aligns[number]

    def find_align(self, made):
        if made.kind == PTR:
            return POINTER_SIZE
        if made.kind == ARRAY:
            return self.align(made.ref)
        if made.kind in (STRUCT, UNION):
            if self.is_packed(made):
                return 1
            return max([1] + [self.align(m[1]) for m in made.members])
        return min(made.size, 16) or 1

    def find(self, kinds, name, size=None):
        """Id of a named type; of several the one of @size, or the first. None if absent."""
        for kind in kinds:
            for number in self.by_name.get((kind, name), ()):
                if size is None or self.types[number].size == size:
                    return number
        return None
