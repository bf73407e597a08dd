#!/usr/bin/env bash
# Makes the Action as a folder that needs no compiler: what npm's tarball holds, action.yml, and the lock file that says which
# dependencies its first step installs.
# usage: action.sh TARBALL NEW_FOLDER
set -euo pipefail
tarball=$(realpath "$1")
mkdir "$2"
folder=$(realpath "$2")
cd "$(dirname "$0")/../.."
tar --extract --gzip --file "$tarball" --directory "$folder" --strip-components=1 --no-same-owner
cp action.yml package-lock.json .npmrc "$folder"
