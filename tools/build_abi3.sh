#!/usr/bin/env bash
# Builds the wheel for CPython 3.12 and later with Debian 13's Python, checks that it keeps to the
# Limited API, and unpacks it in build/abi3/site, where build/debian13/python finds it.
set -euo pipefail
. "$(dirname "$0")/common.sh"

cd "$root"
python=build/debian13/python
"$root/tools/build.sh" abi3 _native

sources() { find python -type f -not -name '*.pyc' | sort; }
key=$(hash_of pyproject.toml CMakeLists.txt LICENSE README.md <(sources) $(sources) \
  build/abi3/src/python/_native*.so)
site=$("$python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
printf '%s\n' "$root/build/abi3/site" >"$site/lambda_cache.pth"
if is_done abi3 "$key" && [ -d build/abi3/site/lambda_cache ]; then exit 0; fi

step "making the abi3 wheel"
rm -rf build/abi3/dist build/abi3/site
logged abi3-wheel "$python" -c '
from scikit_build_core.build import build_wheel
build_wheel("build/abi3/dist", {"build-dir": "build/abi3"})
' || die "the wheel could not be built"
wheel=$(echo build/abi3/dist/*-cp312-abi3-*.whl)
[ -f "$wheel" ] || die "the wheel is not tagged cp312-abi3: $(ls build/abi3/dist)"
logged abi3audit .venv/bin/abi3audit --strict --summary "$wheel" ||
  die "the wheel uses more than the Limited API of 3.12"
.venv/bin/python -m zipfile -e "$wheel" build/abi3/site
.venv/bin/python tools/check_elf.py --exports PyInit__native build/abi3/site/lambda_cache/_native.abi3.so
mark_done abi3 "$key"
