# SPDX-License-Identifier: GPL-2.0-only
"""Cuts a machine's power: kills scripts/guest and its QEMU at once, and is back when both are gone."""
import contextlib
import ctypes
import os
import signal

PR_SET_CHILD_SUBREAPER = 36


def cut(child):
    """@child: scripts/guest as a Popen that leads a process group. Its disk is free for the next run then."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)      # QEMU becomes ours when its parent dies
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    with contextlib.suppress(ChildProcessError):
        while True:
            os.waitpid(-child.pid, 0)
