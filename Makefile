# SPDX-License-Identifier: GPL-2.0-only
# Tern's build. Non-recursive: every folder's Makefile holds only
#	obj-y += a.o		obj-$(CONFIG_X) += b.o		dir-y += sub
# and is included here; $(d) is then the folder's path and $(O) the output
# folder. `make help` lists the targets.

VERSION := 0.1.0
MAKEFLAGS += -rR --no-print-directory $(if $(filter 1,$(V)),,-s)
.SUFFIXES:
.DELETE_ON_ERROR:
.PHONY: all
all:

O ?= build
override O := $(patsubst %/,%,$(O))
V ?= 0
Q := $(if $(filter 1,$(V)),,@)
export LC_ALL := C

CROSS_COMPILE ?=
CC	:= $(CROSS_COMPILE)gcc
LD	:= $(CROSS_COMPILE)ld
NM	:= $(CROSS_COMPILE)nm
OBJCOPY	:= $(CROSS_COMPILE)objcopy
OBJDUMP	:= $(CROSS_COMPILE)objdump
READELF	:= $(CROSS_COMPILE)readelf
HOSTCC	?= gcc
PYTHON	?= $(firstword $(wildcard /usr/bin/python3) python3)

gen	:= $(O)/include/generated

# A new machine: these targets first install what is missing (silent if nothing is).
$(if $(filter run debug check check-linux bench image iso build-matrix,$(MAKECMDGOALS)),\
	$(shell scripts/bootstrap >&2))

# ---- configuration (also makes $(O)/auto.conf, included there) -------------
include scripts/make/config.mk

# ---- flags ------------------------------------------------------------------
cppflags := -nostdinc -isystem $(shell $(CC) -print-file-name=include) \
	-Iinclude -Iarch/x86/include -I$(O)/include -include $(gen)/autoconf.h \
	-D__TERN__
opt	:= $(if $(CONFIG_OPTIMIZE_O0),-O0,$(if $(CONFIG_OPTIMIZE_O1),-O1,$(if \
	$(CONFIG_OPTIMIZE_O3),-O3,-O2)))
map	:= -ffile-prefix-map=$(CURDIR)/= -ffile-prefix-map=$(CURDIR)=. \
	-ffile-prefix-map=$(O)=build
arch	:= -m64 -mcmodel=kernel -mno-red-zone -mgeneral-regs-only \
	-mpreferred-stack-boundary=3 -fno-pic -fno-pie -fcf-protection=none \
	-fno-asynchronous-unwind-tables
cflags	:= -std=gnu11 -Wall -Wextra -Werror -Wmissing-prototypes -Wstrict-prototypes \
	-Wno-unused-parameter -Wno-sign-compare -Wno-missing-field-initializers \
	-Wvla -Wundef -Wimplicit-fallthrough=3 \
	$(arch) $(opt) -g -ffreestanding -fno-strict-aliasing -fwrapv -fno-common \
	-fno-delete-null-pointer-checks -fno-allow-store-data-races \
	-fstack-protector-strong -fno-builtin-printf -fno-tree-loop-distribute-patterns \
	$(if $(CONFIG_FRAME_POINTER),-fno-omit-frame-pointer -fno-optimize-sibling-calls) \
	$(map)
# Programs pass what they like: the address of a field of it may wrap before the copy refuses it (-fwrapv).
sanitize := $(if $(CONFIG_UBSAN),-fsanitize=undefined -fsanitize-undefined-trap-on-error \
	-fno-sanitize=alignment$(comma)vptr$(comma)null$(comma)nonnull-attribute$(comma)pointer-overflow)
asflags	:= $(arch) -g -Wa,--noexecstack -Wa,-mx86-used-note=no $(map)
ldflags	:= -nostdlib -static -m elf_x86_64 -z max-page-size=4096 -z noexecstack \
	--build-id=none --orphan-handling=error --fatal-warnings

# ---- vendor modules: need the option and the vendor's kernel --------------------
vendor-vmlinux := $(firstword $(wildcard $(O)/vendor/vmlinux build/vendor/vmlinux))
lx-enabled := $(if $(CONFIG_COMPAT_LINUX),$(if $(vendor-vmlinux),y))

