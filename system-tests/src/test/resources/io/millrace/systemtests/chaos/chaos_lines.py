"""A child of the plain line protocol, for chaos: it checkpoints every batch before it answers."""
import base64
import json
import sys

import chaos_deeds


def say(message):
    sys.stdout.write("\n" + json.dumps(message) + "\n")
    sys.stdout.flush()


def checkpoint(number, sub):
    say({"action": "checkpoint", "sequenceNumber": number, "subSequenceNumber": sub})
    answer = json.loads(sys.stdin.readline())
    assert answer["action"] == "checkpoint" and answer["sequenceNumber"] == number, answer
    return answer["error"]


life = None
for line in sys.stdin:
    message = json.loads(line)
    action = message["action"]
    if action == "initialize":
        life = chaos_deeds.Life(message["shardId"])
    elif action == "processRecords":
        records = message["records"]
        life.process([(one["partitionKey"], base64.b64decode(one["data"]).decode("ascii")) for one in records], 1)
        if records:
            error = checkpoint(records[-1]["sequenceNumber"], records[-1]["subSequenceNumber"])
            assert error in (None, "ShutdownException", "KinesisClientLibDependencyException"), error
    elif action == "shutdownRequested":
        if checkpoint(None, None) is None:
            life.over("RELEASED")
    elif action == "shardEnded":
        if checkpoint(None, None) is None:
            life.over("ENDED")
    elif action == "leaseLost":
        life.over("LOST")
    say({"action": "status", "responseFor": action})
