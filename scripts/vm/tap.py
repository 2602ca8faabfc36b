# SPDX-License-Identifier: GPL-2.0-only
"""Reads the TAP output of one test program and judges it.

A file passes if its plan (`1..N`, first or last) matches what it ran, no case
failed and it exited with 0. A missing plan is a failure: the program may have
ended before it was through.
"""
import re

LINE = re.compile(r"^(not )?ok\b(?:\s+\d+)?(?:\s*-)?\s*(.*)$")
PLAN = re.compile(r"^1\.\.(\d+)\s*(?:#\s*skip\b\s*(.*))?$", re.IGNORECASE)
SKIP = re.compile(r"(?:^|\s)#\s*skip\b.*$", re.IGNORECASE)

MOST_SAID = 40          # lines shown of a failed case


class Result:
    """What one test file did."""

    def __init__(self, name):
        self.name = name
        self.cases = []         # (verdict, description); verdict is ok, not ok or skip
        self.plan = None
        self.lines = []
        self.problems = []      # reasons beyond failed cases
        self.seconds = None

    def feed(self, line):
        self.lines.append(line)
        case = LINE.match(line)
        if case:
            self.add_case(bool(case.group(1)), case.group(2))
            return
        plan = PLAN.match(line)
        if plan:
            self.plan = int(plan.group(1))
            if self.plan == 0:
                self.cases.append(("skip", plan.group(2) or "everything"))
        elif line.startswith("Bail out!"):
            self.problems.append(line)

    def add_case(self, failed, text):
        skip = SKIP.search(text)
        if failed:
            self.cases.append(("not ok", text))
        elif skip:
            self.cases.append(("skip", text[:skip.start()].strip()))
        else:
            self.cases.append(("ok", text))

    def finish(self, status, seconds, limit_s):
        self.seconds = seconds
        if status in (137, 143) and seconds is not None and seconds >= limit_s - 1:
            self.problems.append(f"time-out after {limit_s} s")
        elif status > 128:
            self.problems.append(f"killed by signal {status - 128}")
        elif status and not self.count("not ok"):
            self.problems.append(f"exit status {status}, but no case failed")
        if self.plan is None:
            self.problems.append("no plan (1..N)")
        elif self.plan and self.plan != len(self.cases):
            self.problems.append(f"planned {self.plan} cases, ran {len(self.cases)}")

    def count(self, verdict):
        return sum(1 for v, _ in self.cases if v == verdict)

    def account(self):
        """The lines that say what failed: of each failed case what it said last, and the end of all."""
        shown, said = [], []
        for line in self.lines:
            said.append(line)
            case = LINE.match(line)
            if case and case.group(1):
                shown += said[-MOST_SAID:]
            if case:
                said = []
        return shown + said[-MOST_SAID:]

    @property
    def passed(self):
        return self.count("ok")

    @property
    def failed(self):
        return self.count("not ok") + (1 if self.problems else 0)

    @property
    def skipped(self):
        return self.count("skip")
