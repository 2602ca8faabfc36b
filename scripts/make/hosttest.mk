# SPDX-License-Identifier: GPL-2.0-only
# Tests on the build machine: every *_test.c of the tree, the file that it is
# beside (x_test.c tests x.c), pure files that those need, and all of lib, under
# ASan and UBSan.

.PHONY: host-test host-test-build
host-find := $(sort $(shell find lib arch mm kernel fs net drivers compat -name '*_test.c' 2>/dev/null))
host-tests := $(filter-out %_ktest.c,$(host-find))
host-lib := $(filter-out %_test.c,$(sort $(shell find lib -name '*.c' 2>/dev/null)))
host-ext4 := $(filter-out acl dev direct vnode file dirops mount page trim inpage,$(basename $(notdir $(filter-out %_test.c,$(wildcard fs/ext4/*.c)))))
host-pure := compat/linux/loader/ko_reloc.c drivers/tty/vt/vtcsi.c fs/fat/geometry.c $(host-ext4:%=fs/ext4/%.c)
host-src := $(sort $(host-tests) $(host-lib) $(host-pure) $(wildcard $(host-tests:_test.c=.c)))
host-objs := $(patsubst %.c,$(O)/host/%.o,$(host-src) tests/host/runner.c tests/host/shim.c tests/host/ext4_host.c)
host-cflags := -std=gnu11 -g -O1 -Wall -Wextra -Werror -Wno-unused-parameter -Wno-sign-compare \
	-Wno-missing-field-initializers -fwrapv -fno-strict-aliasing -fno-builtin \
	-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer \
	-DTERN_HOST -Iinclude -Iarch/x86/include

$(O)/host/.flags: ;
$(eval $(call stamp,$(O)/host/.flags,$(HOSTCC) $(host-cflags) $(host-objs)))

$(O)/host/tests/host/%.o: tests/host/%.c $(O)/host/.flags
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) $(host-cflags) -MMD -MP -c -o $@ $<
$(O)/host/%.o: %.c $(O)/host/.flags
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) $(host-cflags) -include tests/host/host.h -MMD -MP -c -o $@ $<
$(O)/hosttest: $(host-objs)
	$(Q)$(HOSTCC) $(host-cflags) -o $@ $^
-include $(wildcard $(host-objs:.o=.d))

host-test-build: $(O)/hosttest
host-test: $(O)/hosttest
	@$(O)/hosttest $(TESTS)
