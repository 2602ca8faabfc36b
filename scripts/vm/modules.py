# SPDX-License-Identifier: GPL-2.0-only
"""The vendor's kernel modules: which files a module needs, in loading order."""
import os

from vm import paths


def normal(name):
    return name.replace("-", "_")


class ModuleTree:
    """The modules of one release, unpacked by scripts/vendor-kernel."""

    def __init__(self, release):
        self.release = release
        self.folder = os.path.join(paths.VENDOR, "lib/modules", release)
        if not os.path.isdir(self.folder):
            raise paths.UsageError(f"no modules in {self.folder} (run scripts/vendor-kernel)")
        self.files = {}
        for root, _dirs, names in os.walk(os.path.join(self.folder, "kernel")):
            for name in names:
                if name.endswith(".ko"):
                    self.files[normal(name[:-3])] = os.path.join(root, name)
        with open(os.path.join(self.folder, "modules.builtin"), encoding="ascii") as f:
            self.builtin = {normal(os.path.basename(line.strip())[:-3]) for line in f}

    def information(self, name):
        """The key=value pairs of a module's .modinfo as a list."""
        with open(self.files[name], "rb") as f:
            data = f.read()
        pairs = []
        for key in (b"depends=", b"softdep=", b"alias="):
            at = data.find(b"\0" + key)
            while at >= 0:
                end = data.index(b"\0", at + 1)
                text = data[at + 1:end].decode("ascii", "replace")
                pairs.append(tuple(text.split("=", 1)))
                at = data.find(b"\0" + key, end)
        return pairs

    def needs(self, name):
        """Modules that must be there before this one."""
        found = []
        for key, value in self.information(name):
            if key == "depends":
                found += [normal(n) for n in value.split(",") if n]
            elif key == "softdep" and value.startswith("pre:"):
                found += filter(None, map(self.provider, value[4:].split()))
        return found

    def provider(self, asked):
        """The module of this name, or a cipher module that has it as an alias, or None."""
        name = normal(asked)
        if name in self.files or name in self.builtin:
            return name
        ciphers = [n for n, path in self.files.items() if "/kernel/crypto/" in path]
        for candidate in sorted(ciphers, key=lambda n: (not n.endswith("_generic"), n)):
            if ("alias", asked) in self.information(candidate):
                return candidate
        return None

    def closure(self, wanted):
        """All modules that the wanted ones need, each after its needs."""
        order = []

        def visit(name, asked):
            if name in order or name in self.builtin:
                return
            if name not in self.files:
                raise paths.UsageError(f"{self.release} has no module {asked}")
            for needed in self.needs(name):
                visit(needed, needed)
            if name not in order:
                order.append(name)

        for name in wanted:
            visit(normal(name), name)
        return order

    def install(self, archive, wanted, stored=(), lib="lib"):
        """Put modules into an archive, with the tables modprobe reads; return the wanted ones' paths.

        lib: where /lib lies; a Debian root has it as a link to usr/lib."""
        base = f"{lib}/modules/{self.release}"
        order = self.closure(wanted)
        every = self.closure(list(wanted) + list(stored))
        inside = {n: os.path.relpath(self.files[n], self.folder) for n in every}
        dep, alias = [], []
        for name in every:
            archive.add_file(f"{base}/{inside[name]}", self.files[name], 0o644)
            chain = [n for n in self.closure([name]) if n != name]
            dep.append(inside[name] + ":" + "".join(" " + inside[n] for n in reversed(chain)))
            alias += [f"alias {v} {name}" for k, v in self.information(name) if k == "alias"]
        if every:
            archive.add_text(f"{base}/modules.dep", "\n".join(dep) + "\n")
            archive.add_text(f"{base}/modules.alias", "\n".join(alias) + "\n")
            archive.add_text(f"{base}/modules.symbols", "")
        return [f"/{base}/{inside[n]}" for n in order]
