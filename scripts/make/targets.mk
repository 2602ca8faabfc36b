# SPDX-License-Identifier: GPL-2.0-only
# Targets that people type.

.PHONY: help clean mrproper regenerate

help:
	@sed -n 's/^#: //p' scripts/make/targets.mk

clean:
	@find $(O) -mindepth 1 -maxdepth 1 ! -name .config ! -name vendor ! -name userland \
		-exec rm -rf {} + 2>/dev/null || :
mrproper:
	@rm -rf $(O) compile_commands.json

# Generated files that people read are committed; lint checks that they are current.
regenerate:
	@$(PYTHON) scripts/gen-syscalls.py doc Documentation/abi/linux-syscalls.md
	@$(PYTHON) scripts/gen-svc.py doc Documentation/abi/services.md
