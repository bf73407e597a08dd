#!/usr/bin/env bash
# Pushes a chart as an OCI artifact and signs it.
# usage: chart-publish.sh CHART.tgz oci://REGISTRY/FOLDER; outputs: name, digest
set -euo pipefail
said=$(helm push "$1" "$2" 2>&1)
printf '%s\n' "$said"
pushed=$(sed -nE 's/^Pushed: (.+):[^:]+$/\1/p' <<<"$said")
digest=$(sed -nE 's/^Digest: (sha256:[0-9a-f]{64})$/\1/p' <<<"$said")
if [ -z "$pushed" ] || [ -z "$digest" ]; then
  printf 'helm push did not say what it pushed\n' >&2
  exit 1
fi
cosign sign --yes "$pushed@$digest"
printf 'name=%s\ndigest=%s\n' "$pushed" "$digest" >>"$GITHUB_OUTPUT"
