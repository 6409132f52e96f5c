"""A child of the line protocol, written against its description alone. Notes every record in a file of its own."""
import json
import os
import sys
import time

out = open("%s/%s-%d" % (os.environ["NOTES"], os.environ["MILLRACE_SHARD"], os.getpid()), "a", encoding="utf-8")


def say(message):
    sys.stdout.write("\n" + json.dumps(message) + "\n")
    sys.stdout.flush()


def checkpoint(number, sub):
    say({"action": "checkpoint", "sequenceNumber": number, "subSequenceNumber": sub})
    answer = json.loads(sys.stdin.readline())
    assert answer["action"] == "checkpoint" and answer["sequenceNumber"] == number, answer
    return answer["error"]


for line in sys.stdin:
    assert line.isascii(), "a line is not ASCII"
    message = json.loads(line)
    action = message["action"]
    if action == "initialize":
        assert checkpoint(None, None) == "InvalidStateException"
    elif action == "processRecords":
        for record in message["records"]:
            if record["data"] == os.environ.get("POISON"):
                print("ERROR poison", file=sys.stderr)
                os._exit(0)
            out.write("%d\t%s\t%s\n" % (time.time_ns(), record["data"], record["partitionKey"]))
        out.flush()
        print("print without a line's end", end="")
        if message["records"]:
            last = message["records"][-1]
            assert checkpoint(str(int(last["sequenceNumber"]) + 1), None) == "IllegalArgumentException"
            error = checkpoint(last["sequenceNumber"], last["subSequenceNumber"])
            assert error in (None, "ShutdownException"), error
    elif action in ("shardEnded", "shutdownRequested"):
        checkpoint(None, None)
    say({"action": "status", "responseFor": action})
