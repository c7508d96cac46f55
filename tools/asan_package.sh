#!/usr/bin/env bash
# Puts the Python package with the module of build/asan into build/asan/site, and writes what has to be
# loaded before the interpreter to build/asan/preload.
set -euo pipefail
. "$(dirname "$0")/common.sh"

cd "$root"
site=build/asan/site
rm -rf "$site"
mkdir -p "$site"
cp -r python/lambda_cache "$site/"
cp build/asan/src/python/_native*.so "$site/lambda_cache/"

# The interpreter knows nothing of the sanitizer, so its runtime has to be there first.
runtime=$(clang++-19 -print-file-name="libclang_rt.asan-$(uname -m).so")
[ -f "$runtime" ] || die "clang's AddressSanitizer is not installed" "It is in libclang-rt-19-dev."
printf '%s' "$runtime" >build/asan/preload

module=$(PYTHONPATH="$root/$site" LD_PRELOAD="$runtime" ASAN_OPTIONS=detect_leaks=0 \
  .venv/bin/python -c 'import lambda_cache._native as m; print(m.__file__)')
[ "${module#"$root/$site/"}" != "$module" ] || die "the tests would load $module"
