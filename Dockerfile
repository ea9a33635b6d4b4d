# The image is a distroless base, the binary, and two empty directories for volumes.
FROM oven/bun:1.4.5 AS build
WORKDIR /build
COPY package.json bun.lock bunfig.toml ./
RUN bun install --frozen-lockfile --production
COPY tsconfig.json ./
COPY src src
RUN bun run build --outfile=/image/usr/local/bin/election \
 && rm -f /image/usr/local/bin/*.map \
 && mkdir -p /image/var/lib/election/files /image/var/lib/election/state

# Bun needs glibc and nothing else: no libstdc++, no shell, no /tmp, no certificates.
FROM gcr.io/distroless/base-debian12:nonroot
LABEL org.opencontainers.image.title="election" \
      org.opencontainers.image.description="Leader election as a daemon: several replicas, one leader" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.base.name="gcr.io/distroless/base-debian12:nonroot"
# A volume takes over the owner of the directory that it is mounted on.
COPY --from=build --chown=65532:65532 /image/var/lib/election /var/lib/election
COPY --from=build /image/usr/local/bin/election /usr/local/bin/election
ENV ELECTION_FILE_DIR=/var/lib/election/files \
    ELECTION_STATE_DIR=/var/lib/election/state \
    ELECTION_HTTP_ADDRESS=:8080
USER 65532:65532
EXPOSE 8080
HEALTHCHECK --interval=5s --timeout=4s --start-period=30s --retries=3 \
  CMD ["/usr/local/bin/election", "status"]
ENTRYPOINT ["/usr/local/bin/election"]
