# shellcheck shell=bash
# Compiling and running the simulation without a full build, for the scripts in dev/. To be sourced after lib.sh, with
# $root set to the checkout.
# shellcheck disable=SC2154

# Sets $libraries to the class path of what the modules use: that of the built daemon, which is built if it is not there.
simulation_classpath() {
  if [[ -z ${BERTH_SIMULATION_CLASSPATH:-} && ! -e $root/daemon/target/lib ]]; then
    # shellcheck source=dev/build.sh
    source "$root/dev/build.sh"
    ensure_built
  fi
  libraries=${BERTH_SIMULATION_CLASSPATH:-$root/daemon/target/lib/*}
}

# compile_simulation SOURCES CLASSES compiles the modules in the folder SOURCES, with their tests, into CLASSES.
compile_simulation() {
  local tests
  mkdir -p "$2"
  find "$1/policies/src/main/java" "$1/jobs/src/main/java" -name '*.java' >"$2/.sources"
  tests="$1/jobs/src/test/java"
  find "$tests/io/berth/jobs/simulation" -name '*.java' ! -name '*Test.java' >>"$2/.sources"
  echo "$tests/io/berth/jobs/container/Containers.java" >>"$2/.sources"
  echo "$tests/io/berth/jobs/notify/Overheard.java" >>"$2/.sources"
  javac -proc:none -nowarn -Xlint:none -encoding UTF-8 -cp "$libraries" -d "$2" "@$2/.sources" 2>&1 | { grep -v '^Note' || true; }
  cp -r "$1/policies/src/main/resources/." "$2/" 2>/dev/null || true
  printf '<configuration><root level="OFF"/></configuration>\n' >"$2/logback-test.xml"
  [[ -e $2/io/berth/jobs/simulation/Simulate.class ]]
}

# simulate CLASSES ARGUMENT... runs it. The second compiler costs short runs more than it saves.
simulate() {
  local classes=$1 compilers=(-XX:TieredStopAtLevel=1)
  shift
  [[ $1 != minutes ]] || compilers=()
  java -XX:+UseSerialGC "${compilers[@]}" -cp "$classes:$libraries" io.berth.jobs.simulation.Simulate "$@"
}
