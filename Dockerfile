# The base is an argument so that a mirror or a local image can stand in for it. It is used for building only: the image
# itself is made from nothing and holds what the agent runs with, and no package manager.
ARG NODE_IMAGE=docker.io/library/node:26.10.0-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /build
COPY package.json package-lock.json tsconfig.json ./
# Scripts of packages are not run: the only one that matters is our own build, below.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY scripts ./scripts
COPY src ./src
RUN node scripts/build.ts

# journalctl (systemd) for the systemd input; versions are those of the base's Debian release.
FROM ${NODE_IMAGE} AS root
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install -y --no-install-recommends binutils ca-certificates systemd \
 && rm -rf /var/lib/apt/lists/*
COPY scripts/image-root.sh /usr/local/sbin/
RUN image-root.sh /image "$(command -v node)" journalctl sh cat dirname id ls readlink uname
WORKDIR /image/opt/fantail
COPY package.json LICENSE README.md ./
COPY bin ./bin
COPY --from=build /build/dist ./dist

FROM scratch
LABEL org.opencontainers.image.title="Fantail" \
      org.opencontainers.image.description="Log-shipping agent that runs Fluent Bit configurations unchanged" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.base.name="scratch"
COPY --from=root /image /
ENV PATH=/usr/local/bin:/usr/bin:/bin
WORKDIR /var/lib/fantail
# Logs of a node are readable for root only. Where they are not needed, run as 65532 (fantail).
# hadolint ignore=DL3002
USER 0
EXPOSE 2020
STOPSIGNAL SIGTERM
ENTRYPOINT ["/opt/fantail/bin/fantail"]
CMD ["-c", "/fluent-bit/etc/fluent-bit.conf"]
