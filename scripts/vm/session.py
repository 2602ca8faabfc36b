# SPDX-License-Identifier: GPL-2.0-only
"""One run of QEMU: starts it, follows its channels, tells how it ended.

The console is the first serial port. COMMAND's output comes through the second,
between two lines that begin with a record separator and the run's token (see
guest-run.sh); a system on a disk first asks for COMMAND there. The control
channel (QMP) tells why a machine stopped, and where its processors were when
time ran out. All channels are socket pairs inherited by QEMU, so nothing is
polled and nothing is left behind.
"""
import contextlib
import ctypes
import json
import os
import re
import selectors
import signal
import socket
import subprocess
import sys
import time

from vm import paths

TIMED_OUT = 124
DIED = 125
POWER_OFF_S = 30            # of silence, after the command's end: an orderly shutdown tells what it does
PR_SET_PDEATHSIG = 1


def die_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Output:
    """Cuts COMMAND's output out of the stream between its BEGIN and END lines."""

    def __init__(self, token, write):
        self.begin = b"\x1e" + token.encode() + b" BEGIN"
        self.end = re.compile(b"\x1e" + token.encode() + rb" END (\d+)\r?\n")
        self.longest = len(self.begin) + 16
        self.write = write
        self.held = b""
        self.started = False
        self.status = None

    def feed(self, data):
        self.held += data
        if not self.started and not self.find_begin():
            return
        if self.status is not None:
            return
        match = self.end.search(self.held)
        if match:
            self.write(self.held[:match.start()])
            self.status = int(match.group(1))
            return
        # Hold back what may be the first part of the END line.
        mark = self.held.rfind(b"\x1e", max(0, len(self.held) - self.longest))
        keep = len(self.held) if mark < 0 else mark
        self.write(self.held[:keep])
        self.held = self.held[keep:]

    def flush(self):
        """The machine is gone: what was held back is output after all."""
        if self.started and self.status is None:
            self.write(self.held)

    def find_begin(self):
        at = self.held.find(self.begin)
        newline = self.held.find(b"\n", at) if at >= 0 else -1
        if newline < 0:
            self.held = self.held[-(1 << 16):]
            return False
        self.held = self.held[newline + 1:]
        self.started = True
        return True


QUESTION = b"\x1eASK\n"


class Question:
    """A system on a disk asks what to run: the token, the command, a line with a record separator."""

    def __init__(self, token, command):
        self.answer = f"{token}\n{command}\n\x1e\n".encode()
        self.held = b""

    def feed(self, data):
        """What to answer to what was asked up to now."""
        self.held = self.held[-len(QUESTION):] + data
        if QUESTION not in self.held:
            return b""
        self.held = b""
        return self.answer


class Control:
    """QEMU's control channel."""

    def __init__(self, sock):
        self.sock = sock
        self.buffer = b""
        self.reason = None      # of the first SHUTDOWN event
        self.replies = 0
        self.text = ""
        self.send("qmp_capabilities")

    def send(self, command, **arguments):
        message = {"execute": command, "arguments": arguments}
        try:
            self.sock.sendall(json.dumps(message).encode() + b"\n")
        except OSError:
            pass

    def feed(self, data):
        self.buffer += data
        *lines, self.buffer = self.buffer.split(b"\n")
        for line in lines:
            message = json.loads(line)
            if message.get("event") == "SHUTDOWN" and self.reason is None:
                self.reason = message["data"]["reason"]
            elif "return" in message:
                self.replies += 1
                if isinstance(message["return"], str):
                    self.text = message["return"]

    def ask(self, command_line, limit_s):
        """The monitor's answer to a command, or what it was able to say in time."""
        self.text = ""
        self.send("human-monitor-command", **{"command-line": command_line})
        self.sock.settimeout(limit_s)
        try:
            while not self.text:
                data = self.sock.recv(65536)
                if not data:
                    break
                self.feed(data)
        except OSError:
            pass
        return self.text


