"""A Lambda handler whose records say what becomes of them. The notes are those of the same handler for Node.js."""

import base64
import json
import os
import time

ANSWERS = {
    "answernull": None,
    "answerempty": {},
    "listnull": {"batchItemFailures": None},
    "listempty": {"batchItemFailures": []},
}


def still(function, text):
    """True if the record is still to fail: always, or as often as the word after its hyphen says."""
    _, _, times = text.partition("-")
    if not times.startswith("once") and not times.isdigit():
        return True
    for time_ in range(int(times) if times.isdigit() else 1):
        marker = f"{function}.{text}.{time_}"
        if not os.path.exists(marker):
            open(marker, "w").close()
            return True
    return False


def write(file, line):
    with open(file, "a") as lines:
        lines.write(line + "\n")


def note(function, event, texts):
    told = dict(event)
    if "filling" in told.get("state", {}):
        told["state"] = dict(told["state"], filling=len(told["state"]["filling"]))
    write(f"{function}.events", json.dumps(told))
    line = ",".join(texts)
    if "window" in event:
        line += " final" if event["isFinalInvokeForWindow"] else ""
        line += " early" if event["isWindowTerminatedEarly"] else ""
        line += " with " + event["state"].get("texts", "nothing")
    write(f"{function}.txt", line.strip())


def lambda_handler(event, context):
    function = context.function_name
    window = "window" in event
    texts = [base64.b64decode(record["kinesis"]["data"]).decode() for record in event["Records"]]
    note(function, event, texts)
    assert 0 < context.get_remaining_time_in_millis() <= 60_000
    assert os.environ["AWS_LAMBDA_FUNCTION_NAME"] == function and os.environ["AWS_REGION"] == "us-east-1"
    failures = []
    for record, text in zip(event["Records"], texts):
        word = text.partition("-")[0]
        number = record["kinesis"]["sequenceNumber"]
        if word in ANSWERS:
            return ANSWERS[word]
        if word not in ("throw", "exit", "hang", "report", "empty", "null", "key", "unknown") or not still(function, text):
            continue
        if word == "throw":
            raise ValueError("a secret")
        if word == "exit":
            os._exit(0)
        if word == "hang":
            time.sleep(60)
        items = {
            "report": {"itemIdentifier": number},
            "empty": {"itemIdentifier": ""},
            "null": {"itemIdentifier": None},
            "key": {"sequenceNumber": number},
            "unknown": {"itemIdentifier": "1"},
        }
        failures.insert(0, items[word])
    if not window:
        return {"batchItemFailures": failures} if failures else None
    if "stateless-once" in texts and still(function, "stateless-once"):
        return {}
    gathered = event["state"].get("texts", "")
    if event["isFinalInvokeForWindow"] and "lastfails-once" in gathered and still(function, "lastfails-once"):
        raise ValueError("a secret")
    state = {"texts": gathered + "".join(texts)}
    if "big" in texts:
        state["filling"] = "x" * 1_000_001
    return {"state": state, "batchItemFailures": failures}
