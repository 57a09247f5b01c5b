#!/bin/sh
# image-root.sh ROOT COMMAND…: makes the file system of the image in ROOT: the commands, the libraries they are linked with,
# certificates, users, the agent's folders. For every Debian package that a file comes from, its licence and its entry in
# the package database come along (var/lib/dpkg/status.d, where scanners look in images without a package manager).
set -eu
root=$1
shift

# Copies a file to the same place, through links, and notes its package. Programs and libraries lose their symbols.
add() {
  [ -e "$root$1" ] && return
  mkdir -p "$root$(dirname "$1")"
  cp -L "$1" "$root$1"
  case $1 in *.so* | */bin/*) strip --strip-unneeded "$root$1" 2>/dev/null || true ;; esac
  real=$(readlink -f "$1")
  for path in "$1" "$real" "${real#/usr}" "/usr$1"; do
    package=$(dpkg-query -S "$path" 2>/dev/null | head -n 1 | cut -d: -f1)
    [ -z "$package" ] || break
  done
  [ -n "$package" ] || return 0
  [ ! -e "$root/var/lib/dpkg/status.d/$package" ] || return 0
  mkdir -p "$root/var/lib/dpkg/status.d" "$root/usr/share/doc/$package"
  dpkg-query -s "$package" > "$root/var/lib/dpkg/status.d/$package"
  cp -L "/usr/share/doc/$package/copyright" "$root/usr/share/doc/$package/copyright"
}

# In Debian /bin, /lib and so on are links into /usr.
for name in bin lib lib64; do
  [ -L "/$name" ] || continue
  mkdir -p "$root/usr/$name"
  ln -s "usr/$name" "$root/$name"
done

for command; do
  file=$(command -v "$command")
  add "$file"
  ldd "$file" | grep -o '/[^ ]*' | while read -r library; do add "$library"; done
done
add /etc/ssl/certs/ca-certificates.crt

mkdir -p "$root/etc" "$root/tmp" "$root/run/log/journal" "$root/var/log" "$root/usr/local/bin" \
  "$root/fluent-bit/bin" "$root/fluent-bit/etc" "$root/var/lib/fantail"
chmod 1777 "$root/tmp"
cp /etc/os-release "$root/etc/os-release"
printf 'hosts: files dns\n' > "$root/etc/nsswitch.conf"
printf 'root:x:0:0:root:/:/bin/sh\nfantail:x:65532:65532:fantail:/var/lib/fantail:/bin/sh\n' > "$root/etc/passwd"
printf 'root:x:0:\nsystemd-journal:x:190:\nfantail:x:65532:\n' > "$root/etc/group"
chown 65532:65532 "$root/var/lib/fantail"

# The places where images of Fluent Bit have their program and configuration, so that changing the image is enough.
ln -s /opt/fantail/bin/fantail "$root/usr/local/bin/fantail"
ln -s /opt/fantail/bin/fantail "$root/fluent-bit/bin/fluent-bit"
