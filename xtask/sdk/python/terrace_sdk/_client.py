"""The client: sends operations, proves who calls, repeats what may be repeated."""

import json
import platform
import random
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import urllib3
from urllib3.util import Timeout

from ._operations import Operations, Options
from ._orders import OrderEvents
from ._problem import Problem, problem_of
from ._session import Clock, Session
from ._sign import Credentials, escape, sign

# Operations on sessions are called by who has no token, and with the session's cookies.
SESSIONS = "/v1/sessions"
CREDENTIALS = "/v1/me/credentials"
# Refusals of credentials that are too old, or from before their keys were changed.
OLD_CREDENTIALS = ("expired-token", "unrecognized-client")
# Whether a request was carried out is not known after these.
UNCERTAIN = (502, 503, 504)
# A longer wait is the caller's to decide on.
LONGEST_WAIT = 20.0
FIRST_WAIT = 0.2
# A stream that is silent for so long is broken: the API sends a comment every 15 seconds.
SILENCE = 45.0
AGENT = "terrace-sdk-python/{{version}} (python " + platform.python_version() + ")"


@dataclass(frozen=True)
class _Request:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    is_repeatable: bool
    timeout: float
    is_stream: bool = False


class Terrace(
    Operations,
    OrderEvents,
):
    """The shop's API. Every operation is a method; every refusal a raised `Problem`. Threads may share it."""

    def __init__(
        self,
        url: str,
        *,
        signing: bool = False,
        credentials: Callable[[], Credentials] | None = None,
        region: str = "local",
        timeout: float = 30.0,
        retries: int = 3,
        pool: urllib3.PoolManager | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        """`url` is where the API is. With `signing`, requests are signed with temporary credentials instead of carrying the access
        token; unless `credentials` gives them, they are made by it. `region` is `local`, or that of AWS. An attempt may take `timeout`
        seconds and is repeated `retries` times. `pool` has settings of proxies and certificates; `now` is the machine's clock.
        """
        self._url = url.rstrip("/")
        self._signing = signing
        self._region = region
        self._timeout = timeout
        self._retries = retries
        self._pool = pool or urllib3.PoolManager()
        self._clock = Clock(now)
        self._session = Session(self._clock, self._refresh, credentials or self._issue)

    def each(self, list: Callable[[str | None], Mapping[str, Any]]) -> Iterator[Any]:
        """Every item of a list, page by page: `each(lambda cursor: shop.list_products(cursor=cursor))`."""
        page = list(None)
        yield from page["items"]
        while cursor := page.get("next_cursor"):
            page = list(cursor)
            yield from page["items"]

    def _call(
        self,
        method: str,
        path: str,
        answer: Literal["json", "file", "nothing"],
        options: Options,
        *,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str | None] | None = None,
        keyed: bool = False,
        body: Any = None,
    ) -> Any:
        sent = {name.lower(): value for name, value in (headers or {}).items() if value is not None}
        if keyed:
            sent.setdefault("idempotency-key", str(uuid.uuid4()))
        payload = b""
        if isinstance(body, bytes):
            payload, sent["content-type"] = body, "application/octet-stream"
        elif body is not None:
            payload, sent["content-type"] = json.dumps(body).encode(), "application/json"
        pairs = [f"{name}={escape(_text(value))}" for name, value in (query or {}).items() if value is not None]
        # Of a change of one version, the second would be refused because of the first.
        is_idempotent = method in ("GET", "PUT", "DELETE") and "if-match" not in sent
        timeout = options.get("timeout", self._timeout)
        whole = path + ("?" + "&".join(pairs) if pairs else "")
        response = self._send(_Request(method, whole, sent, payload, is_idempotent or keyed, timeout))
        if show := options.get("on_headers"):
            show(response.headers)
        if answer == "nothing":
            return None
        if answer == "file":
            return response.data
        told = json.loads(response.data)
        if path.startswith(SESSIONS) and "access_token" in told:
            self._session.take(told["access_token"], told["expires_in"])
        return told

    def _stream(self, path: str, last_event_id: str | None, failures: int) -> urllib3.BaseHTTPResponse:
        """Opens a stream of events; waits before, where it has broken so often."""
        if failures:
            time.sleep(_backoff(failures))
        headers = {"accept": "text/event-stream"}
        if last_event_id is not None:
            headers["last-event-id"] = last_event_id
        return self._send(_Request("GET", path, headers, b"", True, SILENCE, is_stream=True))

    def _send(self, request: _Request) -> urllib3.BaseHTTPResponse:
        """Sends until there is an answer; raises the problem of a refusal that stays."""
        mended: set[str] = set()
        attempt = 0
        while True:
            attempt += 1
            before = self._clock.offset
            try:
                response, token = self._attempt(request)
            except urllib3.exceptions.HTTPError as fault:
                if attempt > self._retries or not request.is_repeatable:
                    raise Problem({"type": "/problems/unreachable", "title": "The API cannot be reached."}) from fault
                time.sleep(_backoff(attempt))
                continue
            self._clock.correct(response.headers.get("date"))
            # Whoever's answer it was corrected by.
            was_wrong = self._clock.offset != before
            if request.path.startswith(SESSIONS):
                self._session.keep_cookies(response.headers.getlist("set-cookie"))
            if response.status < 400:
                if (request.method, request.path) == ("DELETE", f"{SESSIONS}/current"):
                    self._session.end()
                return response

            problem = problem_of(response.status, response.headers, response.data)
            if problem.slug not in mended and self._mend(problem, token, was_wrong):
                mended.add(problem.slug)
                continue
            is_uncertain = problem.status in UNCERTAIN and request.is_repeatable
            told = problem.retry_after or 0.0
            if attempt > self._retries or not (problem.status == 429 or is_uncertain) or told > LONGEST_WAIT:
                raise problem
            time.sleep(max(told, _backoff(attempt)))

    def _attempt(self, request: _Request) -> tuple[urllib3.BaseHTTPResponse, str | None]:
        """The answer, and the access token that went with the request."""
        url = self._url + request.path
        # Each attempt has a name of its own, and with it its own signature: one counts once.
        headers = {**request.headers, "x-request-id": str(uuid.uuid4())}
        of_session = request.path.startswith(SESSIONS)
        if of_session and (cookie := self._session.cookie()):
            headers["cookie"] = cookie
        token = None
        if self._signing and not of_session and request.path != CREDENTIALS:
            if credentials := self._session.credentials():
                now = self._clock.now()
                headers |= sign(request.method, url, headers, request.body, credentials, self._region, now)
        elif request.path != f"{SESSIONS}/refresh" and (token := self._session.token()):
            headers["authorization"] = f"Bearer {token}"
        headers["user-agent"] = AGENT
        response = self._pool.request(
            request.method,
            url,
            body=request.body or None,
            headers=headers,
            timeout=Timeout(connect=min(request.timeout, 10.0), read=request.timeout),
            retries=False,
            redirect=False,
            preload_content=not request.is_stream,
        )
        return response, token

    def _mend(self, problem: Problem, token: str | None, clock_was_wrong: bool) -> bool:
        """Whether the cause of a refusal is out of the way, so that the same request may come again."""
        if problem.slug == "invalid-token":
            self._session.renew(token)
            return True
        if problem.slug in OLD_CREDENTIALS:
            self._session.forget_credentials()
            return True
        return clock_was_wrong and problem.slug == "invalid-signature"

    def _refresh(self) -> None:
        try:
            self.refresh_session()
        except Problem as problem:
            # A session that has ended leaves nobody signed in; another refusal is the caller's.
            if problem.status != 401:
                raise
            self._session.end()

    def _issue(self) -> Credentials | None:
        if self._session.token() is None:
            return None
        issued = self.create_credentials()
        ends_at = datetime.fromisoformat(issued["expires_at"]).timestamp()
        return Credentials(issued["access_key_id"], issued["secret_access_key"], issued["session_token"], ends_at)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _backoff(attempt: int) -> float:
    """Longer each time, and for no two clients the same."""
    return FIRST_WAIT * 2.0 ** min(attempt, 6) * random.uniform(0.5, 1)
