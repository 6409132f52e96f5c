"""A child that says what a recorded one has said, message by message, and notes what its daemon says to that. Where the recorded
child waited for the test, so does it."""
import json
import os
import re
import sys
import time

stream = os.environ["MILLRACE_STREAM"]
folder = os.path.join(os.environ["GOLDEN"], stream)
numbers = []


def recorded(shard):
    """What was said of this shard, in its order."""
    section = None
    with open(os.path.join(os.environ["RECORDINGS"], stream + ".txt"), encoding="ascii") as recording:
        for line in recording:
            if line.startswith("["):
                section = line.strip("[]\n")
            elif section == shard and line[:2] in ("< ", "> "):
                yield line[0], line[2:]


def true_number(match):
    return str(int(numbers[int(match.group(1)) - 1]) + int(match.group(2) or 0))


def hear():
    line = sys.stdin.readline()
    if not line:
        sys.exit(0)
    message = json.loads(line)
    for record in message.get("records", ()):
        if record["sequenceNumber"] not in numbers:
            numbers.append(record["sequenceNumber"])
    return line, any(record["data"] == "d2FpdA==" for record in message.get("records", ()))


line, waits = hear()
shard = json.loads(line)["shardId"]
try:
    notes = open(os.path.join(folder, shard), "x", encoding="utf-8", buffering=1)
except FileExistsError:
    notes = open(os.devnull, "w", encoding="utf-8")
heard = line
for speaker, text in recorded(shard):
    if speaker == "<":
        if heard is None:
            heard, waits = hear()
        notes.write("< " + heard)
        heard = None
        while waits and not os.path.exists(os.path.join(folder, "go")):
            time.sleep(0.02)
    else:
        said = re.sub(r"@(\d+)(?:\+(\d+))?", true_number, text)
        notes.write("> " + said)
        sys.stdout.write("\n" + said)
        sys.stdout.flush()
for line in sys.stdin:
    notes.write("< " + line)
