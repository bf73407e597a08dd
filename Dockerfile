# The rotation as a container: the command, the Pulumi engine, its plugins, and nothing else. See docs/image.md.
# Every version here is that of package.json and lab/setup/versions.js; a test holds them together.
# A tag can be moved, a digest cannot: docs/image.md says how to give these two with theirs.
ARG ENGINE_IMAGE=pulumi/pulumi-base:3.276.0
ARG NODE_IMAGE=node:24.21.0-bookworm-slim

FROM ${ENGINE_IMAGE} AS engine
ENV PULUMI_HOME=/pulumi-home
RUN pulumi plugin install resource aws 7.48.0 \
 && pulumi plugin install resource random 4.21.2 \
 && pulumi plugin install resource kubernetes 4.25.0

FROM ${NODE_IMAGE} AS build
# Debian's own revision of tini, on amd64 and on arm64. The authorities are not held back: an old list would trust what is no longer trusted.
ARG TINI_VERSION=0.19.0-1+b3
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates tini=${TINI_VERSION} \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY . .
RUN npm run build
COPY --from=engine /pulumi/bin/pulumi /engine/bin/pulumi
COPY --from=engine /pulumi-home/plugins /plugins
# The same script makes the tree that the tests run: programs, their libraries, the package without its dev dependencies.
RUN node dist/image/main.js --engine /engine --plugins /plugins --node /usr/local/bin/node --out /image

FROM scratch
# A build gives version, source and revision by --label.
LABEL org.opencontainers.image.title="openemr-credential-rotation" \
      org.opencontainers.image.description="Changes the database passwords of a running OpenEMR on EKS with no failed request." \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /image/ /
ENV PATH=/opt/pulumi/bin:/usr/bin \
    HOME=/var/lib/credential-rotation \
    CREDENTIAL_ROTATION_HOME=/var/lib/credential-rotation \
    CREDENTIAL_ROTATION_ENGINE_ROOT=/opt/pulumi \
    PULUMI_HOME=/opt/pulumi \
    PULUMI_SKIP_UPDATE_CHECK=true \
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION=true
WORKDIR /var/lib/credential-rotation
USER 65532:65532
ENTRYPOINT ["/usr/bin/tini", "--", "/usr/bin/node", "/app/dist/src/cli/main.js"]
