#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Tests of the test tools themselves: output framing, TAP verdicts, archives, scenarios."""
import importlib.machinery
import importlib.util
import io
import os
import subprocess
import sys
import tarfile
import tempfile
import unittest

sys.dont_write_bytecode = True
SCRIPTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../scripts")
sys.path[:0] = [SCRIPTS, os.path.join(SCRIPTS, "image")]

from mkinitrd import Archive, compress          # noqa: E402
from vm import machine, media, paths, session   # noqa: E402
from vm.tap import Result                       # noqa: E402


class Framing(unittest.TestCase):
    stream = b"firmware noise\r\n\x1eabc BEGIN\r\nbinary \0\xff\x1e\x1eab\nno newline\x1eabc END 7\nlate"
    wanted = b"binary \0\xff\x1e\x1eab\nno newline"

    def collect(self, pieces):
        got = []
        output = session.Output("abc", got.append)
        for piece in pieces:
            output.feed(piece)
        output.flush()
        return b"".join(got), output.status

    def test_any_split_gives_the_same(self):
        for at in range(len(self.stream)):
            self.assertEqual(self.collect([self.stream[:at], self.stream[at:]]), (self.wanted, 7), at)
        self.assertEqual(self.collect([bytes([b]) for b in self.stream]), (self.wanted, 7))

    def test_end_of_another_run_is_output(self):
        got, status = self.collect([b"\x1eabc BEGIN\nx\x1eabd END 0\n"])
        self.assertEqual((got, status), (b"x\x1eabd END 0\n", None))

    def test_nothing_before_begin(self):
        self.assertEqual(self.collect([b"\x1eabc END 0\n"]), (b"", None))


class Asking(unittest.TestCase):
    def test_any_split_is_answered_once(self):
        stream = b"noise\x1eAS\x1eASK\nmore"
        for at in range(len(stream)):
            question = session.Question("abc", "run\nthis")
            answers = [a for a in (question.feed(stream[:at]), question.feed(stream[at:])) if a]
            self.assertEqual(answers, [b"abc\nrun\nthis\n\x1e\n"], at)


def verdict(text, status=0, seconds=1.0):
    result = Result("t")
    for line in text.splitlines():
        result.feed(line)
    result.finish(status, seconds, 60)
    return result.passed, result.failed, result.skipped


class Tap(unittest.TestCase):
    def test_plan_first_or_last(self):
        self.assertEqual(verdict("1..2\nok 1 - a\nok 2 - b"), (2, 0, 0))
        self.assertEqual(verdict("ok 1\nok 2\n1..2"), (2, 0, 0))

    def test_missing_or_wrong_plan_fails(self):
        self.assertEqual(verdict("ok 1"), (1, 1, 0))
        self.assertEqual(verdict("ok 1\n1..2"), (1, 1, 0))
        self.assertEqual(verdict(""), (0, 1, 0))

    def test_status_counts(self):
        self.assertEqual(verdict("ok 1\n1..1", status=1), (1, 1, 0))
        self.assertEqual(verdict("ok 1\nnot ok 2\n1..2", status=1), (1, 1, 0))
        self.assertEqual(verdict("ok 1\n1..1", status=139), (1, 1, 0))
        self.assertEqual(verdict("ok 1\n1..1", status=143, seconds=61), (1, 1, 0))

    def test_skips(self):
        self.assertEqual(verdict("1..0 # SKIP no device"), (0, 0, 1))
        self.assertEqual(verdict("ok 1 - a # SKIP b\n1..1"), (0, 0, 1))
        self.assertEqual(verdict("not ok 1 - a # " + "TO" + "DO b\n1..1", status=1), (0, 1, 0))


class Archives(unittest.TestCase):
    def sample(self):
        archive = Archive()
        archive.add_text("/b/c/file", "text\n", 0o600)
        archive.add("/dev/console", 0o020600, rdev=(5, 1))
        archive.add("/link", 0o120777, data=b"b/c/file")
        return archive

    def test_cpio_reads_it(self):
        listing = subprocess.run(["cpio", "-itv", "--quiet", "--numeric-uid-gid"], check=True,
                                 input=self.sample().dump(), stdout=subprocess.PIPE).stdout.decode()
        self.assertRegex(listing, r"-rw------- +1 0 +0 +5 .* b/c/file\n")
        self.assertRegex(listing, r"crw------- +1 0 +0 +5, +1 .* dev/console\n")
        self.assertRegex(listing, r"link -> b/c/file\n")

    def test_equal_input_gives_equal_bytes(self):
        self.assertEqual(self.sample().dump(), self.sample().dump())
        for kind in ("gzip", "xz", "zstd", "lz4"):
            self.assertEqual(compress(kind, b"x" * 5000), compress(kind, b"x" * 5000))

    def test_later_entry_replaces(self):
        archive = self.sample()
        size = len(archive.dump())
        archive.add_text("b/c/file", "news\n", 0o600)
        self.assertEqual(len(archive.dump()), size)


