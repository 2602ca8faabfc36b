#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Everything that follows from the nine tables kernel/svc/<name>.tbl.

usage: gen-svc.py headers OUTDIR	svc_<name>.h, svc_ops.h
       gen-svc.py tables OUTDIR BUILT	svc_tables.inc; fails on a row without provider
       gen-svc.py doc FILE		Documentation/abi/services.md
Run in the top folder. BUILT is a file that names the .c files of this build;
an operation whose provider is in the tree but not in the build answers ENOSYS
(NULL pointer results become ERR_PTR(-ENOSYS)).

A row is one line of six columns; a line that ends in a backslash goes on:

  op | result provider | arguments | context | errors | meaning

result     int, long, ssize_t (negative errno is failure), a pointer (ERR_PTR
           is failure), bool or void (cannot fail)
provider   the function that does it
arguments  comma list of "direction declaration", or none; direction is in
           (borrowed), out, inout or take (the reference is consumed)
context    sleeps, nosleep or irq
errors     errno names without a minus, or none
meaning    one line
"""
import os
import re
import sys

NAMES = "syscall vfs net devmgr driver loader storage input proc".split()
FOLDERS = "arch lib mm kernel fs net drivers compat init".split()
DIRECTIONS = ("in", "out", "inout", "take")
CONTEXTS = ("sleeps", "nosleep", "irq")


def fail(where, text):
    sys.exit("%s: %s" % (where, text))


class Argument:
    def __init__(self, where, text):
        self.direction, _, self.decl = text.strip().partition(" ")
        if self.direction not in DIRECTIONS or not self.decl:
            fail(where, "argument is '%s TYPE NAME': %s" % ("|".join(DIRECTIONS), text))
        match = re.search(r"(\w+)(\[\])?$", self.decl)
        self.name = match[1] if match else fail(where, "argument without a name: " + text)


class Row:
    def __init__(self, service, where, text):
        part = [p.strip() for p in text.split("|")]
        if len(part) != 6 or not all(part):
            fail(where, "want: op | result provider | arguments | context | errors | meaning")
        self.where, self.op, self.context, self.meaning = where, part[0], part[3], part[5]
        match = re.match(r"(.*?[\s*])(\w+)$", part[1])
        if not match or not re.match(r"\w+$", self.op):
            fail(where, "bad operation or provider: %s | %s" % (self.op, part[1]))
        self.result, self.provider = match[1].strip(), match[2]
        if "void *" in part[2] or self.result == "void *":
            fail(where, "no void pointers in service operations")
        self.args = [] if part[2] == "none" else [
            Argument(where, a) for a in part[2].split(",")]
        if self.context not in CONTEXTS:
            fail(where, "context is one of " + " ".join(CONTEXTS))
        self.errors = [] if part[4] == "none" else part[4].split()
        for name in self.errors:
            if not re.match(r"E[A-Z0-9]+$", name):
                fail(where, "not an errno name: " + name)
        if self.errors and self.result in ("void", "bool"):
            fail(where, "a %s operation cannot fail" % self.result)
        self.const = "SVC_%s_%s" % (service.upper(), self.op.upper())

    def params(self):
        return ", ".join(a.decl for a in self.args) or "void"

    def result_before(self, name):
        return self.result + ("" if self.result.endswith("*") else " ") + name

    def failed(self):
        if self.result in ("void", "bool"):
            return "false"
        return "IS_ERR(ret)" if self.result.endswith("*") else "ret < 0"


def read_table(service):
    path = "kernel/svc/%s.tbl" % service
    rows, pending, start = [], "", 0
    with open(path) as f:
        for at, line in enumerate(f, 1):
            line = line.rstrip("\n")
            if not pending and (not line.strip() or line.startswith("#")):
                continue
            start = start if pending else at
            pending += line.rstrip("\\") + " "
            if line.endswith("\\"):
                continue
            rows.append(Row(service, "%s:%d" % (path, start), pending))
            pending = ""
    ops = [r.op for r in rows]
    for row in rows:
        if ops.count(row.op) > 1:
            fail(row.where, "operation %s twice" % row.op)
    return rows


def providers(wanted):
    """Return name -> set of .c files that define it."""
    found = {name: set() for name in wanted}
    if not wanted:
        return found
    pattern = re.compile(r"^[a-z][\w\s*]*?\b(%s)\s*\([^;{}]*\)\s*\{" % "|".join(sorted(wanted)),
                         re.M)
    for folder in FOLDERS:
        for path, _, files in os.walk(folder):
            for name in files:
                if name.endswith(".c"):
                    full = os.path.join(path, name)
                    with open(full, encoding="utf-8") as f:
                        for match in pattern.finditer(f.read()):
                            found[match[1]].add(full)
    return found


def write(path, text):
    try:
        with open(path) as f:
            if f.read() == text:
                return
    except FileNotFoundError:
        pass
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    with open(path + ".tmp", "w") as f:
        f.write(text)
    os.replace(path + ".tmp", path)


def wrapper(service, row):
    names = ", ".join(a.name for a in row.args)
    text = "static inline %s(%s)\n{\n" % (
        row.result_before("svc_%s_%s" % (service, row.op)), row.params())
    text += "\tsvc_enter_%s(%s);\n" % (row.context, row.const)
    if row.result == "void":
        text += "\t%s(%s);\n\tsvc_leave(%s, false);\n}\n\n" % (row.provider, names, row.const)
    else:
        text += "\t%s = %s(%s);\n\n" % (row.result_before("ret"), row.provider, names)
        text += "\tsvc_leave(%s, %s);\n\treturn ret;\n}\n\n" % (row.const, row.failed())
    return text


def make_header(service, rows):
    text = "/* Generated by scripts/gen-svc.py from kernel/svc/%s.tbl. */\n" % service
    text += "#pragma once\n\n#include <tern/svc/svc.h>\n\n"
    tags = set()
    for row in rows:
        tags |= set(re.findall(r"\b((?:struct|union) \w+)", row.params() + " " + row.result))
    text += "".join(t + ";\n" for t in sorted(tags)) + "\n"
    for row in rows:
        text += "%s(%s);\n" % (row.result_before(row.provider), row.params())
    text += "\nstruct svc_%s_ops {\n" % service
    for row in rows:
        text += "\t%s(%s);\n" % (row.result_before("(*%s)" % row.op), row.params())
    text += "};\n\nextern const struct svc_%s_ops svc_%s_ops;\n\n" % (service, service)
    for row in rows:
        text += "/* %s */\n" % row.meaning + wrapper(service, row)
    return text.rstrip("\n") + "\n"


def make_tables(tables, absent):
    text = "/* Generated by scripts/gen-svc.py from kernel/svc/. Included by svc.c. */\n"
    for service, rows in tables.items():
        for row in rows:
            if row.provider in absent:
                text += "%s(%s)\n{\n" % (row.result_before(row.provider), row.params())
                if row.result.endswith("*"):
                    text += "\treturn ERR_PTR(-ENOSYS);\n"
                elif row.result != "void":
                    text += "\treturn %s;\n" % ("false" if row.result == "bool" else "-ENOSYS")
                text += "}\n\n"
        text += "const struct svc_%s_ops svc_%s_ops = {\n" % (service, service)
        text += "".join("\t.%s = %s,\n" % (r.op, r.provider) for r in rows) + "};\n"
        if rows:
            text += "static const char *const svc_%s_names[] = {\n" % service
            text += "".join('\t"%s",\n' % r.op for r in rows) + "};\n"
    text += "static const struct svc_desc svc_descs[SVC_COUNT] = {\n"
    first = 0
    for at, (service, rows) in enumerate(tables.items()):
        text += '\t{ SVC_%s, "%s", &svc_%s_ops, sizeof(svc_%s_ops), %d, %d, %s },\n' % (
            service.upper(), service, service, service, first, len(rows),
            "svc_%s_names" % service if rows else "NULL")
        first += len(rows)
    return text + "};\n"


def make_headers(out):
    ops = "/* Generated by scripts/gen-svc.py from kernel/svc/. */\n#pragma once\n\n"
    ops += "/* Every operation of every service; index of its counters. */\nenum svc_op {\n"
    for service in NAMES:
        rows = read_table(service)
        ops += "".join("\t%s,\n" % r.const for r in rows)
        write("%s/svc_%s.h" % (out, service), make_header(service, rows))
    write(out + "/svc_ops.h", ops + "\tSVC_OP_COUNT\n};\n")


def make_table_file(out, built):
    tables = {s: read_table(s) for s in NAMES}
    rows = [r for rows in tables.values() for r in rows]
    found = providers({r.provider for r in rows})
    lost = ["%s: provider %s() is not defined in any .c file" % (r.where, r.provider)
            for r in rows if not found[r.provider]]
    if lost:
        sys.exit("\n".join(lost) + "\nA row is added together with its provider.")
    absent = {name for name, paths in found.items() if not paths & built}
    write(out + "/svc_tables.inc", make_tables(tables, absent))


def make_doc(path):
    text = "<!-- SPDX-License-Identifier: GPL-2.0-only -->\n"
    text += "<!-- Generated by scripts/gen-svc.py; change kernel/svc/*.tbl instead. -->\n"
    text += "# Services\n\nNine tables of operations, one for each service. An operation knows "
    text += "neither Linux's\nnor NT's flag words; both personalities decode and call it.\n"
    for at, service in enumerate(NAMES, 1):
        rows = read_table(service)
        text += "\n## %d %s\n\n" % (at, service)
        if not rows:
            text += "No operations yet.\n"
            continue
        text += "| operation | arguments | context | errors | meaning |\n|---|---|---|---|---|\n"
        for r in rows:
            args = ", ".join("%s `%s`" % (a.direction, a.decl) for a in r.args)
            text += "| %s | %s | %s | %s | %s |\n" % (
                r.op, args, r.context, " ".join(r.errors), r.meaning)
    write(path, text)


def main():
    if len(sys.argv) == 3 and sys.argv[1] == "doc":
        make_doc(sys.argv[2])
    elif len(sys.argv) == 3 and sys.argv[1] == "headers":
        make_headers(sys.argv[2])
    elif len(sys.argv) == 4 and sys.argv[1] == "tables":
        with open(sys.argv[3]) as f:
            make_table_file(sys.argv[2], set(f.read().split()))
    else:
        sys.exit(__doc__)


main()
