#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: quota-image.sh FOLDER - a volume with quota files for users and groups, for quota.c
set -eu
truncate -s 16M "$1/quota.img"
mke2fs -q -F -t ext4 -b 4096 -O quota -J size=4 "$1/quota.img"
