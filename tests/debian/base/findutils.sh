# SPDX-License-Identifier: GPL-2.0-only
set -eu
mkdir -p t/{a..j}/{0..9}; for i in t/*/*; do echo "$i" >"$i/f"; done
find t -type f | wc -l; find t -type f -newer t/a | wc -l; find t -type f -size -2 -print0 | xargs -0 -P 4 -n 7 cat | sort | md5sum
find t -depth -name 9 -exec rm -r {} + ; find t -type d -links 2 | wc -l; find t -printf '%y %d %m %f\n' | sort | uniq -c | sort -n | tail -n 3
find /proc/self/ -maxdepth 1 -name 'sta*' | sort; find / -xdev -perm -4000 -type f 2>/dev/null | sort
find /etc -samefile /etc/passwd; find t -empty | wc -l; find t -type f -delete; find t -type f | wc -l; echo a b c | xargs -n1 -I{} echo "<{}>"; seq 20000 | xargs echo | wc
