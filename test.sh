#!/usr/bin/env bash
# Installs what the tests need, builds, and runs every test: ./test.sh [--long] [unit|postgres|kernel|system|web|conformance]…
set -uo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$top" || exit 2
# shellcheck source=packaging/lib.sh
. packaging/lib.sh

parts=()
export WARDER_LONG=0
for argument in "$@"; do
  case "$argument" in
    --long) WARDER_LONG=1 ;;
    unit | postgres | kernel | system | web | conformance) parts+=("$argument") ;;
    *) echo "usage: ./test.sh [--long] [unit|postgres|kernel|system|web|conformance]…" >&2; exit 2 ;;
  esac
done
[ ${#parts[@]} -gt 0 ] || parts=(unit postgres kernel conformance web system)

passed=0
failed=0
failures=()
run() { # run NAME COMMAND…: one test of this script's count
  local name=$1
  shift
  say "$name"
  if "$@"; then passed=$((passed + 1)); else failed=$((failed + 1)); failures+=("$name"); fi
}

build_once() {
  [ -n "${built:-}" ] && return
  install_packages run build test
  say "building (preset dev)"
  { cmake --preset dev >build/configure.log 2>&1 || { tail -40 build/configure.log; false; }; } && cmake --build --preset dev || die "the build failed"
  built=1
}
mkdir -p build
for part in "${parts[@]}"; do
  build_once
  case "$part" in
    unit | conformance) run "$part tests" ctest --test-dir build/dev --output-on-failure -L "^$part\$" --no-tests=error -j2 ;;
    # These wait for servers and the kernel as much as they compute.
    postgres | kernel) run "$part tests" ctest --test-dir build/dev --output-on-failure -L "^$part\$" --no-tests=error -j3 ;;
    web)
      run "web: dependencies" web/run install
      run "web: types" web/run types
      run "web: unit tests" web/run test
      run "web: build" web/run build
      run "web: browser tests" python3 tests/system/browser.py
      run "web: browser tests over 100,000 events" python3 tests/system/browser_figures.py
      ;;
    system)
      [ -d web/dist ] || run "web: build" sh -c 'web/run install && web/run build'
      run "system tests" python3 tests/system/run.py
      run "system tests on PostgreSQL" env WARDER_TEST_DATABASE=postgres python3 tests/system/run.py Manager FirstRun Isolation Backup
      ;;
  esac
done

[ "$failed" -eq 0 ] || printf 'failed: %s\n' "${failures[@]}"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
