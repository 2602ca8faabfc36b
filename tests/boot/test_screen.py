#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The virtual terminal as a person meets it: keys go in, the picture comes out.

Boots a guest, writes to its console, types with QEMU's keyboard and reads the
screen: pixels are compared with the kernel's own font (UEFI frame buffer), the
VGA text buffer is read as memory (BIOS).
"""
import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LIMIT_S = 60
WIDTH, HEIGHT = 8, 16
FONT_DUMP = """
#include <stdio.h>
#include <tern/lib/font.h>
int main(void)
{
	u8 rows[FONT_HEIGHT];

	for (u32 cp = 32; cp < 127; cp++) {
		font_glyph(cp, rows);
		for (int r = 0; r < FONT_HEIGHT; r++)
			printf("%02x", rows[r]);
		printf("\\n");
	}
}
"""


def load_font(folder):
    """Bitmap (32 hex digits) -> character, from the kernel's source."""
    source, program = os.path.join(folder, "dump.c"), os.path.join(folder, "dump")
    with open(source, "w", encoding="ascii") as f:
        f.write(FONT_DUMP)
    subprocess.run(["cc", "-std=gnu11", "-w", "-DTERN_HOST", "-Dtern_memset=memset", f"-I{TOP}/include",
                    f"-I{TOP}/arch/x86/include", "-o", program, source, f"{TOP}/lib/font.c"], check=True)
    lines = subprocess.run([program], check=True, capture_output=True, text=True).stdout.split()
    return {bits: chr(32 + i) for i, bits in enumerate(lines)}


class Guest:
    """A guest whose monitor we hold."""

    def __init__(self, folder, boot, command):
        path = os.path.join(folder, "qmp")
        args = [os.path.join(TOP, "scripts/guest"), "--boot", boot, "--append", "console=tty0",
                "--timeout", str(LIMIT_S), "--qemu=-qmp", f"--qemu=unix:{path},server=on,wait=on"]
        if boot == "direct":
            args += ["--device", "VGA"]
        self.process = subprocess.Popen(args + ["--", command], stdout=subprocess.PIPE, text=True)
        self.deadline = time.monotonic() + LIMIT_S
        self.sock = socket.socket(socket.AF_UNIX)
        while True:     # QEMU makes the socket a moment after it starts
            with contextlib.suppress(OSError):
                self.sock.connect(path)
                break
            self.check_time()
        self.sock.settimeout(LIMIT_S)
        self.channel = self.sock.makefile("rw")
        self.channel.readline()
        self.ask("qmp_capabilities")

    def check_time(self):
        if time.monotonic() > self.deadline or self.process.poll() is not None:
            raise AssertionError("the guest ended or time is over")
        time.sleep(0.1)

    def ask(self, command, **arguments):
        self.channel.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        self.channel.flush()
        while True:
            message = json.loads(self.channel.readline())
            if "return" in message or "error" in message:
                return message.get("return")

    def monitor(self, line):
        return self.ask("human-monitor-command", **{"command-line": line})

    def wait_text(self, read, wanted):
        """Read the screen until a line of it is @wanted."""
        while wanted not in (lines := read(self)):
            try:
                self.check_time()
            except AssertionError as err:
                seen = "|".join(filter(None, lines))
                raise AssertionError(f"no line {wanted!r} on the screen, but: {seen}") from err

    def type(self, keys):
        for key in keys.split():
            self.monitor("sendkey " + key)

    def end(self):
        output = self.process.communicate(timeout=LIMIT_S)[0]
        self.sock.close()
        return output


class Screen(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(subprocess.run, ["rm", "-rf", self.folder], check=True)

    def read_pixels(self, guest):
        """The frame buffer as text: any two colours in a cell are ink and paper, the corner is paper."""
        path = os.path.join(self.folder, "shot.ppm")
        guest.monitor("screendump " + path)
        with open(path, "rb") as f:
            _magic, size, _depth, pixels = f.read().split(b"\n", 3)
        width, height = map(int, size.split())
        lines = []
        for top in range(0, height - HEIGHT + 1, HEIGHT):
            line = ""
            for left in range(0, width - WIDTH + 1, WIDTH):
                at = (top * width + left) * 3
                paper = pixels[at:at + 3]
                bits = ""
                for y in range(top, top + HEIGHT):
                    at = (y * width + left) * 3
                    row = pixels[at:at + WIDTH * 3]
                    bits += "".join("0" if row[i:i + 3] == paper else "1" for i in range(0, WIDTH * 3, 3))
                line += self.font.get(f"{int(bits, 2):032x}", "?")
            lines.append(line.rstrip())
        return lines

    @staticmethod
    def read_text_buffer(guest):
        words = [int(w, 16) for w in re.findall(r"0x([0-9a-f]{4})\b", guest.monitor("xp /2000hx 0xb8000"))]
        text = "".join(chr(w & 0xff) if 32 <= w & 0xff < 127 else "?" for w in words)
        return [text[i:i + 80].rstrip() for i in range(0, len(text), 80)]

    def converse(self, boot, read):
        guest = Guest(self.folder, boot, r"""
            printf '\033[2J\033[Hon the console\n\033[31mred\033[0m, 100%%\n' >/dev/console
            read -r line </dev/tty0; echo "typed: $line"
            stty raw -echo </dev/tty1; printf 'now raw\n' >/dev/tty1
            dd bs=1 count=9 </dev/tty1 2>/dev/null | od -An -c""")
        guest.wait_text(read, "on the console")
        guest.wait_text(read, "red, 100%")
        guest.type("h shift-i spc 1 2 backspace shift-1 caps_lock x caps_lock ret")
        guest.wait_text(read, "hI 1!X")
        guest.wait_text(read, "now raw")
        guest.type("up f2 ctrl-c tab")
        output = guest.end()
        self.assertIn("typed: hI 1!X", output)
        self.assertIn(" ".join(r"033 [ A 033 [ [ B 003 \t".split()), " ".join(output.split()))

    def test_uefi_frame_buffer(self):
        self.font = load_font(self.folder)
        self.converse("iso-uefi", self.read_pixels)

    def test_bios_text(self):
        self.converse("direct", self.read_text_buffer)


if __name__ == "__main__":
    result = unittest.main(exit=False, verbosity=0).result
    bad = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - bad} passed, {bad} failed")
    sys.exit(1 if bad else 0)
