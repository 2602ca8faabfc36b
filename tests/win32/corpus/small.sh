# SPDX-License-Identifier: GPL-2.0-only
. /v/common.sh

row W09
R /v/7za.exe a x.7z in </dev/null | grep -E 'Ok|status'
R /v/7za.exe t x.7z | grep -E 'Ok|status'
R /v/7za.exe x -oex x.7z | grep -E 'Ok|status'
diff -r in ex/in && echo same
[ $(wc -c <x.7z) -lt 6500 ] && echo small
row W10
printf 'line 1\nline 2\n' | /v/7za.exe a -si -so -tgzip dummy | gzip -dc
row W11
R /v/rg.exe --version | head -n 2
R /v/rg.exe -n hello in
R /v/rg.exe -c 7 in/n.txt
cat in/n.txt | R /v/rg.exe -c 77
row W12; R /v/esbuild.exe --version
row W13; R /v/esbuild.exe js/main.ts --bundle --minify
row W14; echo 'const x:number=1; export {x}' | R /v/esbuild.exe --loader=ts
