# SPDX-License-Identifier: GPL-2.0-only
# Targets that people type. Lines that begin "#:" are what make help prints.

.PHONY: modules-report help tools run debug check check-linux bench iso bzimage lint headers-check regenerate \
	compile_commands.json clean mrproper build-matrix check-reproducible
export TERN_BUILD := $(abspath $(O))

-include $(wildcard scripts/image/Makefile)

#: Build (output folder O=build, -jN, V=1 shows commands, CROSS_COMPILE=prefix-)
#:   all               kernel as ELF (build/tern) and bzImage, System.map
#:   objs              compile everything, do not link
#:   build/mm/slab.o   one file (also .s and .i)
#:   iso               build/tern.iso: BIOS and UEFI, kernel and BusyBox
#:   image             BusyBox userland, build/initramfs.cpio.gz
#:   live              build/live.squashfs, the root of a live system: the image and the installer
#:   compile_commands.json
#:   clean mrproper    remove what was built; also configuration and userland
#: Configure
#:   menuconfig nconfig oldconfig olddefconfig defconfig savedefconfig
#:   allnoconfig allyesconfig randconfig
#:   config-check      say what contradicts; config-show prints the options
help:
	@sed -n 's/^#: \{0,1\}//p' scripts/make/targets.mk

#: Run
#:   run               boot to a BusyBox shell on this terminal (ARGS= to scripts/guest)
#:   debug             the same, halted, with gdb attached
tools:
	@scripts/bootstrap

#: Test
#:   check             everything: lint, host tests, self tests, guest tests, boots
#:   check-linux       the guest tests on Debian's Linux kernel: are they right?
#:   host-test         tests of pure code under sanitizers (TESTS=suite.case)
#:   lint              layers, names, sizes, headers, style, generated files
#:   bench             benchmark on Linux and Tern in turn, ratios
#:   build-matrix      build and boot each configuration and optimisation level
#:   check-reproducible  two builds in two folders must be equal

# The vendor's package decides the release's name and whether modules can be loaded, so it is
# there before make reads the lists of sources. Without it the kernel is built all the same.
ifeq ($(wildcard $(O)/vendor/vmlinux)$(VENDOR_ASKED),)
run debug check check-linux bench: tools
	@scripts/vendor-kernel --vmlinux || echo "make: built without the vendor's kernel: no modules" >&2
	@$(MAKE) --no-print-directory VENDOR_ASKED=y $@
else
run: tools all image
	@scripts/guest --interactive $(ARGS)
debug: tools all image
	@scripts/debug $(ARGS)
check: tools all image live
	@scripts/check $(ARGS)
check-linux: tools image
	@scripts/check --linux $(ARGS)
bench: tools all image
	@scripts/bench $(ARGS)
	$(if $(ARGS),,@scripts/bench --win32 nt_event nt_semaphore nt_address futex_round_trip)
endif
build-matrix: image
	@scripts/build-matrix $(ARGS)
check-reproducible:
	@scripts/check-reproducible

#:   modules-report    load every vendor module that can be, write Documentation/vendor-modules.md
modules-report: all image
	@scripts/run-module-tests
	@$(PYTHON) scripts/modules-report.py $(O)/vendor Documentation/vendor-modules.md $(O)/modules-tested

compile_commands.json: $(O)/.built
	@$(PYTHON) scripts/gen-compdb.py $(O)/.built $@ $(CC) $(cppflags) $(cflags)

# Generated files that people read are committed; lint checks that they are current.
regenerate:
	@$(PYTHON) scripts/gen-syscalls.py doc Documentation/abi/linux-syscalls.md
	@$(PYTHON) scripts/gen-svc.py doc Documentation/abi/services.md
	@$(PYTHON) scripts/gen-nt.py doc Documentation/abi/nt-syscalls.md
	@$(PYTHON) scripts/gen-locking.py Documentation/locking.md

clean:
	@find $(O) -mindepth 1 -maxdepth 1 ! -name .config ! -name vendor ! -name userland \
		-exec rm -rf {} + 2>/dev/null || :
mrproper:
	@rm -rf $(O) compile_commands.json
