"""A function for AWS Lambda: how often each page was clicked, window by window. It runs on Lambda and here unmodified."""

from __future__ import annotations

import base64
import json
import logging
from typing import Any

logger = logging.getLogger()
logger.setLevel(logging.INFO)


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Adds the clicks of an event to the counts of the window, and tells them with the window's last event."""
    counts: dict[str, int] = event["state"]
    for record in event["Records"]:
        page = json.loads(base64.b64decode(record["kinesis"]["data"]))["page"]
        counts[page] = counts.get(page, 0) + 1
    if event["isFinalInvokeForWindow"]:
        logger.info("window of %s: %s", event["window"]["start"], json.dumps(counts, sort_keys=True))
    return {"state": counts}
