#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Say whether a .config holds together, with the reason where it does not.

usage: check-config.py .config KCONFIG...
The configuration programs repair a contradictory file silently; this finds
what they would change: options that do not exist and options that are on
though what they depend on is off.
"""
import re
import sys

TOKEN = re.compile(r'\s*(\(|\)|&&|\|\||!=|=|!|"[^"]*"|[\w.-]+)')


class Expression:
    """depends on EXPRESSION: || && ! = != and parentheses."""

    def __init__(self, text, values):
        self.tokens = TOKEN.findall(text)
        self.values = values

    def take(self, *wanted):
        if self.tokens and self.tokens[0] in wanted:
            return self.tokens.pop(0)
        return None

    def either(self):
        result = self.both()
        while self.take("||"):
            result = self.both() or result
        return result

    def both(self):
        result = self.one()
        while self.take("&&"):
            result = self.one() and result
        return result

    def one(self):
        if self.take("!"):
            return not self.one()
        if self.take("("):
            result = self.either()
            self.take(")")
            return result
        name = self.tokens.pop(0)
        value = self.text(name)
        sign = self.take("=", "!=")
        if sign:
            return (value == self.text(self.tokens.pop(0))) == (sign == "=")
        return value in ("y", "m")

    def text(self, token):
        if token.startswith('"'):
            return token.strip('"')
        return token if token in ("y", "m", "n") else self.values.get(token, "n")


def read_config(path):
    values = {}
    with open(path) as f:
        for line in f:
            match = re.match(r"CONFIG_(\w+)=(.*)", line)
            if match:
                values[match[1]] = match[2].strip('"')
    return values


def read_kconfigs(paths):
    """Return name -> list of dependency expressions (own and enclosing)."""
    depends = {}
    for path in paths:
        outer, current = [], None
        with open(path) as f:
            for line in f:
                word = line.split(None, 1)
                if not word or word[0].startswith("#"):
                    continue
                rest = word[1].strip() if len(word) > 1 else ""
                if word[0] in ("config", "menuconfig"):
                    current = rest
                    depends.setdefault(rest, []).extend(e for group in outer for e in group)
                elif word[0] in ("if", "menu", "choice") and not line[0].isspace():
                    outer.append([rest] if word[0] == "if" else [])
                    current = None
                elif word[0] in ("endif", "endmenu", "endchoice"):
                    outer.pop()
                elif word[0] == "depends":
                    text = rest[2:].strip()
                    if current:
                        depends[current].append(text)
                    elif outer:
                        outer[-1].append(text)
    return depends


def main():
    values = read_config(sys.argv[1])
    depends = read_kconfigs(sys.argv[2:])
    wrong = []
    for name, value in values.items():
        if name not in depends:
            wrong.append("%s: no such option" % name)
        elif value != "n":
            wrong += ["%s=%s needs %s" % (name, value, text) for text in depends[name]
                      if not Expression(text, values).either()]
    if wrong:
        sys.exit("\n".join("config-check: " + w for w in wrong))


main()
