"""What the API refuses with (RFC 9457), as an exception."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

# What Amazon API Gateway calls what it refuses by itself, in `x-amzn-errortype`.
AMAZON = {
    "AccessDeniedException": "forbidden",
    "ExpiredTokenException": "expired-token",
    "IncompleteSignatureException": "incomplete-signature",
    "InvalidSignatureException": "invalid-signature",
    "MissingAuthenticationTokenException": "missing-authentication-token",
    "UnauthorizedException": "invalid-token",
    "UnrecognizedClientException": "unrecognized-client",
}


@dataclass(frozen=True)
class FieldError:
    """A field at fault."""

    pointer: str
    """Where: a JSON pointer into the request's body."""
    detail: str


class Problem(Exception):
    """A refusal of the API; or, with the slug `unreachable` and the status 0, the lack of any answer."""

    def __init__(self, document: Mapping[str, Any], retry_after: float | None = None, request_id: str | None = None) -> None:
        self.slug = str(document.get("type", "unknown")).rsplit("/", 1)[-1]
        """What kind it is: the last part of its type, e.g. `slugs.PAYMENT_DECLINED`."""
        self.status = int(document.get("status", 0))
        """The HTTP status; 0 when nobody answered."""
        self.title = document.get("title", "The API refused the request.")
        self.detail: str | None = document.get("detail")
        self.request_id: str | None = document.get("instance") or request_id
        """The request's id, to quote when asking for help."""
        self.errors = [FieldError(it["pointer"], it["detail"]) for it in document.get("errors") or []]
        """The fields at fault."""
        self.retry_after = retry_after
        """How many seconds to wait, when the API said so."""
        self.document = document
        """All that was answered, for the members of one kind, such as `price_change`."""
        super().__init__(f"{self.status} {self.slug}: {self.detail or self.title}")


def problem_of(status: int, headers: Mapping[str, str], body: bytes, own_id: str) -> Problem:
    """Reads the refusal of a request that had this id; what stands between us and the API may answer without a document, and API Gateway does so in words of its
    own, or says `bad-request` of what its header names.
    """
    try:
        document = json.loads(body)
    except ValueError:
        document = None
    if not isinstance(document, dict) or "title" not in document:
        told = document if isinstance(document, dict) else {}
        document = {"detail": told.get("message") or told.get("Message")}
    kind = AMAZON.get(headers.get("x-amzn-errortype", "").split(":")[0])
    if kind and str(document.get("type", "bad-request")).endswith("bad-request"):
        document["type"] = kind
    request_id = headers.get("x-request-id") or headers.get("x-amzn-requestid") or own_id
    return Problem({**document, "status": status}, _seconds(headers.get("retry-after")), request_id)


def _seconds(told: str | None) -> float | None:
    """`Retry-After`: seconds, or a date."""
    if told is None:
        return None
    if told.isdigit():
        return float(told)
    try:
        return max(0.0, parsedate_to_datetime(told).timestamp() - time.time())
    except ValueError:
        return None
