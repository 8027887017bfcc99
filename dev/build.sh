# shellcheck shell=bash
# Building Berth, for the scripts in dev/. To be sourced after lib.sh, with $root set to the checkout.
# shellcheck disable=SC2154

# Short runs: what the JVM's second compiler gains does not pay for its work (so also in pom.xml).
export MAVEN_OPTS=${MAVEN_OPTS:--XX:+UseSerialGC -XX:TieredStopAtLevel=1}

# Makes sure of a JDK of 17 or later and of Maven.
need_jdk_and_maven() {
  if [[ $(javac -version 2>&1) =~ ^javac\ ([0-9]+) ]] && ((BASH_REMATCH[1] >= 17)); then
    :
  else
    install_packages "a JDK, 17 or later" openjdk-17-jdk-headless
  fi
  need mvn:maven
}

# Makes daemon/target/berthd.jar and daemon/target/lib, unless they are newer than all sources. One build at a time.
ensure_built() {
  local built=$root/daemon/target/lib/.built
  need flock:util-linux
  exec 8<"$root/pom.xml"
  flock 8
  if [[ ! -e $built ]] || is_newer_source_than "$built"; then
    need_jdk_and_maven
    build
  fi
  exec 8<&-
}

is_newer_source_than() {
  [[ -n $(find "$root/pom.xml" "$root"/{policies,jobs,daemon}/{pom.xml,src/main} -newer "$1" -print -quit) ]]
}

build() {
  local log=$root/target/dev-build.log stamp
  mkdir -p "$root/target"
  say "building (the log: $log)"
  stamp=$(mktemp "$root/target/stamp.XXXXXX") # older than anything that changes while it builds
  if ! (umask 022 && maven_quick) >"$log" 2>&1; then # the modes of folders are in the jars
    rm -f "$stamp"
    grep -E '^\[ERROR\]' "$log" | head -20 >&2 || tail -20 "$log" >&2
    die "the build failed: see $log"
  fi
  archive_classes >>"$log" 2>&1 || say "no archive of classes: the commands only start slower (see $log)"
  mv "$stamp" "$root/daemon/target/lib/.built"
}

# The class path, the same each time: a JVM takes an archive of classes only with the one it was made with.
class_path() {
  local jars=("$root"/daemon/target/lib/*.jar) path=$root/daemon/target/berthd.jar jar
  for jar in "${jars[@]}"; do
    path+=:$jar
  done
  printf '%s\n' "$path"
}

# Loaded and verified classes, for a quick start. dev/classes may be out of date: what is not in it is loaded slower.
archive_classes() {
  java -XX:+UseSerialGC -Xmx128m -Xshare:dump -Xlog:disable "-XX:SharedClassListFile=$root/dev/classes" \
    "-XX:SharedArchiveFile=$root/daemon/target/berth.jsa" -cp "$(class_path)"
}

# Neither tests nor checks: dev/test has them. Offline where all is there already.
maven_quick() {
  local quick=(-q -B -f "$root/pom.xml" -Dmaven.test.skip -Dspotless.check.skip -Djacoco.skip package)
  mvn -o "${quick[@]}" || mvn "${quick[@]}"
}
