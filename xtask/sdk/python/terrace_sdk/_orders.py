"""Orders that are followed live."""

import json
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from concurrent.futures import CancelledError
from dataclasses import dataclass

import urllib3

from ._operations import segment
from .types import OrderMoment, OrderStatus


@dataclass(frozen=True)
class Event:
    """A change of an order's status."""

    id: str
    """For `last_event_id`."""
    at: str
    status: OrderStatus


class OrderEvents(ABC):
    """Follows orders; how a stream is opened is for who implements this."""

    @abstractmethod
    def _stream(
        self, path: str, last_event_id: str | None, failures: int, cancel: threading.Event | None
    ) -> urllib3.BaseHTTPResponse: ...

    def follow_order(
        self, id: str, *, last_event_id: str | None = None, cancel: threading.Event | None = None
    ) -> Iterator[Event]:
        """What happened to an order and what happens, until it is delivered or cancelled. A stream that breaks goes on where it was;
        closing the iterator closes the stream, and so does `cancel` when the next line of it comes.
        """
        path = f"/v1/orders/{segment(id)}/events"
        failures = 0
        while True:
            answer = self._stream(path, last_event_id, failures, cancel)
            failures += 1
            try:
                for event in _events(answer, cancel):
                    failures = 0
                    last_event_id = event.id
                    yield event
                    if event.status in ("delivered", "cancelled"):
                        return
            except urllib3.exceptions.HTTPError:
                pass  # It comes back with the last id.
            finally:
                answer.close()


def _events(answer: urllib3.BaseHTTPResponse, cancel: threading.Event | None) -> Iterator[Event]:
    """The event stream format (WHATWG HTML §9.2.6), however its bytes are cut."""
    id, data = "", []
    for line in _lines(answer.stream(4096)):
        if cancel and cancel.is_set():
            raise CancelledError
        if line.startswith("data:"):
            data.append(line[5:].removeprefix(" "))
        elif line.startswith("id:"):
            id = line[3:].removeprefix(" ")
        elif line == "" and data:
            moment: OrderMoment = json.loads("\n".join(data))
            yield Event(id, moment["at"], moment["status"])
            data = []


def _lines(parts: Iterable[bytes]) -> Iterator[str]:
    rest = b""
    for part in parts:
        *whole, rest = (rest + part).split(b"\n")
        for line in whole:
            yield line.removesuffix(b"\r").decode()
