#!/bin/sh
# Installs Berth where there is no dpkg: from the folder in which this lies, on a Linux with systemd. Takes it away again.
set -eu
#RELOAD#
usage() {
  cat <<'USAGE'
usage: ./install.sh [--root DIR]                  installs, or upgrades: configuration, ledger and mode stay
       /usr/lib/berth/install.sh --uninstall       stops it and removes it; configuration, ledger and event log stay
       /usr/lib/berth/install.sh --purge           removes these as well, and the user berth

  --root DIR   all of it below that folder, as for an image: nothing is started or stopped
USAGE
}

lib=usr/lib/berth
conf=etc/berth/resource-limits.yaml
here=$(cd "$(dirname "$0")" && pwd -P)
root=
act=install

say() { echo "berth: $*"; }
die() {
  echo "berth: $*" >&2
  exit 1
}

# Whether this is about the host itself, and systemd runs it.
live() { [ -z "$root" ] && [ -d /run/systemd/system ]; }

# Whose it is counts only where root does it.
own() { [ "$(id -u)" != 0 ] || chown -h 0:0 "$@"; }

# A file that is in use stays whole for whoever has it open.
put() { # FROM TO
  mkdir -p "$root/${2%/*}"
  cp -pP "$1" "$root/$2.berth-new"
  own "$root/$2.berth-new"
  mv -f "$root/$2.berth-new" "$root/$2"
}

# Deletes the files of a list, and the folders that are empty then.
take_away() {
  cd "$root/"
  while read -r file; do
    rm -f "$file"
    rmdir -p "${file%/*}" 2>/dev/null || true
  done
}

# --- installing ----------------------------------------------------------------------------------------------------

check_host() {
  [ -e "$here/files" ] || die "$here has no list of files: run the install.sh of the archive that you unpacked."
  [ -z "$root" ] || return 0
  if dpkg-query -W -f '${Status}' berth 2>/dev/null | grep -q ' installed$'; then
    die "the Debian package is installed here: use apt, or apt remove berth first."
  fi
  [ "$(uname -m)" = x86_64 ] || die "this is for x86_64; docs/install.md says how to run it with a JDK that is there."
  "$here/$lib/runtime/bin/java" -version >/dev/null 2>&1 ||
    die "its Java runtime does not run here: it needs glibc and zlib. docs/install.md says how to use a JDK that is there."
}

install_files() {
  if [ -e "$root/$lib/files" ]; then
    grep -Fxv -f "$here/files" "$root/$lib/files" | take_away # what the version before had, and this one has not
  fi
  grep -v '^etc/' "$here/files" | while read -r file; do
    put "$here/$file" "$file"
  done
  put "$here/files" "$lib/files"
  put "$here/install.sh" "$lib/install.sh"
}

install_configuration() {
  if [ ! -e "$root/$conf" ]; then
    put "$here/$conf" "$conf"
  elif ! cmp -s "$here/$conf" "$root/$conf"; then
    put "$here/$conf" "$conf.new"
    say "/$conf stays as it is; this version's is beside it, as ${conf##*/}.new"
  fi
}

make_users() {
  if command -v systemd-sysusers >/dev/null; then
    systemd-sysusers ${root:+"--root=$root"} berth.conf
    systemd-tmpfiles ${root:+"--root=$root"} --create berth.conf || true
  elif [ -z "$root" ]; then
    getent group docker >/dev/null || groupadd --system docker
    getent passwd berth >/dev/null ||
      useradd --system --user-group --home-dir /var/lib/berth --no-create-home --shell /usr/sbin/nologin berth
  else
    say "this host has no systemd-sysusers: the user is made when $root is booted"
  fi
}

label_for_selinux() {
  [ -n "$root" ] || ! command -v restorecon >/dev/null || restorecon -R "/$lib" /usr/bin/berth /usr/bin/berthd /etc/berth
}

install_all() {
  check_host
  before=no
  [ ! -e "$root/$lib/files" ] || before=yes
  install_files
  install_configuration
  make_users
  label_for_selinux
  if ! live; then
    say "installed below ${root:-/}"
    return
  fi
  # The Debian package leaves its unit masked when it is removed. The helper does nothing for others than packages.
  ! command -v deb-systemd-helper >/dev/null ||
    DPKG_MAINTSCRIPT_PACKAGE=berth deb-systemd-helper unmask berthd.service >/dev/null || true
  reload_units
  if [ "$before" = yes ]; then
    systemctl --quiet is-active berthd.service && systemctl restart berthd.service
    say "upgraded"
  else
    say "installed, and not started. Look at /$conf, then: systemctl --no-reload enable berthd; systemctl start berthd"
  fi
}

# --- taking it away ------------------------------------------------------------------------------------------------

uninstall() {
  if [ -e "$root/$lib/files" ]; then
    if live; then
      systemctl --no-reload disable --now berthd.service || true
    fi
    list=$(grep -v '^etc/' "$root/$lib/files")
    printf '%s\n' "$list" "$lib/files" "$lib/install.sh" | take_away
    ! live || reload_units
  elif [ "$act" = uninstall ]; then
    die "it is not installed below ${root:-/}"
  fi
}

# What the admin put into /etc/berth beside the configuration is the admin's; the group docker is Docker's.
purge() {
  uninstall
  rm -rf "$root/var/lib/berth" "$root/var/log/berth" "$root/run/berth" "$root/var/cache/berth"
  rm -f "$root/$conf" "$root/$conf.new" "$root/etc/berth/disable"
  rmdir "$root/etc/berth" 2>/dev/null || true
  if [ -z "$root" ]; then
    ! getent passwd berth >/dev/null || userdel berth
    ! getent group berth >/dev/null || groupdel berth
  fi
}

# --- begin ---------------------------------------------------------------------------------------------------------

# To the end in one go: it deletes itself.
main() {
  umask 022
  while [ $# -gt 0 ]; do
    case $1 in
      --root)
        [ -d "${2:-}" ] || die "--root wants a folder that exists"
        root=$(cd "$2" && pwd -P)
        [ "$root" != / ] || root=
        shift
        ;;
      --uninstall) act=uninstall ;;
      --purge) act=purge ;;
      -h | --help)
        usage
        exit 0
        ;;
      *)
        usage >&2
        exit 2
        ;;
    esac
    shift
  done
  [ -n "$root" ] || [ "$(id -u)" = 0 ] || die "this needs root."
  case $act in
    install) install_all ;;
    uninstall) uninstall && say "removed; configuration, ledger and event log stay" ;;
    purge) purge && say "purged" ;;
  esac
  exit 0
}

main "$@"
