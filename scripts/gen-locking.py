#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Write Documentation/locking.md from include/tern/base/lockrank.h.

usage: gen-locking.py FILE
"""
import re
import sys

HEADER = "include/tern/base/lockrank.h"
RANK = re.compile(r"^\tLOCKRANK_(\w+)(?: = (\d+))?,\s*(?:/\* (.*?) \*/)?$")
SECTION = re.compile(r"^\t/\* (.*) \*/$")
MARKS = {"NONE", "SPIN", "IRQ", "COUNT"}
INTRO = """# Locking order

Generated from include/tern/base/lockrank.h by scripts/gen-locking.py; change it there.

A thread may take a lock only if its rank is greater than that of every lock it holds. Locks of one rank nest
only by the rule in that rank's line (`*_nested`). A kernel built with DEBUG_LOCKS checks every
acquisition. Locks of the last section are taken with interrupts off. Reader-side protection by RCU has no rank.
"""


def main():
    out, number = [INTRO], 0
    with open(HEADER, encoding="utf-8") as f:
        for line in f:
            section = SECTION.match(line.rstrip())
            rank = RANK.match(line.rstrip())
            if section:
                out.append(f"\n## {section.group(1)[0].upper()}{section.group(1)[1:]}\n\n"
                           "| rank | lock | what |\n|---|---|---|\n")
            elif rank:
                number = int(rank.group(2)) if rank.group(2) else number + 1
                if rank.group(1) not in MARKS:
                    out.append(f"| {number} | {rank.group(1)} | {rank.group(3) or ''} |\n")
    with open(sys.argv[1], "w", encoding="utf-8") as f:
        f.writelines(out)


if __name__ == "__main__":
    main()
