#!/usr/bin/env bash
# Pushes the Action as tag action-vVERSION, and moves action-vMAJOR to it unless the version is to be tried out first. The tag
# is a commit above that of the release which holds the bundle alone, so that a workflow fetches no sources and compiles nothing.
# Run again, it makes the same commit.
# usage: action-tag.sh BUNDLE.tar.gz VERSION true|false (is it a prerelease?)
set -euo pipefail
bundle=$(realpath "$1")
version=$2
prerelease=$3
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/tree"
tar --extract --gzip --file "$bundle" --directory "$folder/tree" --no-same-owner

cd "$(git rev-parse --show-toplevel)"
export GIT_INDEX_FILE="$folder/index"
git --work-tree="$folder/tree" add --all --force .
tree=$(git write-tree)
# The same names and times each time: those of the release.
GIT_AUTHOR_NAME=$(git log -1 --format=%an)
GIT_AUTHOR_EMAIL=$(git log -1 --format=%ae)
GIT_AUTHOR_DATE=$(git log -1 --format=%aI)
export GIT_AUTHOR_NAME GIT_AUTHOR_EMAIL GIT_AUTHOR_DATE
export GIT_COMMITTER_NAME=$GIT_AUTHOR_NAME GIT_COMMITTER_EMAIL=$GIT_AUTHOR_EMAIL GIT_COMMITTER_DATE=$GIT_AUTHOR_DATE
commit=$(git commit-tree "$tree" -p HEAD -m "The Action of v$version, ready to run")
git push origin "$commit:refs/tags/action-v$version"
if [ "$prerelease" = false ]; then
  git push --force origin "$commit:refs/tags/action-v${version%%.*}"
fi
printf 'action-v%s is %s\n' "$version" "$commit"
