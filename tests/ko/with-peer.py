#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Run COMMAND, which starts a machine, with somebody at the other end of its lines.

usage: with-peer.py FOLDER COMMAND...

Listens on sockets in FOLDER that QEMU connects to:
  echo0, echo1  what comes is sent back
  qmp           the machine's control channel (-qmp unix:FOLDER/qmp)
  ctl           each line is a QMP command, answered by `ok`, or `error` and the reason
Exits with COMMAND's status.
"""
import json
import os
import socket
import subprocess
import sys
import threading

ECHOES = ("echo0", "echo1")


def listen(folder, name):
    made = socket.socket(socket.AF_UNIX)
    path = os.path.join(folder, name)
    if os.path.exists(path):
        os.unlink(path)
    made.bind(path)
    made.listen(1)
    return made


def serve_echo(listener):
    """Reads and writes are apart, so that neither side waits for the other to read."""
    peer, _ = listener.accept()
    held, state = bytearray(), threading.Condition()

    def send():
        while True:
            with state:
                state.wait_for(lambda: held)
                data = bytes(held)
                held.clear()
            peer.sendall(data)

    threading.Thread(target=send, daemon=True).start()
    while data := peer.recv(65536):
        with state:
            held.extend(data)
            state.notify()


class Control:
    """The machine's QMP channel: one command at a time."""

    def __init__(self, listener):
        self.peer, _ = listener.accept()
        self.lines = self.peer.makefile("r", encoding="utf-8")
        self.lines.readline()       # the greeting
        self.run('{"execute": "qmp_capabilities"}')

    def run(self, command):
        self.peer.sendall(command.encode() + b"\n")
        while line := self.lines.readline():
            reply = json.loads(line)
            if "return" in reply:
                return "ok"
            if "error" in reply:
                return "error " + reply["error"]["desc"]
        return "error the machine is gone"


def serve_control(qmp_listener, ctl_listener):
    control = Control(qmp_listener)
    peer, _ = ctl_listener.accept()
    for line in peer.makefile("r", encoding="utf-8"):
        if line.strip():
            peer.sendall(control.run(line.strip()).encode() + b"\n")


def main():
    folder, command = sys.argv[1], sys.argv[2:]
    jobs = [(serve_echo, [listen(folder, name)]) for name in ECHOES]
    jobs.append((serve_control, [listen(folder, "qmp"), listen(folder, "ctl")]))
    for function, listeners in jobs:
        threading.Thread(target=function, args=listeners, daemon=True).start()
    return subprocess.call(command)


if __name__ == "__main__":
    sys.exit(main())
