#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Check every #include against scripts/layers.tbl. Run in the top folder."""
import os
import re
import sys

TABLE = "scripts/layers.tbl"
FREE = {"stdarg.h", "stddef.h", "stdbool.h", "stdint.h", "limits.h"}
INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]', re.M)


def read_table():
    rows, allow = {}, set()
    with open(TABLE) as f:
        for line in f:
            line = line.split("#")[0].strip()
            if line.startswith("allow "):
                allow.add(tuple(line.split()[1:]))
            elif line:
                folder, owners = line.split(":")
                rows[folder] = set(owners.split())
    return rows, allow


def owner_of(header):
    part = header.split("/")
    if part[0] == "tern" and len(part) > 2:
        return part[1]
    return {"asm": "arch", "uapi": "uapi", "generated": "gen"}.get(part[0])


def sources(rows):
    for top in sorted({folder.split("/")[0] for folder in rows}):
        for path, _, files in os.walk(top):
            for name in sorted(files):
                if name.endswith((".c", ".h", ".S")):
                    yield os.path.join(path, name)


def check_quoted(path, folder, header):
    here = os.path.dirname(path)
    target = os.path.normpath(os.path.join(here, header))
    if not os.path.exists(target):
        return None if header.endswith(".inc") else "no such file beside it: " + header
    if not target.startswith(folder + "/"):
        return "private header of another folder: " + target
    if not (here + "/").startswith(os.path.dirname(target) + "/"):
        return "private header of a sibling folder: " + target
    return None


def check(path, rows, allow):
    folder = max((f for f in rows if path.startswith(f + "/")), key=len, default=None)
    outside = ("tests/guest/", "tests/bench/", "tests/host/", "tests/fuzz/",
               "tests/modules/", "tests/net/", "tests/win32/")
    if folder is None or path.startswith(outside):
        return
    with open(path, encoding="utf-8") as f:
        text = f.read()
    host = re.sub(r"#ifdef TERN_HOST.*?#(else|endif)", lambda m: "\n" * m[0].count("\n"), text,
                  flags=re.S)
    for match in INCLUDE.finditer(host):
        header = match[2]
        line = host.count("\n", 0, match.start()) + 1
        if match[1] == '"':
            wrong = check_quoted(path, folder, header)
        elif header in FREE or any(
                header == h and path.startswith(f + "/") for f, h in allow):
            continue
        elif "test" in os.path.basename(path) and owner_of(header) is None:
            continue
        elif header.startswith("compat/"):
            wrong = "nothing includes compat's headers"
        else:
            owner = owner_of(header)
            wrong = None if owner in rows[folder] else "%s may not include <%s> (owner %s)" % (
                folder, header, owner)
        if wrong:
            yield "%s:%d: %s" % (path, line, wrong)


def main():
    rows, allow = read_table()
    wrong = [w for path in sources(rows) for w in check(path, rows, allow)]
    if wrong:
        sys.exit("\n".join(wrong))


main()
