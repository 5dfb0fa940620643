# clearance as a container, for the profile `load` of docker-compose.yml; by hand: docker build -t clearance .
# Both images can be others, as where no registry is in reach.
ARG BUILD_IMAGE=rust:1.95-slim-bookworm
ARG RUN_IMAGE=debian:bookworm-slim

FROM ${BUILD_IMAGE} AS build
WORKDIR /build
COPY . .
RUN cargo build --release --locked -p clearance

FROM ${RUN_IMAGE}
COPY --from=build /build/target/release/clearance /usr/local/bin/clearance
# Nobody in particular; the compose file can make it you, so that reports are yours.
USER 10001:10001
EXPOSE 9187
ENTRYPOINT ["clearance"]
CMD ["run", "--headless", "--metrics", "0.0.0.0:9187"]
# It serves whoever serves metrics; other commands are run with --no-healthcheck.
HEALTHCHECK --interval=5s --timeout=2s --start-period=30s CMD ["bash", "-c", \
    "exec 3<>/dev/tcp/127.0.0.1/9187 && printf 'GET /healthz HTTP/1.0\\r\\n\\r\\n' >&3 && grep -q '^ok' <&3"]
