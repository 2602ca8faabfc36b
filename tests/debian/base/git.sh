# SPDX-License-Identifier: GPL-2.0-only
# timeout: 300
set -eu
export HOME=/tmp/work GIT_AUTHOR_DATE='2020-01-01T00:00:00Z' GIT_COMMITTER_DATE='2020-01-01T00:00:00Z'
git config --global user.name n; git config --global user.email n@e; git config --global init.defaultBranch main
git init -q r; cd r; for d in {1..40}; do mkdir $d; for f in {1..50}; do echo "file $d/$f" >$d/$f; done; done
git add .; git commit -qm first; git rev-parse HEAD; git ls-files | wc -l; for i in 1 2 3; do echo "change $i" >>$i/1; git commit -qam "c$i"; done
git checkout -q -b side HEAD~2; echo side >side; git add side; git commit -qm side; git checkout -q main; git merge -q --no-edit side; git rev-parse HEAD; git mv 5/5 5/moved; git commit -qm move; git diff --stat HEAD~2 | tail -n 1
git fsck --full 2>&1; git gc -q --prune=now; git count-objects -v | grep -E 'count|in-pack'; cd ..; git clone -q r c; git clone -q --no-local --depth 1 file:///tmp/work/r s; git -C c log --oneline | wc -l; git -C s log --oneline | wc -l; git -C c fsck; git -C c status --short | wc -l
cd c; git stash list; rm -r 1; git status --short | wc -l; git checkout -q .; git grep -c change | wc -l; git archive HEAD | md5sum; git bundle create -q ../b HEAD; git bundle verify -q ../b; git worktree add -q ../w side; ls ../w | wc -l; git rebase -q side 2>&1 | tail -n 1; git push -q origin HEAD:refs/heads/pushed; git -C ../r branch --list pushed; git blame -s 1/1 | wc -l; git repack -qadf --threads=2; git fsck
