"""A processor's deeds, which the data of the records tell: the same for each client library. `checkpoint` is its way to ask for one."""
import base64
import os
import time

first = []


def deeds(records, checkpoint):
    for record in records:
        data = base64.b64decode(record["data"]).decode()
        number, sub = record["sequenceNumber"], record["subSequenceNumber"]
        first.append(number)
        if data == "all":
            checkpoint(None, None)
        elif data == "here":
            checkpoint(number, sub)
        elif data == "number":
            checkpoint(number, None)
        elif data == "beyond":
            checkpoint(str(int(number) + 1), None)
        elif data == "below":
            checkpoint(first[0], None)
        elif data == "noise":
            checkpoint("noise", None)
        elif data == "negative":
            checkpoint(number, -1)
        elif data == "wait":
            while not os.path.exists(os.path.join(os.environ["GOLDEN"], os.environ["MILLRACE_STREAM"], "go")):
                time.sleep(0.02)
            checkpoint(None, None)