# ---- object list --------------------------------------------------------------
# collect,FOLDER: read FOLDER/Makefile, add its objects, go into its dir-y.
objs	:=
dirs	:=
define collect
obj-y :=
dir-y :=
d := $(1)
dirs += $(1)
include $(1)/Makefile
objs += $$(addprefix $(O)/$(1)/,$$(obj-y))
sub := $$(patsubst %/,$(1)/%,$$(patsubst %//,%/,$$(addsuffix /,$$(dir-y))))
$$(foreach s,$$(sub),$$(if $$(wildcard $$(s)/Makefile),$$(eval $$(call collect,$$(s)))))
endef
top	:= arch/x86 lib mm kernel fs net drivers compat/linux compat/win32 init tests/ktest
$(foreach f,$(foreach t,$(top),$(if $(wildcard $(t)/Makefile),$(t))),\
	$(eval $(call collect,$(f))))
objs	:= $(filter-out $(O)/kernel/log/kallsyms_table.o,$(objs))

# Rebuild when compiler or flags change: these files change only with them.
define stamp # file, text
$(if $(wildcard $(dir $(1))),,$(shell mkdir -p $(dir $(1))))
$(if $(and $(wildcard $(1)),$(findstring x$(strip $(2)) x,x$(strip $(file <$(1))) x)),,$(file >$(1),$(strip $(2)) ))
endef
$(eval $(call stamp,$(O)/.flags,$(CC) $(cppflags) $(cflags) $(sanitize) $(asflags)))
$(eval $(call stamp,$(O)/.objs,$(ldflags) $(objs)))

# ---- rules ----------------------------------------------------------------------
# Progress is for people: a line a file on a terminal, silence in a pipe.
say	= $(if $(MAKE_TERMOUT),$(if $(filter 1,$(V)),@:,@printf '  %-4s %s\n' $(1) $@),@:)
deps	= -MMD -MP -MF $(@:.o=.d) -MT $@

include scripts/make/generate.mk

.PRECIOUS: $(O)/%.o
$(O)/%.o: %.c $(O)/.flags | $(generated)
	$(call say,CC)
	@mkdir -p $(@D)
	$(Q)$(CC) $(cppflags) $(cflags) $(if $(nosan-$*),,$(sanitize)) $(cflags-$*) $(deps) -c -o $@ $<

$(O)/%.o: %.S $(O)/.flags | $(generated)
	$(call say,AS)
	@mkdir -p $(@D)
	$(Q)$(CC) $(cppflags) $(asflags) $(cflags-$*) $(deps) -c -o $@ $<

$(O)/%.s: %.c $(O)/.flags | $(generated)
	@mkdir -p $(@D)
	$(Q)$(CC) $(cppflags) $(cflags) $(cflags-$*) -g0 -S -o $@ $<

$(O)/%.i: %.c $(O)/.flags | $(generated)
	@mkdir -p $(@D)
	$(Q)$(CC) $(cppflags) $(cflags) $(cflags-$*) -E -o $@ $<

$(O)/kernel.lds: arch/x86/kernel.lds.S $(O)/.flags | $(gen)/autoconf.h
	@mkdir -p $(@D)
	$(Q)$(CC) $(cppflags) -E -P -x assembler-with-cpp $(deps) -MF $(O)/kernel.d -o $@ $<

-include $(O)/kernel.d
-include $(wildcard $(objs:.o=.d))

# Two links: symbol table and relocations lie behind everything else in the image,
# so the addresses of the first link are those of the second.
link	= $(LD) $(ldflags) -T $(O)/kernel.lds -o $@ $(objs)
$(O)/tern.nosym: $(objs) $(O)/kernel.lds $(O)/.objs
	$(Q)$(link) --emit-relocs

$(O)/kallsyms.S: $(O)/tern.nosym scripts/gen-kallsyms.py
	$(Q)$(NM) -n $< >$(O)/kallsyms.nm
	$(Q)$(PYTHON) scripts/gen-kallsyms.py $(O)/kallsyms.nm $@

$(O)/relocs.S: $(O)/tern.nosym scripts/gen-relocs.py
	$(Q)$(PYTHON) scripts/gen-relocs.py $< $@

$(O)/kallsyms.o $(O)/relocs.o: %.o: %.S
	$(Q)$(CC) -x assembler -m64 -c -o $@ $<

$(O)/tern: $(O)/kallsyms.o $(O)/relocs.o $(objs) $(O)/kernel.lds
	$(call say,LD)
	$(Q)$(link) $(O)/kallsyms.o $(O)/relocs.o

$(O)/System.map: $(O)/tern
	$(Q)$(NM) -n $< >$@

.PHONY: objs
objs: $(objs)
	@:

all: $(O)/tern $(O)/System.map
	@:

include scripts/make/bzimage.mk
include scripts/make/hosttest.mk
include scripts/make/lint.mk
include scripts/make/targets.mk
