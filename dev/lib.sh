# shellcheck shell=bash
# Helpers that the scripts in dev/ share. To be sourced.

# Says what went wrong and ends the script with status 1.
die() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

# Says what the script is doing, on stderr: stdout is for results.
say() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
}

# need COMMAND:PACKAGE... makes sure that the commands exist. As root on Debian or Ubuntu the packages of the missing
# ones are installed; elsewhere the script ends and names them.
need() {
  local pair missing=() packages=()
  for pair in "$@"; do
    command -v "${pair%%:*}" >/dev/null && continue
    missing+=("${pair%%:*}")
    packages+=("${pair##*:}")
  done
  if ((${#missing[@]} > 0)); then
    install_packages "${missing[*]}" "${packages[@]}"
  fi
}

# want COMMAND:PACKAGE... installs what is missing, where that can be done; what needs it is skipped without it.
want() {
  local pair
  if ((EUID == 0)) && command -v apt-get >/dev/null; then
    for pair in "$@"; do
      (need "$pair") || say "what needs ${pair%%:*} is skipped"
    done
  fi
}

# Makes sure of gcc and of what it needs to make a program: Debian has the C library's headers in a package of their own.
need_c_compiler() {
  if ! gcc -E -x c - <<<'#include <stdio.h>' >/dev/null 2>&1; then
    install_packages "a C compiler" gcc libc6-dev
  fi
}

# install_packages WHAT PACKAGE... installs Debian packages because WHAT is missing. No service is started by it.
install_packages() {
  local what=$1
  shift
  if ! command -v apt-get >/dev/null || ((EUID != 0)); then
    die "missing: $what. Install it (Debian and Ubuntu, as root: apt-get install $*), then run this again."
  fi
  say "installing $* (missing: $what)"
  (
    trap allow_services EXIT
    forbid_services
    export DEBIAN_FRONTEND=noninteractive
    apt-get -q -y update && apt-get -q -y install --no-install-recommends "$@"
  ) >&2 || die "apt-get could not install $*: see above."
}

# A package must not start its service: the system's own dockerd is none of our business. Debian asks policy-rc.d.
policy=/usr/sbin/policy-rc.d

forbid_services() {
  if [[ -e $policy && ! -e $policy.before-berth ]]; then
    mv "$policy" "$policy.before-berth"
  fi
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
}

allow_services() {
  rm -f "$policy"
  if [[ -e $policy.before-berth ]]; then
    mv "$policy.before-berth" "$policy"
  fi
}

# Where the package puts what is its own; the archive of classes is good for no other place.
# shellcheck disable=SC2034
lib=/usr/lib/berth

# Runs a command with FOLDER at that place, in a mount namespace of its own.
in_place() { # FOLDER COMMAND...
  local folder=$1 made=no status=0
  shift
  [[ -d $lib ]] || { mkdir -p "$lib" && made=yes; }
  # shellcheck disable=SC2016 # expanded by the shell inside
  unshare --mount sh -c 'mount --bind "$1" "$2" && shift 2 && exec "$@"' sh "$folder" "$lib" "$@" || status=$?
  [[ $made == no ]] || rmdir "$lib"
  return "$status"
}