class Session:
    """A running machine."""

    def __init__(self, arguments, log_path, output, show_console, question=None):
        self.output = output
        self.question = question or Question("", "")
        self.show_console = show_console
        self.log = open(log_path, "wb", buffering=0)
        self.log_path = log_path
        self.selector = selectors.DefaultSelector()
        self.sockets = []
        channels, inherited = [], []
        for name, option in (("console", "-serial"), ("data", "-serial"), ("control", "-qmp")):
            ours, theirs = socket.socketpair()
            inherited.append(theirs)
            self.sockets.append(ours)
            channels += ["-chardev", f"socket,id={name},fd={theirs.fileno()}",
                         option, f"chardev:{name}"]
            self.selector.register(ours, selectors.EVENT_READ, getattr(self, "on_" + name))
        self.data_socket = self.sockets[1]
        self.qemu_errors = open(log_path + ".qemu", "w+b")
        self.process = subprocess.Popen(
            arguments + channels, stdin=subprocess.DEVNULL, stdout=self.qemu_errors,
            stderr=self.qemu_errors, preexec_fn=die_with_parent,
            pass_fds=[s.fileno() for s in inherited])
        for theirs in inherited:
            theirs.close()
        self.control = Control(self.sockets[2])

    def on_console(self, data):
        self.heard = time.monotonic()
        self.log.write(data)
        if self.show_console:
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()

    def on_data(self, data):
        answer = b"" if self.output and self.output.started else self.question.feed(data)
        if answer:
            self.data_socket.sendall(answer)
        if self.output is None:
            return
        answered = self.output.status is not None
        self.output.feed(data)
        if self.output.status is not None and not answered:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):    # off: --icount is fast
                self.data_socket.sendall(b"received\n")

    def on_control(self, data):
        self.control.feed(data)

    def pump(self, limit):
        """Follow the channels until QEMU ends (True) or time is over (False)."""
        while self.selector.get_map():
            deadline = min(limit, self.heard + POWER_OFF_S) if self.ending else limit
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            for key, _events in self.selector.select(left):
                self.receive(key)
            if self.output and self.output.status is not None and not self.ending:
                self.ending = True
                self.heard = time.monotonic()
                limit = max(limit, self.heard + POWER_OFF_S)
        return True

    ending = False
    heard = 0.0                 # when the console last said something

    def receive(self, key):
        try:
            data = key.fileobj.recv(65536)
        except ConnectionError:
            data = b""
        if data:
            key.data(data)
        else:
            self.selector.unregister(key.fileobj)

    def run(self, limit_s):
        """Wait for the end; return the exit status for scripts/guest."""
        ended = self.pump(time.monotonic() + limit_s)
        if self.output:
            self.output.flush()
            if self.output.status is not None:
                if not ended:
                    self.complain("the machine did not power off")
                return self.output.status
        if not ended:
            self.note_registers()
            self.complain(f"time-out after {limit_s:g} s")
            return TIMED_OUT
        self.process.wait()
        return self.ended_early()

    def ended_early(self):
        """The machine stopped and no command told its status."""
        reason = self.control.reason
        if self.output is None and reason == "guest-shutdown" and not self.process.returncode:
            return 0
        self.keep_log()
        if self.process.returncode:
            self.qemu_errors.seek(0)
            text = self.qemu_errors.read().decode("utf-8", "replace").strip()
            self.complain(f"QEMU failed with {self.process.returncode}\n{text}")
        else:
            what = {"guest-shutdown": "powered off before the command ended",
                    "guest-reset": "was reset (panic or triple fault)",
                    "guest-panic": "panicked"}.get(reason, f"stopped ({reason})")
            self.complain("the machine " + what, 80)
        return DIED

    def note_registers(self):
        text = self.control.ask("info registers -a", 5)
        self.log.write(b"\n--- registers at time-out ---\n" + text.encode() + b"\n")

    def keep_log(self):
        """The console of a machine that died is wanted later: newer runs do not take its place."""
        kept = os.path.join(paths.LOGS_OF_DEATHS, os.path.basename(self.log_path))
        for suffix in ("", ".qemu"):
            os.rename(self.log_path + suffix, kept + suffix)
        self.log_path = kept

    def complain(self, text, lines_shown=12):
        sys.stdout.flush()
        print(f"guest: {text}", file=sys.stderr)
        print(f"guest: console log: {self.log_path}", file=sys.stderr)
        if not self.show_console:
            with open(self.log_path, "rb") as f:
                lines = f.read().split(b"\n--- registers", 1)[0].splitlines()[-lines_shown:]
            for line in lines:
                print("  | " + line.decode("utf-8", "replace").rstrip(), file=sys.stderr)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for sock in self.sockets:
            sock.close()
        self.log.close()
        self.qemu_errors.close()
        if os.path.getsize(self.log_path + ".qemu") == 0:
            os.remove(self.log_path + ".qemu")


def run_interactive(arguments):
    """The console is this terminal; Ctrl-A x ends QEMU, other keys go to the guest."""
    channels = ["-chardev", "stdio,id=console,mux=on,signal=off", "-serial", "chardev:console",
                "-mon", "chardev=console,mode=readline"]
    return subprocess.call(arguments + channels)
