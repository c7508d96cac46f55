#!/usr/bin/env bash
# Writes requirements/test.txt anew from requirements/test.in, in a scratch environment.
set -euo pipefail
. "$(dirname "$0")/common.sh"

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
/usr/bin/python3 -m venv "$scratch/venv"
logged pin "$scratch/venv/bin/pip" install --disable-pip-version-check -r "$root/requirements/test.in" ||
  die "pip could not resolve requirements/test.in"
{
  echo "# Written by \`make requirements\` from test.in."
  "$scratch/venv/bin/pip" freeze
} >"$root/requirements/test.txt"
step "requirements/test.txt is new; run make test before committing it"
