#!/usr/bin/env bash
# build.sh <preset> [targets]: configures once, then builds what changed.
set -euo pipefail
. "$(dirname "$0")/common.sh"

preset=$1
shift
cd "$root"
dir="build/$preset"

# The presets are part of the configuration; CMake itself watches only its own files.
key=$(hash_of CMakePresets.json <(echo "$root"))
if ! { [ -f "$dir/build.ninja" ] && is_done "configure-$preset" "$key"; }; then
  step "configuring $dir"
  logged "configure-$preset" cmake --preset "$preset" || die "cmake could not configure $dir"
  mark_done "configure-$preset" "$key"
fi

# A translation unit with Boost.Beast takes up to 1.5 GiB.
jobs=$(nproc)
by_memory=$(awk '/MemAvailable/ { print int($2 / 1572864) }' /proc/meminfo)
[ "$by_memory" -ge 1 ] || by_memory=1
[ "$jobs" -le "$by_memory" ] || jobs=$by_memory

targets=()
for target in "$@"; do targets+=(--target "$target"); done
step "building $dir"
logged "build-$preset" cmake --build "$dir" -j "$jobs" "${targets[@]}" || die "the build of $dir failed"
