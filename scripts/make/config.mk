# SPDX-License-Identifier: GPL-2.0-only
# Configuration: kconfig-frontends write $(O)/.config; $(O)/auto.conf (for make)
# and generated/autoconf.h (for C) follow it. Without a .config the defaults
# are taken.

comma	:= ,
KCONFIG_CONFIG ?= $(O)/.config
kconfigs := $(wildcard Kconfig */Kconfig */*/Kconfig */*/*/Kconfig */*/*/*/Kconfig)
config-targets := menuconfig nconfig oldconfig olddefconfig defconfig savedefconfig \
	allnoconfig allyesconfig randconfig
free-targets := $(config-targets) config-check config-show help clean mrproper \
	host-test regenerate
.PHONY: $(config-targets) config-check config-show

kenv	= mkdir -p $(O)/include/config $(gen) && cd $(O) && \
	srctree=$(CURDIR) KCONFIG_CONFIG=$(abspath $(KCONFIG_CONFIG)) \
	KCONFIG_AUTOHEADER=include/generated/.autoconf.tmp
# -s: no chatter; what remains are warnings about the Kconfig files, on stderr.
kconf	= $(need-kconf) && $(kenv) kconfig-conf -s
need-kconf = { command -v kconfig-conf >/dev/null || scripts/bootstrap; }
keep-config = test ! -e $(KCONFIG_CONFIG) || touch $(KCONFIG_CONFIG)

menuconfig:
	@$(need-kconf) && $(kenv) kconfig-mconf $(CURDIR)/Kconfig
nconfig:
	@$(need-kconf) && $(kenv) kconfig-nconf $(CURDIR)/Kconfig
oldconfig:
	@$(kconf) --oldconfig $(CURDIR)/Kconfig
olddefconfig:
	@$(kconf) --olddefconfig $(CURDIR)/Kconfig
defconfig:
	@$(kconf) --alldefconfig $(CURDIR)/Kconfig >/dev/null
savedefconfig:
	@$(kconf) --savedefconfig=$(abspath $(O))/defconfig $(CURDIR)/Kconfig
	@echo "$(O)/defconfig"
allnoconfig allyesconfig randconfig:
	@$(kconf) --$@ $(CURDIR)/Kconfig >/dev/null

$(KCONFIG_CONFIG):
	@$(kconf) --alldefconfig $(CURDIR)/Kconfig >/dev/null

# auto.conf changes with every save, autoconf.h only when a value does.
$(O)/auto.conf: $(KCONFIG_CONFIG) $(kconfigs)
	@$(kconf) --olddefconfig $(CURDIR)/Kconfig >/dev/null
	@$(kconf) --silentoldconfig $(CURDIR)/Kconfig >/dev/null
	@cmp -s $(gen)/.autoconf.tmp $(gen)/autoconf.h || cp $(gen)/.autoconf.tmp $(gen)/autoconf.h
	@cp $(O)/include/config/auto.conf $@
	@touch $@

$(gen)/autoconf.h: $(O)/auto.conf ;

# Targets that need no configuration do not make one.
goals	:= $(or $(MAKECMDGOALS),all)
ifneq ($(filter-out $(free-targets),$(goals)),)
include $(O)/auto.conf
else
-include $(wildcard $(O)/auto.conf)
endif

config-check: $(KCONFIG_CONFIG)
	@$(PYTHON) scripts/check-config.py $(KCONFIG_CONFIG) $(kconfigs)
config-show: $(KCONFIG_CONFIG)
	@sed -n 's/^CONFIG_\([^=]*\)=\(.*\)/\1=\2/p' $(KCONFIG_CONFIG)
