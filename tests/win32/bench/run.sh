# SPDX-License-Identifier: GPL-2.0-only
# The rows of scripts/bench --win32: a line `name value unit` each. With the word `wine` Debian's
# wine64 runs the programs, with its server and the programs behind it started before.
wine=
if [ "$1" = wine ]; then
	shift
	export WINEPREFIX=/prefix WINEDEBUG=-all HOME=/root
	wine=/usr/lib/wine/wine64
	/usr/lib/wine/wineserver64 -p
	$wine /b/hello.exe >/dev/null
	sleep 5
fi
chosen=" $* "
is_chosen() { case $chosen in "  " | *" $1 "*) ;; *) return 1 ;; esac; }
row() { if is_chosen "$2"; then /b/startup "$@"; fi; }

row time hello 5 $wine /b/hello.exe
row time rg 5 $wine /b/rg.exe --version
row time node 3 $wine /b/node.exe -e 1
row park hello_memory 10 $wine /b/hello.exe stay
for name in nt_event nt_semaphore nt_address; do
	if is_chosen $name; then $wine /b/wake.exe $name | tr -d '\r'; fi
done
if is_chosen futex_round_trip; then bench futex_round_trip; fi
if [ "$wine" ]; then /usr/lib/wine/wineserver64 -k; fi
