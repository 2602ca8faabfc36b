# SPDX-License-Identifier: GPL-2.0-only
# timeout: 400
# long
# apt-get and dpkg with a repository made here: what is asked for comes with what it needs, is upgraded, held, removed, purged.
set -u
export LC_ALL=C DEBIAN_FRONTEND=noninteractive
chmod 755 .; mkdir repo
package() {	# NAME VERSION CONTROL-LINE: a package with a program, a setting and scripts that say how they are called
	local d=made/$1-$2 script
	mkdir -p "$d"/{DEBIAN,usr/bin,"etc/$1"}
	printf 'Package: %s\nVersion: %s\nArchitecture: all\nMaintainer: N <n@e>\n%s\nDescription: for a test\n' "$1" "$2" "$3" >"$d/DEBIAN/control"
	printf '#!/bin/sh\necho %s %s\n' "$1" "$2" >"$d/usr/bin/$1"; chmod 755 "$d/usr/bin/$1"
	echo "default of $2" >"$d/etc/$1/conf"; echo "/etc/$1/conf" >"$d/DEBIAN/conffiles"
	for script in preinst postinst prerm postrm; do printf '#!/bin/sh\necho "%s: $*"\n%s\n' "$1 $script" "${4-}" >"$d/DEBIAN/$script"; chmod 755 "$d/DEBIAN/$script"; done
	dpkg-deb --root-owner-group -b "$d" "repo/$1_$2_all.deb" >/dev/null
}
publish() { (cd repo && apt-ftparchive packages . >Packages && gzip -kf Packages && apt-ftparchive release . >../Release && mv ../Release .) && apt-get -qq update; }
package demo-lib 1.0 'Section: libs'; package demo-app 1.0 'Depends: demo-lib (>= 1.0)'; package demo-rival 1.0 'Conflicts: demo-app'
package demo-broken 1.0 'Section: misc' '[ "$1" != configure ] || [ -e /tmp/work/mended ]'
rm -f /etc/apt/sources.list.d/* /etc/apt/sources.list; echo 'deb [trusted=yes] file:/tmp/work/repo ./' >/etc/apt/sources.list
publish; apt-cache policy demo-app; apt-cache depends demo-app; apt-cache rdepends demo-lib; apt-get -s install demo-app | grep ^Inst
apt-get -qq -y install demo-app 2>&1 | sed 's/[0-9]* files/N files/'; demo-app; demo-lib; dpkg -l 'demo-*' | tail -n 2; dpkg -V demo-app demo-lib && echo verified; apt-mark showmanual | grep demo; dpkg -S /usr/bin/demo-lib; dpkg -L demo-app | sort
echo mine >/etc/demo-lib/conf; dpkg -V demo-lib; rm /usr/bin/demo-app; dpkg -V demo-app; apt-get -qq -y --reinstall install demo-app 2>&1 | grep -c postinst; demo-app
package demo-lib 2.0 'Section: libs'; package demo-app 2.0 'Depends: demo-lib (>= 2.0)'; publish; apt list --upgradable 2>/dev/null | tail -n +2
apt-mark hold demo-app; apt-get -qq -y -o Dpkg::Options::=--force-confold upgrade 2>&1 | sed 's/[0-9]* files/N files/'; cat /etc/demo-lib/conf /etc/demo-lib/conf.dpkg-dist; apt-mark unhold demo-app; apt-get -qq -y dist-upgrade 2>&1 | grep postinst; demo-app; demo-lib
apt-get -qq -y install demo-rival 2>&1 | grep -E 'prerm|postinst|Removing'; dpkg -l demo-app | tail -n 1; apt-get -qq -y autoremove 2>&1 | grep Removing; ls -d /etc/demo-*; apt-get -qq -y purge 'demo-*' 2>&1 | grep -c Purging; ls -d /etc/demo-* 2>&1
apt-get -qq -y install demo-broken >/dev/null 2>&1; echo "status $?"; dpkg -l demo-broken | tail -n 1 | cut -c1-16; dpkg --audit | head -n 1; touch mended; dpkg --configure -a; dpkg -l demo-broken | tail -n 1 | cut -c1-16
apt-get -qq -y install no-such-package 2>&1; dpkg --compare-versions 1.0~rc1 lt 1.0 && echo older
apt-get -qq download demo-app=1.0 2>/dev/null; dpkg-deb -c demo-app_1.0_all.deb | awk '{print $1, $NF}'; dpkg --get-selections | grep -c install >/dev/null && echo selections; apt-get -qq check && echo consistent
exit 0
