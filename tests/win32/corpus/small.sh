# SPDX-License-Identifier: GPL-2.0-only
cp -r /v/inputs /tmp/w && cd /tmp/w && seq 1 20000 >in/n.txt
R() { echo "--- $*"; "$@"; echo "status $?"; }

R /v/rg.exe --version | head -n 2
R /v/rg.exe -n hello in
R /v/rg.exe -c 7 in/n.txt
cat in/n.txt | R /v/rg.exe -c 77
R /v/7za.exe a x.7z in </dev/null | grep -E 'Ok|status'
R /v/7za.exe t x.7z | grep -E 'Ok|status'
R /v/7za.exe x -oex x.7z | grep -E 'Ok|status'
diff -r in ex/in && echo same
printf 'line 1\nline 2\n' | /v/7za.exe a -si -so -tgzip dummy | gzip -dc
R /v/esbuild.exe --version
R /v/esbuild.exe js/main.ts --bundle --minify
echo 'const x:number=1; export {x}' | R /v/esbuild.exe --loader=ts
