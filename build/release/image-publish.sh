#!/usr/bin/env bash
# Joins the images of both platforms under the tags of the release, signs them, and attests the parts of each.
# usage: image-publish.sh VERSION "TAG TAG…" AMD64_DIGEST ARM64_DIGEST, with IMAGE; output: digest
set -euo pipefail
version=$1
read -ra tags <<<"$2"
shift 2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
docker buildx imagetools create "${tags[@]/#/--tag=$IMAGE:}" "${@/#/$IMAGE@}"
digest=$(docker buildx imagetools inspect "$IMAGE:$version" --format '{{json .Manifest}}' |
  node -p 'JSON.parse(require("node:fs").readFileSync(0, "utf8")).digest')
# Its platforms, too: a node pulls one of them.
cosign sign --yes --recursive "$IMAGE@$digest"
for platform in "$@"; do
  sbom="$folder/${platform#sha256:}.cdx.json"
  syft scan "registry:$IMAGE@$platform" --output "cyclonedx-json=$sbom"
  cosign attest --yes --type cyclonedx --predicate "$sbom" "$IMAGE@$platform"
done
printf 'digest=%s\n' "$digest" >>"$GITHUB_OUTPUT"
