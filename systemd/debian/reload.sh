# shellcheck shell=sh
# Prints why `systemctl daemon-reload` would take GPUs from running containers here; nothing where it would not. It does
# where Docker leaves device rules to systemd and systemd can't find the devices, because /dev/char has no links to them.
gpus_at_risk() {
  ls /dev/nvidia[0-9]* >/dev/null 2>&1 || return 0
  for device in /dev/nvidia[0-9]*; do
    [ -c "$device" ] || continue
    number=$(stat -c '%t %T' "$device")
    [ -e "/dev/char/$((0x${number% *})):$((0x${number#* }))" ] || unlinked=$device
  done
  [ -n "${unlinked:-}" ] || return 0
  # An Engine that does not answer may have running containers all the same.
  driver=$(timeout 10 docker info --format '{{.CgroupDriver}}' 2>/dev/null) || driver=unknown
  case ${driver:-unknown} in
    cgroupfs) ;;
    *) echo "Docker's cgroup driver is ${driver:-unknown}, and /dev/char has no link to $unlinked" ;;
  esac
}

# systemctl daemon-reload, but never where it costs somebody a GPU.
reload_units() {
  why=$(gpus_at_risk)
  if [ -z "$why" ]; then
    systemctl --system daemon-reload || true
    return
  fi
  cat >&2 <<WARNING

berth: NO systemctl daemon-reload was done: it would take the GPUs from running containers
berth: ($why).
berth: Anything else that does one, such as another package, has the same effect. Make the links first:
berth:     nvidia-ctk system create-dev-char-symlinks --create-all
berth: (at each boot: /usr/share/doc/berth/install.md), then: systemctl daemon-reload

WARNING
}
