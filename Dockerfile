# The base is an argument so that a mirror, another architecture's tag or a local image can stand in for it.
ARG NODE_IMAGE=docker.io/library/node:26.10.0-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /build
COPY package.json package-lock.json tsconfig.json ./
# Scripts of packages are not run: the only one that matters is our own build, below.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY scripts ./scripts
COPY src ./src
RUN node scripts/build.ts

FROM ${NODE_IMAGE}
LABEL org.opencontainers.image.title="Fantail" \
      org.opencontainers.image.description="Log-shipping agent that runs Fluent Bit configurations unchanged" \
      org.opencontainers.image.licenses="Apache-2.0"
WORKDIR /opt/fantail
COPY package.json LICENSE README.md ./
COPY bin ./bin
COPY --from=build /build/dist ./dist
# The places where images of Fluent Bit have their program and configuration, so that changing the image is enough.
RUN mkdir -p /fluent-bit/bin /fluent-bit/etc /var/lib/fantail \
 && ln -s /opt/fantail/bin/fantail /fluent-bit/bin/fluent-bit \
 && ln -s /opt/fantail/bin/fantail /usr/local/bin/fantail \
 && chown 1000:1000 /var/lib/fantail
# Logs of a node are readable for root only. Where they are not needed, run as 1000.
USER 0
EXPOSE 2020
STOPSIGNAL SIGTERM
ENTRYPOINT ["/opt/fantail/bin/fantail"]
CMD ["-c", "/fluent-bit/etc/fluent-bit.conf"]
