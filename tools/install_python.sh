#!/usr/bin/env bash
# Installs the Python package into .venv from the files of build/release; nothing compiles twice.
set -euo pipefail
. "$(dirname "$0")/common.sh"

cd "$root"
sources() { find python -type f -not -name '*.pyc' | sort; }
# The folder names count too: a removed file is a change.
key=$(hash_of pyproject.toml CMakeLists.txt LICENSE README.md <(sources) $(sources) \
  build/release/src/python/_native*.so)
if is_done python "$key" && .venv/bin/python -c 'import lambda_cache' 2>/dev/null; then exit 0; fi

step "installing the Python package into .venv"
logged install-python .venv/bin/python -m pip install --disable-pip-version-check \
  --no-build-isolation --no-deps --no-index --force-reinstall \
  --config-settings=build-dir=build/release . || die "the Python package could not be installed"
module=$(.venv/bin/python -c 'import lambda_cache._native as m; print(m.__file__)')
.venv/bin/python tools/check_elf.py --exports PyInit__native "$module"
mark_done python "$key"
