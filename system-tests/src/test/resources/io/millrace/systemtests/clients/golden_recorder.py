"""Stands between a daemon and a child, whose command follows, and notes each message in a file of its shard: `< ` before those of the
daemon, `> ` before those of the child. Only the first child of a shard is noted."""
import json
import os
import subprocess
import sys
import threading

folder = os.path.join(os.environ["GOLDEN"], os.environ["MILLRACE_STREAM"])
first = sys.stdin.buffer.readline()
try:
    notes = open(os.path.join(folder, json.loads(first)["shardId"]), "xb", buffering=0)
except FileExistsError:
    notes = open(os.devnull, "wb", buffering=0)
child = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def tell(line):
    notes.write(b"< " + line)
    child.stdin.write(line)
    child.stdin.flush()


def hear():
    for line in child.stdout:
        if line.strip():
            notes.write(b"> " + line)
        sys.stdout.buffer.write(line)
        sys.stdout.buffer.flush()


hearing = threading.Thread(target=hear)
hearing.start()
tell(first)
for line in iter(sys.stdin.buffer.readline, b""):
    tell(line)
child.stdin.close()
hearing.join()
sys.exit(child.wait())
