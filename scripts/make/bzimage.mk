# SPDX-License-Identifier: GPL-2.0-only
# bzImage (arch/x86/boot/bzimage/) and the bootable ISO.

$(O)/boot/%.bin: arch/x86/boot/bzimage/%.S $(O)/.flags
	@mkdir -p $(@D)
	$(Q)$(CC) -m32 -nostdinc -g -c -Wa,--noexecstack -o $(@:.bin=.o) $<
	$(Q)$(LD) -m elf_i386 -Ttext=0 -e start -z noexecstack --no-warn-rwx-segments \
		-o $(@:.bin=.elf) $(@:.bin=.o)
	$(Q)$(OBJCOPY) -O binary -j .text $(@:.bin=.elf) $@

$(O)/boot/kernel.bin: $(O)/tern
	@mkdir -p $(@D)
	$(Q)$(OBJCOPY) -O binary $< $@

$(O)/bzImage: $(O)/boot/setup.bin $(O)/boot/mover.bin $(O)/boot/kernel.bin $(O)/System.map \
		scripts/gen-bzimage.py
	$(call say,BZ)
	$(Q)$(PYTHON) scripts/gen-bzimage.py $(O)/boot/setup.bin $(O)/boot/mover.bin \
		$(O)/boot/kernel.bin $(O)/System.map "$(strip $(release)) (Tern $(VERSION))" $@

bzimage: $(O)/bzImage
	@:
all: $(O)/bzImage
