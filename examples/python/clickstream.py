"""Tells the sessions of a site's visitors from a stream of clicks, whose partition key is the user.

A session is over when its user has not clicked for half an hour, by the times in the clicks. One that is open when the shard goes
to another worker is told in two parts.
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Callable

from millrace import Batch

log = logging.getLogger(__name__)

LONGEST_PAUSE = timedelta(minutes=30)


@dataclass(frozen=True)
class Click:
    user: str
    page: str
    at: datetime

    @classmethod
    def parse(cls, data: bytes) -> Click:
        fields = json.loads(data)
        return cls(fields["user"], fields["page"], datetime.fromisoformat(fields["at"]))


@dataclass
class Session:
    began: datetime
    last: datetime
    pages: list[str]

    def is_over(self, now: datetime) -> bool:
        return now - self.last > LONGEST_PAUSE

    def add(self, click: Click) -> None:
        self.last = max(self.last, click.at)
        self.pages.append(click.page)


class Sessions:
    """The sessions of one shard."""

    def __init__(self, tell: Callable[[str], None] = log.info) -> None:
        self._tell = tell
        self._open: dict[str, Session] = {}
        self._now = datetime.min.replace(tzinfo=timezone.utc)

    def process(self, batch: Batch) -> None:
        # A click that cannot be read fails the batch before any of it counts, for the batch comes again as a whole.
        clicks = [Click.parse(record.data) for record in batch]
        for click in clicks:
            session = self._open.get(click.user)
            if session is not None and session.is_over(click.at):
                self._end(click.user)
            self._open.setdefault(click.user, Session(click.at, click.at, [])).add(click)
            self._now = max(self._now, click.at)
        for user in [user for user, session in self._open.items() if session.is_over(self._now)]:
            self._end(user)

    def shard_ended(self) -> None:
        self._end_all()

    def lease_lost(self) -> None:
        self._end_all()

    def _end_all(self) -> None:
        for user in list(self._open):
            self._end(user)

    def _end(self, user: str) -> None:
        session = self._open.pop(user)
        seconds = int((session.last - session.began).total_seconds())
        self._tell(f"session of {user}: {seconds} s, {' '.join(session.pages)}")
