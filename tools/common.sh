# Shared by the scripts in this folder; sourced, not run.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
logs="$root/build/logs"
stamps="$root/build/stamps"
mkdir -p "$logs" "$stamps"

step() { printf '==> %s\n' "$*"; }

die() {
  printf 'error: %s\n' "$1" >&2
  shift
  [ $# -eq 0 ] || printf '       %s\n' "$@" >&2
  exit 1
}

# logged <name> <command...>: output goes to build/logs/<name>.log; its end is shown on failure.
logged() {
  local log="$logs/$1.log"
  shift
  if "$@" >"$log" 2>&1 </dev/null; then return 0; fi
  printf -- '--- the end of %s ---\n' "${log#"$root"/}" >&2
  tail -n 25 "$log" >&2
  printf -- '---\n' >&2
  return 1
}

# A stamp holds the hash of what a step was made from; the step is done when they agree.
hash_of() { cat "$@" 2>/dev/null | sha256sum | cut -d' ' -f1; }
is_done() { [ "$(cat "$stamps/$1" 2>/dev/null)" = "$2" ]; }
mark_done() { printf '%s\n' "$2" >"$stamps/$1"; }
