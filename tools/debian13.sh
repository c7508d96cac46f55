#!/usr/bin/env bash
# Unpacks Debian 13's Python beside the system, in build/debian13: the interpreter that the abi3
# module is tested under, and the headers it is built with. apt works on directories of its own, so
# the system's packages and lists stay as they are.
#
#   build/debian13/python             runs that interpreter, with pytest and the like installed
#   build/debian13/root/usr/include   its headers
set -euo pipefail
. "$(dirname "$0")/common.sh"

base="$root/build/debian13"
version=3.13
python="$base/python"

key=$(hash_of "$0" "$root/tools/debian13_source.py" "$root/requirements/debian13.in" \
  "$root/requirements/test.txt" <(echo "$root"))
if [ -x "$python" ] && is_done debian13 "$key"; then exit 0; fi
step "unpacking Debian 13's Python $version into build/debian13"

rm -rf "$base"
mkdir -p "$base"/{root,apt/lists/partial,apt/cache/archives/partial}
"$root/tools/debian13_source.py" >"$base/apt/debian13.sources" || die "there is no Debian mirror to ask"
: >"$base/apt/status"
arch=$(dpkg --print-architecture)
apt_options=(
  -o "Dir::State=$base/apt" -o "Dir::State::Lists=$base/apt/lists"
  -o "Dir::State::status=$base/apt/status" -o "Dir::State::extended_states=$base/apt/extended_states"
  -o "Dir::Cache=$base/apt/cache" -o "Dir::Etc::sourcelist=$base/apt/debian13.sources"
  -o "Dir::Etc::sourceparts=/dev/null" -o "Dir::Etc::preferencesparts=/dev/null"
  -o "Dir::Etc::preferences=/dev/null" -o "APT::Architecture=$arch" -o "APT::Architectures=$arch"
  -o "APT::Install-Recommends=false" -o "APT::Sandbox::User=root" -o "Acquire::Languages=none"
  # Hooks of the machine's configuration are for the machine's packages.
  -o "APT::Update::Post-Invoke-Success::=true" -o "Debug::NoLocking=true"
)
logged debian13-update apt-get "${apt_options[@]}" update ||
  die "Debian 13's package list cannot be read" \
    "Does the mirror in /etc/apt have trixie, and is debian-archive-keyring up to date?"
# The development package alone: what it depends on would shadow the system's headers.
logged debian13-download sh -c '
  apt-get "$@" install -y --download-only python'$version' &&
  cd "'"$base"'/apt/cache/archives" && apt-get "$@" download libpython'$version'-dev
' apt "${apt_options[@]}" || die "Debian 13's packages cannot be downloaded"
for package in "$base"/apt/cache/archives/*.deb; do
  dpkg-deb --extract "$package" "$base/root"
done
rm -rf "$base/apt/cache" "$base/apt/lists"

# Debian splits pyconfig.h off by architecture; one include folder is enough here.
mv "$base"/root/usr/include/*/python$version/pyconfig.h "$base/root/usr/include/python$version/"

# The interpreter runs on its own C library, through that library's loader. A pyvenv.cfg tells it
# where it lives: no environment variable that child processes would inherit.
venv="$base/venv"
mkdir -p "$venv/bin" "$venv/lib/python$version/site-packages"
printf 'home = %s\ninclude-system-site-packages = false\nversion = %s\n' \
  "$base/root/usr/bin" "$version" >"$venv/pyvenv.cfg"
loader=$(find "$base/root" -name "ld-linux-*.so.*" -print -quit)
libraries=$(find "$base/root" -name libc.so.6 -printf "%h" -quit)
[ -n "$loader" ] && [ -n "$libraries" ] || die "Debian 13's C library is not where it is expected"
cat >"$venv/bin/python" <<EOF
#!/bin/sh
exec "$loader" --argv0 "$venv/bin/python" --library-path "$libraries" \\
  "$base/root/usr/bin/python$version" "\$@"
EOF
chmod +x "$venv/bin/python"
ln -sfn python "$venv/bin/python3"
printf '#!/bin/sh\nexec "%s" "$@"\n' "$venv/bin/python" >"$python"
chmod +x "$python"

logged debian13-pip "$root/.venv/bin/python" -m pip install --disable-pip-version-check \
  --target "$venv/lib/python$version/site-packages" --python-version "$version" \
  --implementation cp --only-binary :all: \
  -c "$root/requirements/test.txt" -r "$root/requirements/debian13.in" ||
  die "pip could not install requirements/debian13.in for Python $version"

logged debian13-check "$python" -c '
import asyncio, bz2, ctypes, lzma, sqlite3, ssl, sys, zlib, pytest
assert sys.version_info[:2] == (3, 13), sys.version
ssl.create_default_context()
asyncio.run(asyncio.sleep(0))
' || die "Debian 13's Python does not run here"
mark_done debian13 "$key"
