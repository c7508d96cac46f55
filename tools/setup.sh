#!/usr/bin/env bash
# Installs what the build and the tests need, and nothing twice. Everything that is no Debian
# package stays inside the repository (.venv and build/).
set -euo pipefail
. "$(dirname "$0")/common.sh"

install_debian_packages() {
  local wanted missing
  command -v dpkg-query >/dev/null || die "this needs Debian 12: dpkg is not there" \
    "Elsewhere, install the packages of requirements/debian.txt by hand and run the cmake presets."
  wanted=$(grep -v '^#' "$root/requirements/debian.txt")
  missing=$(comm -13 \
    <(dpkg-query -W -f='${db:Status-Status} ${Package}\n' | sed -n 's/^installed //p' | sort -u) \
    <(sort -u <<<"$wanted"))
  [ -n "$missing" ] || return 0
  missing=$(tr '\n' ' ' <<<"$missing")

  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || die "Debian packages are missing and you are not root" \
      "There is no sudo. As root, run: apt-get install $missing"
    as_root=(sudo)
  fi
  step "installing Debian packages: $missing"
  logged apt-update "${as_root[@]}" apt-get update ||
    die "apt-get update failed" "Check the network and the sources in /etc/apt."
  # shellcheck disable=SC2086 # a list of words
  logged apt-install "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y --no-install-recommends $missing ||
    die "apt-get install failed" "This needs Debian 12 (bookworm) with bookworm-updates and -security."
}

make_venv() {
  local venv="$root/.venv" python=/usr/bin/python3 key
  key=$(hash_of "$root/requirements/test.txt" <("$python" --version) <(echo "$root"))
  if [ -x "$venv/bin/python" ] && is_done venv "$key"; then return 0; fi
  step "making .venv with $("$python" --version) and the packages of requirements/test.txt"
  # A tree that was moved or copied has a .venv that points elsewhere.
  if ! "$venv/bin/pip" --version >/dev/null 2>&1; then
    logged venv "$python" -m venv --clear "$venv" || die "python3 -m venv failed"
  fi
  logged pip-install "$venv/bin/python" -m pip install --disable-pip-version-check --prefer-binary \
    -r "$root/requirements/test.txt" ||
    die "pip could not install requirements/test.txt" "Check the network and pip's index settings."
  mark_done venv "$key"
}

install_debian_packages
make_venv
"$root/tools/rie.sh"
"$root/tools/debian13.sh"
