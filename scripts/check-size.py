#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Check sizes. usage: check-size.py [--warn]

A function of more than 80 lines or a file of more than 800 fails; --warn also
lists what is past the guide (40 and 400). Tables (*.tbl, *.inc), tests/ and
*_test.c are free. A flat switch or decoder may carry the comment
"/* long: why */" on the line before its function.
"""
import os
import re
import sys

FOLDERS = "arch lib mm kernel fs net drivers compat init include scripts".split()
LIMIT = {"function": (40, 80), "file": (400, 800), "header": (200, 400)}


def functions(lines):
    """Yield (name, line, length, excused) of each function body in C source."""
    start, head, excused = None, "", False
    for at, line in enumerate(lines, 1):
        if line.startswith("{") and start is None:
            start = at
        elif line.startswith("}") and start is not None:
            name = re.findall(r"(\w+)\s*\(", head)
            yield (name[0] if name else "?"), start, at - start - 1, excused
            start, head, excused = None, "", False
        elif start is None:
            excused = bool(re.match(r"/\* long: ", line)) or (excused and line[:1].strip() != "")
            head = line if re.match(r"[a-z_]", line) else head


def sources():
    for top in FOLDERS:
        for path, _, files in os.walk(top):
            for name in sorted(files):
                if name.endswith((".c", ".h", ".S", ".py")) and not name.endswith("_test.c"):
                    yield os.path.join(path, name)


def main():
    warn = "--warn" in sys.argv
    bad = 0

    def report(kind, where, what, size):
        nonlocal bad
        guide, limit = LIMIT[kind]
        if size > limit:
            bad += 1
        if size > limit or (warn and size > guide):
            print("%s: %s %s%d lines (guide %d, limit %d)" % (
                where, kind, what, size, guide, limit), file=sys.stderr)

    for path in sources():
        with open(path, encoding="utf-8") as f:
            lines = f.read().split("\n")
        is_header = path.endswith(".h") and not path.startswith("include/uapi")
        report("header" if is_header else "file", path, "has ", len(lines) - 1)
        if path.endswith(".c"):
            for name, line, length, excused in functions(lines):
                if not excused:
                    report("function", "%s:%d" % (path, line), name + " has ", length)
    sys.exit(bad > 0)


main()
