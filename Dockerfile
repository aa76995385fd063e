# The images of Terrace: a target a service, and `terrace`, the tool that makes secrets and says when the shop is open.
#
#   docker build --target orders --tag terrace/orders:dev .
#
# For servers add `--build-arg PROFILE=release`: slower to build, faster to run. Needs no BuildKit; with it, stages
# that a target does not need are left out.

# The manifests with empty sources: they change when dependencies change, and seldom else.
FROM rust:1.95.0-slim-bookworm AS manifests
WORKDIR /src
COPY Cargo.toml Cargo.lock ./
COPY xtask/Cargo.toml xtask/
COPY xtask/template/Cargo.toml xtask/template/
COPY services services
COPY shared shared
RUN find services shared -type f ! -name Cargo.toml -delete \
    && for manifest in xtask/Cargo.toml */*/Cargo.toml; do \
         source="${manifest%/*}/src" && mkdir -p "$source" \
         && echo '//! Empty.' | tee "$source/lib.rs" > "$source/main.rs" \
         && echo 'fn main() {}' >> "$source/main.rs" || exit 1; \
       done \
    && find services shared -type d -empty -delete

# What others wrote. It stays cached until a manifest changes.
FROM rust:1.95.0-slim-bookworm AS dependencies
WORKDIR /src
ARG PROFILE=container
# With commas between: what services know of AWS, as `catalog/s3` (docs/aws.md).
ARG FEATURES=
ENV PROFILE=$PROFILE PROGRAMS="--profile $PROFILE --features=$FEATURES --workspace --exclude xtask --exclude nursery --exclude testkit --bins"
COPY --from=manifests /src .
RUN cargo build --locked $PROGRAMS

# All programs, built once.
FROM dependencies AS programs
COPY .sqlx .sqlx
COPY policies policies
COPY services services
COPY shared shared
# Cargo goes by times: our sources must be newer than the empty ones just built.
RUN find services shared -name '*.rs' -exec touch '{}' + \
    && cargo build --locked $PROGRAMS \
    && cd "target/$PROFILE" \
    && install -D --target-directory=/out/bin edge site users catalog orders payments notices reports terrace
# The names of functions are a quarter of a program.
RUN strip /out/bin/*
# Folders that volumes are mounted on: a new volume takes owner and mode from here.
RUN install -d --mode=700 /out/data/images /out/letters/outbox \
      /out/secrets/edge /out/secrets/users /out/secrets/catalog /out/secrets/orders /out/secrets/payments \
      /out/secrets/notices /out/secrets/postgres-notices /out/secrets/reports /out/secrets/postgres-reports \
      /out/secrets/postgres-users /out/secrets/postgres-catalog /out/secrets/postgres-orders \
      /out/secrets/postgres-payments /out/secrets/authority \
    # Digests alone stand here, for another user.
    && install -d --mode=755 /out/secrets/redis

# The web pages.
FROM node:24.21.0-bookworm-slim AS pages
WORKDIR /src/web
COPY web/package.json web/package-lock.json web/.npmrc ./
RUN npm ci --no-audit --no-fund
COPY openapi/terrace.json ../openapi/
COPY xtask/sdk/typescript/src ../xtask/sdk/typescript/src
COPY web .
RUN npm run --silent build

# What all images share: a C library, certificates, no shell, nobody's rights.
FROM gcr.io/distroless/cc-debian12:nonroot AS runtime
USER 65532:65532
ARG VERSION=dev
ARG REVISION=unknown
LABEL org.opencontainers.image.vendor="Terrace" \
      org.opencontainers.image.licenses="MIT OR Apache-2.0" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION" \
      org.opencontainers.image.base.name="gcr.io/distroless/cc-debian12:nonroot"

FROM runtime AS edge
LABEL org.opencontainers.image.title="edge" \
      org.opencontainers.image.description="Terrace: the API gateway"
COPY openapi /usr/local/share/terrace/openapi
COPY policies /usr/local/share/terrace/policies
COPY --from=programs /out/bin/edge /usr/local/bin/
ENV EDGE__LISTEN=0.0.0.0:8080 EDGE__ADMIN_LISTEN=0.0.0.0:9080 EDGE__LOG_FORMAT=json \
    EDGE__DOCUMENTS=/usr/local/share/terrace/openapi EDGE__POLICIES=/usr/local/share/terrace/policies
EXPOSE 8080 9080
HEALTHCHECK --interval=5s --timeout=3s --start-period=60s CMD ["edge", "health"]
ENTRYPOINT ["edge"]

FROM runtime AS site
LABEL org.opencontainers.image.title="site" \
      org.opencontainers.image.description="Terrace: the web pages"
COPY --from=pages /src/web/build /usr/local/share/terrace/pages
COPY --from=programs /out/bin/site /usr/local/bin/
ENV SITE__LISTEN=0.0.0.0:3000 SITE__ADMIN_LISTEN=0.0.0.0:4000 SITE__LOG_FORMAT=json \
    SITE__ROOT=/usr/local/share/terrace/pages
EXPOSE 3000 4000
HEALTHCHECK --interval=5s --timeout=3s --start-period=60s CMD ["site", "health"]
ENTRYPOINT ["site"]

FROM runtime AS users
LABEL org.opencontainers.image.title="users" \
      org.opencontainers.image.description="Terrace: sign-up, sign-in, tokens, profile, addresses"
COPY --from=programs /out/bin/users /usr/local/bin/
ENV USERS__LISTEN=0.0.0.0:8081 USERS__ADMIN_LISTEN=0.0.0.0:9081 USERS__LOG_FORMAT=json
EXPOSE 8081 9081
HEALTHCHECK --interval=5s --timeout=3s --start-period=60s CMD ["users", "health"]
ENTRYPOINT ["users"]

FROM runtime AS catalog
LABEL org.opencontainers.image.title="catalog" \
      org.opencontainers.image.description="Terrace: products, categories, search, stock, reservations"
COPY --from=programs --chown=65532:65532 /out/data /var/lib/terrace
COPY --from=programs /out/bin/catalog /usr/local/bin/
ENV CATALOG__LISTEN=0.0.0.0:8082 CATALOG__ADMIN_LISTEN=0.0.0.0:9082 CATALOG__LOG_FORMAT=json \
    CATALOG__IMAGES=/var/lib/terrace/images
EXPOSE 8082 9082
HEALTHCHECK --interval=5s --timeout=3s --start-period=60s CMD ["catalog", "health"]
ENTRYPOINT ["catalog"]

FROM runtime AS orders
LABEL org.opencontainers.image.title="orders" \
      org.opencontainers.image.description="Terrace: carts, checkout, order history, order events"
COPY --from=programs /out/bin/orders /usr/local/bin/
ENV ORDERS__LISTEN=0.0.0.0:8083 ORDERS__ADMIN_LISTEN=0.0.0.0:9083 ORDERS__LOG_FORMAT=json
EXPOSE 8083 9083
HEALTHCHECK --interval=5s --timeout=3s --start-period=60s CMD ["orders", "health"]
ENTRYPOINT ["orders"]

FROM runtime AS payments
LABEL org.opencontainers.image.title="payments" \
      org.opencontainers.image.description="Terrace: authorise, capture, refund"
COPY --from=programs /out/bin/payments /usr/local/bin/
ENV PAYMENTS__LISTEN=0.0.0.0:8084 PAYMENTS__ADMIN_LISTEN=0.0.0.0:9084 PAYMENTS__LOG_FORMAT=json
EXPOSE 8084 9084
HEALTHCHECK --interval=5s --timeout=3s --start-period=60s CMD ["payments", "health"]
ENTRYPOINT ["payments"]

FROM runtime AS notices
LABEL org.opencontainers.image.title="notices" \
      org.opencontainers.image.description="Terrace: letters to people about their accounts"
COPY --from=programs --chown=65532:65532 /out/letters /var/lib/terrace
COPY --from=programs /out/bin/notices /usr/local/bin/
ENV NOTICES__LISTEN=0.0.0.0:8085 NOTICES__ADMIN_LISTEN=0.0.0.0:9085 NOTICES__LOG_FORMAT=json
EXPOSE 8085 9085
HEALTHCHECK --interval=5s --timeout=3s --start-period=60s CMD ["notices", "health"]
ENTRYPOINT ["notices"]

FROM runtime AS reports
LABEL org.opencontainers.image.title="reports" \
      org.opencontainers.image.description="Terrace: what is sold, counted from events, and read-only SQL on it"
COPY --from=programs /out/bin/reports /usr/local/bin/
ENV REPORTS__LISTEN=0.0.0.0:8086 REPORTS__ADMIN_LISTEN=0.0.0.0:9086 REPORTS__LOG_FORMAT=json
EXPOSE 8086 9086
HEALTHCHECK --interval=5s --timeout=3s --start-period=60s CMD ["reports", "health"]
ENTRYPOINT ["reports"]

FROM runtime AS terrace
LABEL org.opencontainers.image.title="terrace" \
      org.opencontainers.image.description="Terrace: makes the secrets of a shop of containers, and says when it is open"
COPY --from=programs --chown=65532:65532 /out/secrets /secrets
COPY --from=programs /out/bin/terrace /usr/local/bin/
ENTRYPOINT ["terrace"]
