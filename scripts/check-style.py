#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Check what clang-format does not see. Run in the top folder.

- every source begins with its SPDX line (after #! in scripts)
- headers say #pragma once; .c files contain no #if or #ifdef
- no line is longer than 120 columns (the guide is 100), none ends in blanks
- open points name an issue
"""
import os
import re
import subprocess
import sys

SOURCE = (".c", ".h", ".S", ".py", ".sh", ".tbl", ".mk")
NAMED = ("Makefile", "Kconfig")
SPDX = "SPDX-License-Identifier: GPL-2.0-only"
OPEN = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b(?!.*#\d)")


def tracked():
    out = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], check=True,
                         stdout=subprocess.PIPE, text=True).stdout
    return [p for p in out.split("\n") if p and os.path.isfile(p)]


def columns(line):
    return len(line.expandtabs(8))


def check(path):
    with open(path, encoding="utf-8", errors="replace") as f:
        lines = f.read().split("\n")
    is_script = lines[0].startswith("#!")
    if not any(SPDX in line for line in lines[:2 if is_script else 1]):
        yield 1, "first line is not the SPDX line"
    if path.endswith(".h") and "#pragma once" not in lines:
        yield 1, "header without #pragma once"
    is_kernel = not path.startswith(("tests/", "scripts/"))
    for at, line in enumerate(lines, 1):
        if path.endswith(".c") and is_kernel and re.match(r"\s*#\s*(if|ifdef|ifndef)\b", line):
            yield at, "no #if in .c: IS_ENABLED(), a Makefile line or a stub in the header"
        if path.endswith((".c", ".h", ".S", ".py")) and columns(line) > 120:
            yield at, "%d columns" % columns(line)
        if line != line.rstrip():
            yield at, "blanks at the end"
        if OPEN.search(line) and path != "scripts/check-style.py":
            yield at, "open point without an issue number (#N)"


def main():
    wrong = []
    for path in tracked():
        if path.endswith(SOURCE) or os.path.basename(path) in NAMED:
            wrong += ["%s:%d: %s" % (path, at, text) for at, text in check(path)]
    if wrong:
        sys.exit("\n".join(wrong))


main()
