#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Check that native names are not the vendor's. usage: check-names.py VENDOR-FOLDER

A function or variable of ours must not equal a symbol that the vendor's kernel
exports, nor a struct one of its structs: the word then tells which side of
the fence a line is on, and module symbols cannot clash. Inline functions and
macros may coincide. Also: lx_ and nt_ names stay in their folders.
scripts/vendor-kernel --vmlinux makes the lists in VENDOR-FOLDER.
"""
import os
import re
import sys

FOLDERS = "arch lib mm kernel fs net drivers init include tests/ktest".split()
# Shared layouts (closed list), and the one native noun that a vendor driver has too.
STRUCTS = {"page", "region"}
HELPERS = re.compile(r"(mem|str|sys_|__stack_chk|__x86_|__ubsan|__asan)")
FUNCTION = re.compile(
    r"^(?!static inline|return|else|typedef|extern|struct \w+ \{|#)"
    r"[a-z_][\w \t*]*?[ \t*](\w+)\s*\("
    r"[^;{}]*\)\s*(?:__\w+(?:\([^)]*\))?\s*)*\{", re.M)
VARIABLE = re.compile(
    r"^(?!return|goto|typedef|extern|static|#)(?:const |volatile )*"
    r"(?:struct |enum |union )?\w+[ \t*]+"
    r"(\w+)(?:\[[^\]]*\])*\s*(?:__\w+(?:\([^)]*\))?\s*)*(?:=|;)", re.M)
STRUCT = re.compile(r"^(?:struct|union) (\w+) \{", re.M)
FOREIGN = re.compile(r"\b((?:lx|nt)_\w+)")


def read_list(path):
    with open(path) as f:
        return {line.strip() for line in f}


def uapi_structs():
    names = set()
    for path, _, files in os.walk("include/uapi"):
        for name in files:
            with open(os.path.join(path, name), encoding="utf-8") as f:
                names |= set(STRUCT.findall(f.read()))
    return names


def strip(text):
    """Blank comments and strings, keep lines."""
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"',
                  lambda m: re.sub(r"[^\n]", " ", m[0]), text, flags=re.S)


def check(path, exports, structs):
    with open(path, encoding="utf-8") as f:
        text = strip(f.read())
    found = []
    if path.endswith(".c"):
        found += [(m, "symbol") for m in FUNCTION.finditer(text) if m[1] in exports
                  and not HELPERS.match(m[1])]
        found += [(m, "symbol") for m in VARIABLE.finditer(text) if m[1] in exports
                  and not HELPERS.match(m[1])]
    found += [(m, "struct") for m in STRUCT.finditer(text) if m[1] in structs]
    for match, kind in found:
        yield "%s:%d: %s is a %s of the vendor's kernel" % (
            path, text.count("\n", 0, match.start(1)) + 1, match[1], kind)
    for match in FOREIGN.finditer(text):
        if match[1] not in ("lx_export",):
            yield "%s:%d: %s outside compat/" % (
                path, text.count("\n", 0, match.start()) + 1, match[1])


def main():
    vendor = sys.argv[1]
    try:
        exports = read_list(vendor + "/exports.txt")
        structs = read_list(vendor + "/structs.txt") - STRUCTS - uapi_structs()
    except FileNotFoundError:
        print("check-names: skipped, no %s/exports.txt (scripts/vendor-kernel --vmlinux)" % vendor,
              file=sys.stderr)
        return
    wrong = []
    for folder in FOLDERS:
        for path, _, files in os.walk(folder):
            if path.startswith("include/uapi"):
                continue
            for name in sorted(files):
                if name.endswith((".c", ".h")) and not name.endswith("_test.c"):
                    wrong += check(os.path.join(path, name), exports, structs)
    if wrong:
        sys.exit("\n".join(wrong))


main()
