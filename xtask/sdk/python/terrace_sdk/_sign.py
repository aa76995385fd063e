"""AWS Signature Version 4 of a request in its headers."""

import hashlib
import hmac
import time
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, urlsplit


@dataclass(frozen=True)
class Credentials:
    """Temporary credentials."""

    access_key_id: str
    secret_access_key: str
    session_token: str | None
    """Without it the API refuses what is signed."""
    expires_at: float | None = None
    """In seconds since 1970; until then they are kept."""


def sign(
    method: str,
    url: str,
    headers: dict[str, str],
    body: bytes,
    credentials: Credentials,
    region: str,
    now: float,
) -> dict[str, str]:
    """The headers that prove who sends the request, at this moment. `headers` are all signed; their names are in lower case."""
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
    payload = hashlib.sha256(body).hexdigest()
    added = {"x-amz-content-sha256": payload, "x-amz-date": stamp}
    if credentials.session_token:
        added["x-amz-security-token"] = credentials.session_token
    parts = urlsplit(url)
    signed = {**headers, **added, "host": parts.netloc}
    names = ";".join(sorted(signed))
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    canonical = "\n".join(
        [
            method,
            # Escapes are escaped once more, as everywhere but in S3.
            quote(parts.path, safe="/-._~"),
            "&".join(sorted(f"{escape(name)}={escape(value)}" for name, value in pairs)),
            *(f"{name}:{' '.join(signed[name].split())}" for name in sorted(signed)),
            "",
            names,
            payload,
        ]
    )
    scope = f"{stamp[:8]}/{region}/execute-api/aws4_request"
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    key = f"AWS4{credentials.secret_access_key}".encode()
    for part in [*scope.split("/"), f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{digest}"]:
        key = hmac.digest(key, part.encode(), "sha256")
    by = f"Credential={credentials.access_key_id}/{scope}"
    added["authorization"] = f"AWS4-HMAC-SHA256 {by}, SignedHeaders={names}, Signature={key.hex()}"
    return added


def escape(text: str) -> str:
    """RFC 3986: everything but letters, digits and `-._~`."""
    return quote(text, safe="-._~")
