# SPDX-License-Identifier: GPL-2.0-only
# timeout: 200
set -eu
openssl version | cut -d' ' -f1,2; printf abc | openssl dgst -sha256; printf abc | openssl dgst -sha3-512 | cut -c1-40; printf abc | openssl dgst -hmac key -sha1
head -c 300000 /dev/zero | openssl enc -aes-256-cbc -K $(printf '00%.0s' {1..32}) -iv $(printf '00%.0s' {1..16}) | openssl dgst -md5
head -c 100000 /dev/zero | openssl enc -chacha20 -pbkdf2 -pass pass:x -nosalt | openssl dgst -sha1
openssl genpkey -algorithm ed25519 -out k.pem; openssl req -x509 -key k.pem -subj /CN=t -days 9 -out c.pem; openssl verify -CAfile c.pem c.pem
openssl genrsa -out r.pem 1024 2>/dev/null; echo data >d; openssl dgst -sha256 -sign r.pem -out s d; openssl rsa -in r.pem -pubout -out p.pem 2>/dev/null; openssl dgst -sha256 -verify p.pem -signature s d
openssl speed -seconds 1 -bytes 1024 sha256 2>/dev/null | grep -c '^sha256'; openssl speed -seconds 1 -multi 2 -bytes 64 md5 2>/dev/null | grep -c '^md5'; openssl rand -hex 16 | wc -c; openssl prime 104729
