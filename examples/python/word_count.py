"""Counts the words of a stream, shard by shard: the words of a text that come as records of a line each."""

from __future__ import annotations

import logging
from collections import Counter

from millrace import Batch

log = logging.getLogger(__name__)


class WordCount:
    """The words of one shard. The counts live in memory: whoever has the shard next begins at zero."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def process(self, batch: Batch) -> None:
        for record in batch:
            self.counts.update(record.data.decode("utf-8", errors="replace").lower().split())
        log.info("so far: %s", ", ".join(f"{word} {count}" for word, count in self.counts.most_common(10)))
