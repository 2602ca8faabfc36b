# SPDX-License-Identifier: GPL-2.0-only
"""Emitter of C declarations from BTF: every struct name gets the prefix lx_.

Members that are structs by value are emitted first; structs behind pointers
are only declared. BTF records no alignment, so padding that natural alignment
would not give is explicit, and each offset and size is asserted.
"""
from lxabi import btf as b

PREFIX = "lx_"
VA_LIST = "__va_list_tag"


class Emitter:
    """Collects the text of the types that were asked for."""

    def __init__(self, types):
        self.btf = types
        self.done = {}              # tag -> type id
        self.lines = []
        self.asserts = []
        self.declared = set()
        self.pads = 0               # anonymous structs share their parent's names

    # ---- names -------------------------------------------------------------
    def tag(self, number, typedef=""):
        """C name of a struct or union: its own, or that of its typedef."""
        made = self.btf.types[number]
        word = "union" if made.kind == b.UNION else "struct"
        return f"{word} {PREFIX}{made.name or typedef}"

    def base(self, number, typedef=""):
        """Text of a type that is no pointer, array or function; const is kept."""
        made = self.btf.types[number]
        kind = made.kind
        if kind == b.CONST:
            inner = self.base(made.ref)
            return inner if inner.startswith("const ") else "const " + inner
        if kind == b.VOLATILE:
            return "volatile " + self.base(made.ref)
        if kind in b.MODIFIERS:
            return self.base(made.ref, typedef)
        if kind == b.TYPEDEF:
            return self.base(made.ref, made.name)
        if kind in (b.STRUCT, b.UNION):
            return self.named(number, typedef)
        if kind == b.FWD:
            return self.declare(f"{'union' if made.signed else 'struct'} {PREFIX}{made.name}")
        if kind in (b.ENUM, b.ENUM64):
            return {1: "unsigned char", 2: "unsigned short", 8: "unsigned long"}.get(
                made.size, "int" if made.signed else "unsigned int")
        if kind == b.VOID:
            return "void"
        return made.name

    def named(self, number, typedef):
        made = self.btf.types[number]
        if not made.name and not typedef:
            return self.body(number)
        return self.declare(self.tag(number, typedef))

    def declare(self, tag):
        if tag not in self.declared:
            self.declared.add(tag)
        return tag

    def is_derived(self, number):
        while self.btf.types[number].kind in b.MODIFIERS + (b.TYPEDEF,):
            number = self.btf.types[number].ref
        return self.btf.types[number].kind in (b.PTR, b.ARRAY, b.FUNC_PROTO)

    def declarator(self, number, name):
        """C declaration of @name with type @number."""
        made = self.btf.types[number]
        if made.kind in (b.VOLATILE, b.CONST, b.RESTRICT, b.TYPE_TAG, b.TYPEDEF) and \
                self.is_derived(number):
            return self.declarator(made.ref, name)
        if made.kind == b.PTR:
            target = self.btf.types[self.btf.strip(made.ref)]
            if target.kind == b.STRUCT and target.name == VA_LIST:      # as a parameter
                return f"__builtin_va_list {name}".rstrip()
            if target.kind in (b.ARRAY, b.FUNC_PROTO):
                return self.declarator(made.ref, f"(*{name})")
            return self.declarator(made.ref, f"*{name}")
        if made.kind == b.ARRAY and self.btf.types[self.btf.strip(made.ref)].name == VA_LIST:
            return f"__builtin_va_list {name}".rstrip()
        if made.kind == b.ARRAY:
            return self.declarator(made.ref, f"{name}[{made.count}]")
        if made.kind == b.FUNC_PROTO:
            return self.declarator(made.ref, f"{name}({self.parameters(made)})")
        return f"{self.base(number)} {name}".rstrip()

    def parameters(self, made):
        words = ["..." if not number else self.declarator(number, "") for number in made.members]
        return ", ".join(words) or "void"

    # ---- layout ------------------------------------------------------------
    def body(self, number, tag=None):
        """`struct tag { ... }` on one line per member."""
        made = self.btf.types[number]
        packed = self.btf.is_packed(made)
        word = "union" if made.kind == b.UNION else "struct"
        lines = [tag or word, "{"]
        at = 0
        for name, kind, offset, bits in made.members:
            if made.kind == b.STRUCT:
                gap = self.gap(at, kind, offset, bits, packed)
                if gap:
                    lines.append(self.pad_name(gap))
            text = self.declarator(kind, name)
            lines.append(f"{text} : {bits};" if bits else text + ";")
            at = max(at, offset + (bits or 8 * self.btf.size(kind)))
        end = (at + 7) // 8
        align = 1 if packed else max([1] + [self.btf.align(m[1]) for m in made.members])
        if made.kind == b.STRUCT and -(-end // align) * align < made.size:
            lines.append(self.pad_name(f"unsigned char pad@_[{made.size - end}];"))
        lines.append("} __attribute__((packed))" if packed else "}")
        return "\n".join(lines)

    def pad_name(self, text):
        self.pads += 1
        return text.replace("@", str(self.pads))

    def gap(self, at, kind, offset, bits, packed):
        """Padding that must be written before a member at bit @offset, or ''."""
        if bits:
            if offset == at:
                return ""
            unit = 8 * self.btf.size(kind)
            if offset % unit == 0 and offset - at < unit and at % unit:
                return f"{self.declarator(kind, '')} : 0;"
            if at % 8 == 0 and (offset - at) // 8:
                text = f"unsigned char pad@_[{(offset - at) // 8}];"
                rest = (offset - at) % 8
                return text + (f"\nunsigned char : {rest};" if rest else "")
            return f"{self.declarator(kind, '')} : {offset - at};"
        byte, want = (at + 7) // 8, offset // 8
        align = 1 if packed else self.btf.align(kind)
        natural = -(-byte // align) * align
        return f"unsigned char pad@_[{want - byte}];" if natural < want else ""

    def need(self, number, typedef=""):
        """Emit the struct @number and, before it, those it holds by value."""
        made = self.btf.types[number]
        if made.kind == b.TYPEDEF:
            self.need(made.ref, made.name)
        elif made.kind in b.MODIFIERS:
            self.need(made.ref, typedef)
        elif made.kind == b.ARRAY:
            self.need(made.ref)
        elif made.kind in (b.STRUCT, b.UNION):
            self.define(number, typedef)

    def define(self, number, typedef):
        made = self.btf.types[number]
        name = made.name or typedef
        tag = self.tag(number, typedef)
        if name:
            if tag in self.done:
                return
            self.done[tag] = number
        for _name, kind, _offset, _bits in made.members:
            self.need(kind)
        if not name:
            return
        self.lines.append(self.body(number, tag) + ";")
        self.check(number, tag)

    def check(self, number, tag):
        made = self.btf.types[number]
        self.asserts.append(f"_Static_assert(sizeof({tag}) == {made.size}, \"{tag}\");")
        for name, _kind, offset, bits in made.members:
            if name and not bits:
                self.asserts.append(f"_Static_assert(__builtin_offsetof({tag}, {name}) == "
                                    f"{offset // 8}, \"{tag}.{name}\");")

    # ---- other declarations ------------------------------------------------
    def enum(self, number):
        made = self.btf.types[number]
        rows = "".join(f"\t{PREFIX.upper()}{name} = {value},\n" for name, value in made.members)
        self.lines.append("enum {\n" + rows + "};")

    def prototype(self, name, number):
        """`type lx_name(args);` of FUNC @number, with the structs it takes by value."""
        proto = self.btf.types[self.btf.types[number].ref]
        for kind in [proto.ref] + list(proto.members):
            if self.btf.types[self.btf.strip(kind)].kind in (b.STRUCT, b.UNION):
                self.need(kind)
        return self.declarator(self.btf.types[number].ref, PREFIX + name) + ";"

    def text(self):
        forward = sorted(f"{tag};" for tag in self.declared)
        return "\n".join(forward + self.lines) + "\n", "\n".join(self.asserts) + "\n"
