#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Make the headers of compat/linux out of the vendor's own kernel.

usage: gen-lx.py VENDOR-FOLDER OUT-FOLDER SOURCES-FILE

VENDOR-FOLDER holds vmlinux, release and modules (scripts/vendor-kernel --vmlinux).
SOURCES-FILE lists the C files; their LX_EXPORT lines say which symbols exist.
Writes into OUT-FOLDER, each only if its text changed:
  lx_types.h    the structures of compat/linux/abi/types.list, prefixed lx_
  lx_check.h    assertions of their sizes and offsets
  lx_key.h      the key that its modules are signed with
  lx_proto.h    prototypes that the implementations must have, CRC of each symbol
"""
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lxabi import btf, cert, emit, image, kofile  # noqa: E402

TYPES_LIST = "compat/linux/abi/types.list"
EXPORT = re.compile(r"^LX_EXPORT(_DATA|_ASM|_ALIAS)?\((\w+)", re.M)
HEAD = "/* Generated from the vendor's kernel by scripts/gen-lx.py. */\n#pragma once\n\n"


def write(path, text):
    try:
        with open(path, encoding="ascii") as f:
            if f.read() == text:
                return
    except FileNotFoundError:
        pass
    with open(path, "w", encoding="ascii") as f:
        f.write(text)


def list_rows():
    with open(TYPES_LIST, encoding="ascii") as f:
        for line in f:
            words = line.split("#")[0].split()
            if words:
                yield words


def exported(sources):
    """(kind, symbol) of every LX_EXPORT line."""
    found = {}
    with open(sources, encoding="ascii") as f:
        paths = [p for p in f.read().split() if p.startswith("compat/linux/")]
    for path in paths:
        if os.path.exists(path):
            with open(path, encoding="utf-8") as f:
                for kind, name in EXPORT.findall(f.read()):
                    found[name] = kind
    return found


class OwnModule:
    """A module of the vendor's that Tern is itself: its types, and what it exports."""

    def __init__(self, name, path, base):
        ko = kofile.KoFile(path)
        self.name = name
        self.btf = btf.Btf(ko.section(".BTF"), base)
        self.exports = {symbol: image.Export(symbol, crc, is_gpl, "", 0) for symbol, crc, is_gpl in ko.exports()}


def add_types(emitter, folder):
    """Emit what the list names; the modules that it names."""
    base, own = emitter.btf, []
    kinds = {"struct": (btf.STRUCT,), "union": (btf.UNION,), "typedef": (btf.TYPEDEF,),
             "enum": (btf.ENUM, btf.ENUM64)}
    for words in list_rows():
        if words[0] == "module":
            own.append(OwnModule(words[1], os.path.join(folder, words[2]), base))
            emitter.btf = own[-1].btf
            continue
        size = int(words[2]) if len(words) > 2 else None
        number = emitter.btf.find(kinds[words[0]], words[1], size)
        if number is None and words[0] == "enum":       # an anonymous one, by an enumerator
            number = next((i for i, t in enumerate(emitter.btf.types)
                           if t.kind in kinds["enum"] and
                           any(m[0] == words[1] for m in t.members)), None)
        if number is None:
            sys.exit(f"gen-lx: the vendor has no {' '.join(words[:2])}")
        if words[0] == "enum":
            emitter.enum(number)
        else:
            emitter.need(number)
    emitter.btf = base
    return own


def symbol_lines(emitter, symbols, exports, own):
    """Of each symbol: checksum, licence, prototype."""
    lines = []
    types = {name: module.btf for module in own for name in module.exports}
    exports = dict(exports)
    for module in own:
        exports.update(module.exports)
    base = emitter.btf
    unknown = sorted(set(symbols) - set(exports))
    if unknown:
        sys.exit(f"gen-lx: LX_EXPORT of what the vendor does not export: {' '.join(unknown)}")
    for name, kind in sorted(symbols.items()):
        row = exports[name]
        lines.append(f"#define LX_CRC_{name} 0x{row.crc:08x}u")
        lines.append(f"#define LX_GPL_{name} {int(row.is_gpl)}")
        emitter.btf = types.get(name, base)
        number = emitter.btf.find((btf.FUNC,), name)
        if kind == "" and number is None:
            sys.exit(f"gen-lx: {name} has no prototype: LX_EXPORT_ASM or LX_EXPORT_DATA?")
        if kind == "":
            lines.append(emitter.prototype(name, number))
    emitter.btf = base
    return lines


def main():
    vendor, out, sources = sys.argv[1:]
    vmlinux = image.Image(os.path.join(vendor, "vmlinux"))
    exports = vmlinux.exports()
    emitter = emit.Emitter(btf.Btf(vmlinux.section(".BTF")[1]))
    own = add_types(emitter, os.path.join(vendor, "modules"))
    lines = symbol_lines(emitter, exported(sources), exports, own)
    lines.append("#define LX_OWN_MODULES " + ", ".join(f'"{module.name}"' for module in own))
    layout = exports["module_layout"].crc
    lines.append(f"#define LX_CRC_module_layout 0x{layout:08x}u")
    types, asserts = emitter.text()
    write(os.path.join(out, "lx_types.h"), HEAD + types)
    write(os.path.join(out, "lx_check.h"), HEAD + "#include <generated/lx_types.h>\n\n" + asserts)
    write(os.path.join(out, "lx_key.h"), HEAD + "#include <tern/base/types.h>\n\n" + cert.text(cert.find(vmlinux.data)))
    write(os.path.join(out, "lx_proto.h"),
          HEAD + "#include <generated/lx_types.h>\n\n" + "\n".join(lines) + "\n")


main()
