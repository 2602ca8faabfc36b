# SPDX-License-Identifier: GPL-2.0-only
"""Parts of scripts/guest: the machine, what is put into it, and its output."""
