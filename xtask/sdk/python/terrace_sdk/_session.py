"""Who calls: the tokens of a sign-in, kept in memory and renewed, or temporary credentials made with them."""

import re
import threading
from collections.abc import Callable, Iterable
from email.utils import parsedate_to_datetime

from ._sign import Credentials

EARLY = 60.0
"""Tokens and credentials are renewed so many seconds before they end."""

SKEW = 60.0
"""A clock that is further from the API's is corrected."""


class Clock:
    """The machine's clock, set by the `Date` of answers: a signature is good for minutes."""

    def __init__(self, machine: Callable[[], float]) -> None:
        self._machine = machine
        self.offset = 0.0

    def now(self) -> float:
        return self._machine() + self.offset

    def correct(self, date: str | None) -> None:
        """Sets it, if it is wrong."""
        try:
            told = parsedate_to_datetime(date or "").timestamp()
        except ValueError:
            return
        if abs(told - self.now()) > SKEW:
            self.offset = told - self._machine()


class Session:
    """May be used by several threads: tokens are renewed once for all who wait."""

    def __init__(self, clock: Clock, refresh: Callable[[], None], issue: Callable[[], Credentials | None]) -> None:
        self._clock = clock
        self._refresh = refresh
        self._issue = issue
        self._lock = threading.RLock()
        self._token: str | None = None
        self._ends_at = 0.0
        self._credentials: Credentials | None = None
        self._cookies: dict[str, str] = {}

    def token(self) -> str | None:
        """An access token with life left in it; none when nobody is signed in, or the session has ended."""
        with self._lock:
            if self._token and self._ends_at - self._clock.now() < EARLY:
                self._refresh()
            return self._token

    def renew(self, refused: str | None) -> None:
        """Fetches new tokens by the cookie, unless somebody else has since the refused one."""
        with self._lock:
            if self._token == refused:
                self._refresh()

    def credentials(self) -> Credentials | None:
        """Temporary credentials with life left in them; none when nobody is signed in."""
        with self._lock:
            kept = self._credentials
            ends_at = kept.expires_at if kept else None
            if kept is None or (ends_at is not None and ends_at - self._clock.now() < EARLY):
                kept = self._credentials = self._issue()
            return kept

    def forget_credentials(self) -> None:
        with self._lock:
            self._credentials = None

    def take(self, token: str, expires_in: float) -> None:
        """What signs in, renews or steps up answers tokens: they are used from then on."""
        with self._lock:
            self._token = token
            self._ends_at = self._clock.now() + expires_in
            # They end with the token that they were made by.
            self._credentials = None

    def end(self) -> None:
        with self._lock:
            self._token = self._credentials = None

    def keep_cookies(self, lines: Iterable[str]) -> None:
        with self._lock:
            for line in lines:
                name, _, value = line.split(";", 1)[0].partition("=")
                if value and not re.search(r";\s*max-age=0", line, re.IGNORECASE):
                    self._cookies[name] = value
                else:
                    self._cookies.pop(name, None)

    def cookie(self) -> str:
        with self._lock:
            return "; ".join(f"{name}={value}" for name, value in self._cookies.items())
