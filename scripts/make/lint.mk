# SPDX-License-Identifier: GPL-2.0-only
# make lint and make headers-check.

# Every header compiles alone; one result file a header, so only changes cost.
headers := $(sort $(shell find include arch/x86/include -name '*.h' 2>/dev/null))
$(O)/headers/%.ok: % $(O)/.flags | $(generated)
	@mkdir -p $(@D)
	$(Q)$(CC) $(cppflags) $(cflags) -Wno-unused-function -MMD -MP -MF $(@:.ok=.d) -MT $@ \
		-fsyntax-only -x c -include $< /dev/null
	@touch $@
-include $(wildcard $(headers:%.h=$(O)/headers/%.h.d))

headers-check: $(headers:%=$(O)/headers/%.ok)
	@:

lint: headers-check
	@scripts/lint $(O)
