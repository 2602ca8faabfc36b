#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""usage: gen-compdb.py SOURCE-LIST OUT FLAGS... - write compile_commands.json"""
import json
import os
import sys

with open(sys.argv[1]) as f:
    sources = [s for s in f.read().split() if s.endswith(".c")]
rows = [{"directory": os.getcwd(), "file": s, "arguments": sys.argv[3:] + ["-c", s]}
        for s in sources]
with open(sys.argv[2], "w") as f:
    json.dump(rows, f, indent=1)
