"""The client: sends operations, proves who calls, repeats what may be repeated."""

import json
import platform
import random
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import CancelledError
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
    cancel: threading.Event | None = None
    is_stream: bool = False


@dataclass(frozen=True)
class _Answer:
    response: urllib3.BaseHTTPResponse
    body: bytes
    """Of a stream empty: it has yet to come."""


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
        request = _Request(method, whole, sent, payload, is_idempotent or keyed, timeout, options.get("cancel"))
        answered = self._send(request)
        if show := options.get("on_headers"):
            show(answered.response.headers)
        if answer == "nothing":
            return None
        if answer == "file":
            return answered.body
        told = json.loads(answered.body)
        if path.startswith(SESSIONS) and "access_token" in told:
            self._session.take(told["access_token"], told["expires_in"])
        return told

    def _stream(
        self, path: str, last_event_id: str | None, failures: int, cancel: threading.Event | None
    ) -> urllib3.BaseHTTPResponse:
        """Opens a stream of events; waits before, where it has broken so often."""
        if failures:
            _pause(_backoff(failures), cancel)
        headers = {"accept": "text/event-stream"}
        if last_event_id is not None:
            headers["last-event-id"] = last_event_id
        return self._send(_Request("GET", path, headers, b"", True, SILENCE, cancel, is_stream=True)).response

    def _send(self, request: _Request) -> _Answer:
        """Sends until there is an answer; raises the problem of a refusal that stays."""
        mended: set[str] = set()
        attempt = 0
        while True:
            _pause(0, request.cancel)
            attempt += 1
            before = self._clock.offset
            # Each attempt has a name of its own, and with it its own signature: one counts once.
            request_id = str(uuid.uuid4())
            headers, token = self._prove(request, request_id)
            try:
                answer = self._attempt(request, headers)
            except urllib3.exceptions.HTTPError as fault:
                if attempt > self._retries or not request.is_repeatable:
                    document = {"type": "/problems/unreachable", "title": "The API cannot be reached."}
                    raise Problem(document, request_id=request_id) from fault
                _pause(_backoff(attempt), request.cancel)
                continue
            response = answer.response
            self._clock.correct(response.headers.get("date"))
            # Whoever's answer it was corrected by.
            was_wrong = self._clock.offset != before
            if request.path.startswith(SESSIONS):
                self._session.keep_cookies(response.headers.getlist("set-cookie"))
            if response.status < 400:
                if (request.method, request.path) == ("DELETE", f"{SESSIONS}/current"):
                    self._session.end()
                return answer

            problem = problem_of(response.status, response.headers, answer.body, request_id)
            if problem.slug not in mended and self._mend(problem, token, was_wrong):
                mended.add(problem.slug)
                continue
            is_uncertain = problem.status in UNCERTAIN and request.is_repeatable
            told = problem.retry_after or 0.0
            if attempt > self._retries or not (problem.status == 429 or is_uncertain) or told > LONGEST_WAIT:
                raise problem
            _pause(max(told, _backoff(attempt)), request.cancel)

    def _prove(self, request: _Request, request_id: str) -> tuple[dict[str, str], str | None]:
        """The headers of an attempt, and the access token that is among them."""
        headers = {**request.headers, "x-request-id": request_id}
        of_session = request.path.startswith(SESSIONS)
        if of_session and (cookie := self._session.cookie()):
            headers["cookie"] = cookie
        token = None
        if self._signing and not of_session and request.path != CREDENTIALS:
            if credentials := self._session.credentials():
                url, now = self._url + request.path, self._clock.now()
                headers |= sign(request.method, url, headers, request.body, credentials, self._region, now)
        elif request.path != f"{SESSIONS}/refresh" and (token := self._session.token()):
            headers["authorization"] = f"Bearer {token}"
        headers["user-agent"] = AGENT
        return headers, token

    def _attempt(self, request: _Request, headers: dict[str, str]) -> _Answer:
        """What is answered within the time of an attempt."""
        ends_at = time.monotonic() + request.timeout
        response = self._pool.request(
            request.method,
            self._url + request.path,
            body=request.body or None,
            headers=headers,
            timeout=Timeout(connect=min(request.timeout, 10.0), read=request.timeout),
            retries=False,
            redirect=False,
            preload_content=False,
        )
        if request.is_stream and response.status < 400:
            return _Answer(response, b"")
        return _Answer(response, _body(response, ends_at, request.cancel))

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


def _pause(seconds: float, cancel: threading.Event | None) -> None:
    if cancel is None:
        time.sleep(seconds)
    elif cancel.wait(seconds):
        raise CancelledError


def _body(response: urllib3.BaseHTTPResponse, ends_at: float, cancel: threading.Event | None) -> bytes:
    """All of a body, as it comes: a time limit of urllib3 is one of each piece."""
    parts = []
    try:
        while part := response.read1(65536):
            parts.append(part)
            left = ends_at - time.monotonic()
            if left <= 0:
                raise urllib3.exceptions.TimeoutError("The answer is not whole in time.")
            _pause(0, cancel)
            # What is closed behind the answer has no connection of its own any more.
            if socket := getattr(response.connection, "sock", None):
                socket.settimeout(left)
    except BaseException:
        response.close()
        raise
    return b"".join(parts)
