"""The daemon's side of the frames, and the golden vectors, for the tests."""

import base64
import struct
from datetime import datetime, timezone
from itertools import accumulate
from pathlib import Path

GOLDEN = Path(__file__).resolve().parents[2] / "golden"


def frame(records, behind=0):
    """The bytes of records, each a tuple of data, key, sequence number, sub-sequence number and arrival in ms."""
    count = len(records)
    datas, keys, numbers = ([part(record) for record in records] for part in (_data, _key, _number))
    ends = [end for heap in (datas, keys, numbers) for end in accumulate(map(len, heap))]
    body = struct.pack(
        f"<{count}q{count}q{3 * count}I", *(record[3] for record in records), *(record[4] for record in records), *ends
    ) + b"".join(datas + keys + numbers)
    return struct.pack("<B3xIIIq", 1, len(body), count, 0, behind) + body


def _data(record):
    return record[0]


def _key(record):
    return record[1].encode("utf-8")


def _number(record):
    return record[2].encode("ascii")


def fields(record):
    """A record of the package as such a tuple."""
    epoch = datetime(1970, 1, 1, tzinfo=timezone.utc)
    millis = round((record.arrived - epoch).total_seconds() * 1000)
    return record.data, record.partition_key, record.sequence_number, record.sub_sequence_number, millis


def good():
    """Pairs of records with their lag, and bytes."""
    records, behind = [], 0
    for word, *more in _lines():
        if word == "behind":
            records, behind = [], int(more[0])
        elif word == "record":
            number, sub, arrival, key, data = more
            records.append((_bytes(data), _bytes(key).decode("utf-8"), number, int(sub), int(arrival)))
        elif word == "frame":
            yield records, behind, bytes.fromhex(more[0])


def bad():
    """Bytes that are no frame, and the words of the error."""
    return [(bytes.fromhex(more[0]), " ".join(more[1:])) for word, *more in _lines() if word == "bad"]


def said():
    """Messages of a child as values and as bytes."""
    for word, *more in _lines():
        if word == "said":
            yield more[:-1], bytes.fromhex(more[-1])


def _lines():
    text = (GOLDEN / "frames.txt").read_text(encoding="ascii")
    return [line.split() for line in text.splitlines() if line and not line.startswith("#")]


def _bytes(text):
    return b"" if text == "-" else base64.b64decode(text)
