#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Everything that follows from compat/win32/nt_syscalls.tbl.

usage: gen-nt.py headers OUTDIR		prototypes and the table of services
       gen-nt.py doc FILE		Documentation/abi/nt-syscalls.md
Run in the top folder. Prototypes are taken from the definitions: a line that
begins "ntstatus nt_NAME(" opens one. Each service gets a small function that
converts its 64-bit arguments to the types of the definition, so garbage in the
upper halves of 32-bit arguments does not matter.
"""
import os
import re
import sys

TABLE = "compat/win32/nt_syscalls.tbl"
SERVICES = "syscall vfs net devmgr driver loader storage input proc".split()
DEFINITION = re.compile(r"^ntstatus\s+(nt_\w+)\s*\(([^(){};]*)\)\s*\{", re.M)
COVERAGE = re.compile(r'^(full|partial:".+"|none)$')


def fail(where, text):
    sys.exit("%s: %s" % (where, text))


class Row:
    def __init__(self, where, text):
        part = text.split(None, 3)
        if len(part) != 4:
            fail(where, "want: name service function coverage")
        self.where = where
        self.name, self.service, self.entry, self.coverage = part
        if self.service not in SERVICES:
            fail(where, "no such service: " + self.service)
        if not COVERAGE.match(self.coverage):
            fail(where, 'coverage is full, none or partial:"what is missing"')


def read_rows():
    rows = []
    with open(TABLE) as f:
        for n, line in enumerate(f, 1):
            line = line.strip()
            if line and line[0] != "#":
                rows.append(Row("%s:%d" % (TABLE, n), line))
    names = [r.name for r in rows]
    if names != sorted(names) or len(set(names)) != len(names):
        bad = next(a for a, b in zip(names, sorted(set(names)) + [""]) if a != b)
        fail(TABLE, "rows are to be sorted by name and unique: near " + bad)
    return rows


def read_definitions():
    found = {}
    for root, _dirs, names in os.walk("compat/win32"):
        for name in sorted(names):
            if name.endswith(".c"):
                with open(os.path.join(root, name), encoding="utf-8") as f:
                    for m in DEFINITION.finditer(f.read()):
                        found[m[1]] = " ".join(m[2].split())
    return found


def arguments(text):
    return [] if text == "void" else [a.strip() for a in text.split(",")]


def type_of(argument):
    """'const u64 __user *handles' -> 'const u64 __user *'"""
    return re.sub(r"\b\w+$", "", argument).strip()


def write(path, text):
    try:
        with open(path, encoding="utf-8") as f:
            if f.read() == text:
                return
    except FileNotFoundError:
        pass
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)


def headers(outdir):
    definitions = read_definitions()
    protos, calls, table = [], [], []
    for r in read_rows():
        if r.entry == "-":
            continue
        if r.entry not in definitions:
            fail(r.where, "no definition of %s" % r.entry)
        args = arguments(definitions[r.entry])
        protos.append("ntstatus %s(%s);\n" % (r.entry, definitions[r.entry]))
        passed = ", ".join("(%s)a[%d]" % (type_of(a), i) for i, a in enumerate(args))
        calls.append("static ntstatus call_%s(const u64 *a)\n{\n\treturn %s(%s);\n}\n"
                     % (r.name, r.entry, passed))
        table.append('\t{ "%s", call_%s, %d, SVC_%s },\n'
                     % (r.name, r.name, len(args), r.service.upper()))
    structs = sorted(set(re.findall(r"struct \w+", "".join(protos))))
    protos = sorted(set(protos))
    write(os.path.join(outdir, "nt_syscalls.h"),
          "/* Generated from %s. */\n#pragma once\n" % TABLE +
          "".join(s + ";\n" for s in structs) + "".join(protos))
    write(os.path.join(outdir, "nt_services.inc"),
          "/* Generated from %s. */\n" % TABLE + "".join(calls) +
          "static const struct nt_service services[] = {\n" + "".join(table) + "};\n")


def doc(path):
    rows = read_rows()
    done = [r for r in rows if r.coverage != "none"]
    text = ["# NT system services\n\nGenerated from %s. Names that are not here answer "
            "STATUS_NOT_IMPLEMENTED\nand are counted and logged at the debug level.\n\n"
            "%d services, %d of them full.\n\n"
            "| service | part | coverage |\n| --- | --- | --- |\n"
            % (TABLE, len(done), sum(r.coverage == "full" for r in rows))]
    for r in rows:
        text.append("| %s | %s | %s |\n" % (r.name, r.service, r.coverage.replace('partial:', '').strip('"')))
    write(path, "".join(text))


def main():
    if len(sys.argv) != 3 or sys.argv[1] not in ("headers", "doc"):
        sys.exit(__doc__)
    {"headers": headers, "doc": doc}[sys.argv[1]](sys.argv[2])


if __name__ == "__main__":
    main()
