#!/usr/bin/env bash
# lint.sh         checks everything that can be checked without running it
# lint.sh all     the same, and the tests by clang-tidy: half an hour more
# lint.sh format  formats C++ and Python in place
set -uo pipefail
. "$(dirname "$0")/common.sh"

cd "$root"
bin=.venv/bin
cpp_files() { git ls-files --cached --others --exclude-standard '*.cpp' '*.hpp' '*.h'; }

if [ "${1:-}" = format ]; then
  cpp_files | xargs -r clang-format-19 -i
  "$bin/ruff" check --fix --quiet .
  "$bin/ruff" format --quiet .
  exit
fi

all=
[ "${1:-}" = all ] && all=--all

failures=()
check() {
  local title=$1
  shift
  step "$title"
  "$@" || failures+=("$title")
}

formatted() { cpp_files | xargs -r clang-format-19 --dry-run -Werror; }

tidy() {
  tools/build.sh tidy lambda_cache_amazon_roots && "$bin/python" tools/tidy.py build/tidy $all
}

check "include directions" tools/check_includes.py
check "include directions: the check itself" tools/check_includes.py --self-test
check "public headers compile alone" "$bin/python" tools/check_headers.py
check "C++ format" formatted
check "ruff" "$bin/ruff" check .
check "Python format" "$bin/ruff" format --check .
check "mypy" "$bin/mypy"
check "clang-tidy" tidy

if [ ${#failures[@]} -gt 0 ]; then
  printf 'lint found something in: %s\n' "$(printf '%s; ' "${failures[@]}")" >&2
  exit 1
fi
echo "lint: nothing found"
