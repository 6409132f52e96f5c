"""A Lambda handler whose records say what becomes of it. The notes are those of the same handler for Node.js."""

import base64
import os
import time


def first_time(function, word):
    marker = f"{function}.{word}"
    if os.path.exists(marker):
        return False
    open(marker, "w").close()
    return True


def lambda_handler(event, context):
    function = context.function_name
    window = "window" in event
    texts = [base64.b64decode(record["kinesis"]["data"]).decode() for record in event["Records"]]
    note = ",".join(texts)
    if window:
        note += " final" if event["isFinalInvokeForWindow"] else ""
        note += " early" if event["isWindowTerminatedEarly"] else ""
        note += " with " + event["state"].get("texts", "nothing")
    with open(f"{function}.txt", "a") as notes:
        notes.write(note.strip() + "\n")
    assert 0 < context.get_remaining_time_in_millis() <= 3000
    assert os.environ["AWS_LAMBDA_FUNCTION_NAME"] == function and os.environ["AWS_REGION"] == "us-east-1"
    failures = []
    for record, text in zip(event["Records"], texts):
        word, _, when = text.partition("-")
        if when and not first_time(function, word):
            continue
        if word == "throw":
            raise ValueError("a secret")
        if word == "exit":
            os._exit(0)
        if word == "hang":
            time.sleep(60)
        if word == "report":
            failures.append({"itemIdentifier": record["kinesis"]["sequenceNumber"]})
        if word == "empty":
            failures.append({"itemIdentifier": ""})
        if word == "null":
            failures.append({"itemIdentifier": None})
        if word == "key":
            failures.append({"sequenceNumber": record["kinesis"]["sequenceNumber"]})
    if not window:
        return {"batchItemFailures": failures} if failures else None
    if "stateless-once" in texts and first_time(function, "state"):
        return {}
    state = {"texts": event["state"].get("texts", "") + "".join(texts)}
    if "big" in texts:
        state["filling"] = "x" * 1_000_001
    return {"state": state, "batchItemFailures": []}
