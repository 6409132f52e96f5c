"""A child that speaks the lines by itself, and asks for checkpoints wherever the protocol lets it."""
import json
import sys

from golden_rules import deeds


def say(message):
    sys.stdout.write("\n" + json.dumps(message) + "\n")
    sys.stdout.flush()


def checkpoint(number, sub):
    say({"action": "checkpoint", "sequenceNumber": number, "subSequenceNumber": sub})
    assert json.loads(sys.stdin.readline())["action"] == "checkpoint"


for line in sys.stdin:
    message = json.loads(line)
    action = message["action"]
    if action == "processRecords":
        deeds(message["records"], checkpoint)
    else:
        checkpoint(None, 7)
        checkpoint(None, None)
    say({"action": "status", "responseFor": action})