def load_script(name):
    """A script of the project, as a module."""
    loader = importlib.machinery.SourceFileLoader(name.replace("-", "_"), os.path.join(SCRIPTS, name))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module


class DebianImage(unittest.TestCase):
    image = load_script("debian-image")

    def tar(self):
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w") as tar:
            for name, kind, link in ((".", tarfile.DIRTYPE, ""), ("./etc", tarfile.DIRTYPE, ""),
                                     ("./etc/.pwd.lock", tarfile.REGTYPE, ""),
                                     ("./etc/second", tarfile.LNKTYPE, "./etc/.pwd.lock"),
                                     ("./etc/passwd-", tarfile.REGTYPE, ""),
                                     ("./dev/null", tarfile.CHRTYPE, ""),
                                     ("./bin", tarfile.SYMTYPE, "usr/bin")):
                member = tarfile.TarInfo(name)
                member.type, member.linkname = kind, link
                member.size = 3 if kind == tarfile.REGTYPE else 0
                tar.addfile(member, io.BytesIO(b"abc"))
        out.seek(0)
        return tarfile.open(fileobj=out)

    def test_archive(self):
        out = io.BytesIO()
        self.image.Writer(self.tar(), out).run()
        listing = subprocess.run(["cpio", "-itv", "--quiet", "--numeric-uid-gid"], check=True,
                                 input=out.getvalue(), stdout=subprocess.PIPE).stdout.decode()
        self.assertEqual([line.split(None, 8)[8] for line in listing.splitlines()],
                         ["etc", "bin -> usr/bin", "etc/.pwd.lock", "etc/second"])
        self.assertRegex(listing, r"-rw-r--r-- +2 0 +0 +3 .* etc/.pwd.lock\n")

    def test_sources_of_one_release(self):
        text = ("Types: deb\n# a note\nURIs: http://a/\nSuites: stable stable-updates\n\n"
                "Types: deb-src\nSuites: stable\n\nTypes: deb\nEnabled: no\nSuites: stable\n\n"
                "Types: deb\nSuites: other\n")
        self.assertEqual(self.image.stanzas(text, "stable"),
                         ["Types: deb\nURIs: http://a/\nSuites: stable stable-updates"])
        lines = "deb http://a/ stable main\ndeb-src http://a/ stable main\ndeb [a=b] http://a/ stable-x main\n"
        self.assertEqual(len(self.image.one_line_entries(lines + "deb http://a/ stabler main\n", "stable")), 2)


class Options(unittest.TestCase):
    def test_disk(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "a:b")
            with open(path, "wb") as f:
                f.write(b"x")
            self.assertEqual(machine.parse_disk(path), (path, "virtio", False))
            self.assertEqual(machine.parse_disk(path + ":nvme:snapshot"), (path, "nvme", True))
            with self.assertRaises(paths.UsageError):
                machine.parse_disk(path + ":floppy")

    def test_net(self):
        self.assertIsNone(machine.parse_net("none"))
        self.assertEqual(machine.parse_net("user"), "virtio-net-pci")
        self.assertEqual(machine.parse_net("user:e1000"), "e1000")
        with self.assertRaises(paths.UsageError):
            machine.parse_net("bridge")

    def test_grub_quoting(self):
        with tempfile.NamedTemporaryFile() as kernel:
            text = media.grub_config(kernel.name, None, "a $b it's", "auto")
        self.assertIn("multiboot2 /boot/kernel 'a' '$b' 'it'\\''s'", text)

    def test_scenarios_are_well_formed(self):
        done = subprocess.run([os.path.join(SCRIPTS, "run-boot-tests"), "--list"], check=True,
                              stdout=subprocess.PIPE)
        names = done.stdout.decode().split()
        self.assertGreater(len(names), 20)
        self.assertEqual(len(names), len(set(names)))


def main():
    suite = unittest.defaultTestLoader.loadTestsFromModule(sys.modules["__main__"])
    result = unittest.TextTestRunner(verbosity=0).run(suite)
    bad = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - bad} passed, {bad} failed")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
