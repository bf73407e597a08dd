#!/usr/bin/env bash
# Builds the image for one platform and pushes it without a tag, tries it, and writes its digest into a file.
# usage: image-build.sh linux/amd64|linux/arm64 VERSION DIGEST_FILE, with IMAGE and GitHub's own variables
set -euo pipefail
platform=$1
version=$2
file=$(realpath "$3")
cd "$(dirname "$0")/../.."
metadata=$(mktemp)
trap 'rm -f "$metadata"' EXIT
# buildx's own attestations are off: those of the release are signed, and belong to the whole image.
docker buildx build --platform "$platform" --provenance=false --sbom=false \
  --label "org.opencontainers.image.source=$GITHUB_SERVER_URL/$GITHUB_REPOSITORY" \
  --label "org.opencontainers.image.revision=$GITHUB_SHA" \
  --label "org.opencontainers.image.version=$version" \
  --output "type=image,name=$IMAGE,push-by-digest=true,name-canonical=true,push=true" \
  --metadata-file "$metadata" .
digest=$(node -p 'JSON.parse(require("node:fs").readFileSync(process.argv[1], "utf8"))["containerimage.digest"]' "$metadata")
said=$(docker run --rm --platform "$platform" "$IMAGE@$digest" --version)
if [ "$said" != "$version" ]; then
  printf 'the image for %s says that it is %s, not %s\n' "$platform" "$said" "$version" >&2
  exit 1
fi
# The engine, too: it is a program of its own, from an image of its own.
docker run --rm --platform "$platform" --entrypoint /opt/pulumi/bin/pulumi "$IMAGE@$digest" version >/dev/null
printf '%s\n' "$digest" >"$file"
