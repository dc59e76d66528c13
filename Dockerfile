# Oriel as a container: docker build -t oriel .
# Nothing but this repository and the registries of Go and npm is needed.

FROM node:22-bookworm-slim AS ui
WORKDIR /src/ui
COPY ui/package.json ui/package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
COPY ui/ ./
RUN npm run --silent build

FROM golang:1.26-bookworm AS server
WORKDIR /src
COPY go.mod go.sum ./
COPY telemetry/go.mod telemetry/go.sum telemetry/
COPY examples/cruddur/go.mod examples/cruddur/go.sum examples/cruddur/
RUN go mod download
COPY . .
COPY --from=ui /src/ui/dist ui/dist
ARG VERSION=dev
RUN CGO_ENABLED=1 go build -trimpath -ldflags "-s -w -X main.version=${VERSION}" -o /out/oriel ./cmd/oriel
RUN mkdir /out/data

# Other machines reach a container, so keys are wanted: oriel keys create, inside it, makes
# the first one. The X-Ray daemon's protocol has no keys: its port is off. Segments come by
# PutTraceSegments, or set ORIEL_XRAY and ORIEL_INSECURE where the network keeps others out.
#
# The query engine is C++: it needs a C library and that of C++, and nothing else.
FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=server /out/oriel /usr/bin/oriel
COPY --from=server --chown=nonroot:nonroot /out/data /data
ENV ORIEL_DATA=/data \
    ORIEL_LISTEN=0.0.0.0:6743 \
    ORIEL_OTLP_GRPC=0.0.0.0:4317 \
    ORIEL_OTLP_HTTP=0.0.0.0:4318 \
    ORIEL_XRAY=
VOLUME /data
EXPOSE 6743 4317 4318
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 CMD ["/usr/bin/oriel", "health"]
ENTRYPOINT ["/usr/bin/oriel"]
CMD ["serve"]
