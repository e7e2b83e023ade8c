#!/usr/bin/env bash
# Installs the Debian packages that a build needs and that are missing; does nothing when all are there.
# Usage: scripts/bootstrap.sh [MORE PACKAGES]
set -euo pipefail

# What the build links and what fetching packages needs.
packages=(ca-certificates git libsqlite3-dev libssl-dev zlib1g-dev "$@")

if ! command -v swift >/dev/null; then
  echo "bootstrap: there is no 'swift' in PATH: install Swift 6.2 or newer from https://www.swift.org/install" >&2
  exit 1
fi
[ "$(uname -s)" = Linux ] || exit 0
if ! command -v dpkg >/dev/null; then
  echo "bootstrap: this is no Debian; make sure that these, or what they are called here, are installed: ${packages[*]}" >&2
  exit 0
fi

missing=()
for package in "${packages[@]}"; do
  dpkg -s "$package" 2>/dev/null | grep -q '^Status: install ok installed' || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "bootstrap: these packages are missing, and this is neither root nor is there sudo: ${missing[*]}" >&2
    echo "bootstrap: run as root: apt-get install ${missing[*]}" >&2
    exit 1
  fi
  as_root=(sudo)
fi

echo "bootstrap: installing ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
install() { "${as_root[@]}" apt-get install -y -q --no-install-recommends "${missing[@]}" </dev/null; }
# The package lists may be missing or too old.
install || { "${as_root[@]}" apt-get update -q </dev/null && install; }
