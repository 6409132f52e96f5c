"""A record processor for Amazon's client library for Python, of the interface that VERSION names.

Notes every record with the digest of its bytes, and what became of checkpoints that are late, refused or out of range.
"""
import hashlib
import json
import os
import sys
import time

from amazon_kclpy import kcl
from amazon_kclpy.v2 import processor as second
from amazon_kclpy.v3 import processor as third

VERSION = int(os.environ["VERSION"])


class Notes(object):
    def begin(self, shard):
        self.out = open("%s/%s-%d" % (os.environ["NOTES"], shard, os.getpid()), "a")
        self.batches = 0
        self.checkpointer = None
        self.first = None
        self.saved = None
        self.late = None

    def note(self, **fields):
        self.out.write(json.dumps(fields) + "\n")
        self.out.flush()

    def checkpoint(self, kind, expected, *place):
        """Asks for one, and notes how it ended; the library would swallow a failure of this method."""
        error = None
        try:
            self.checkpointer.checkpoint(*place)
        except kcl.CheckpointError as refused:
            error = refused.value
        # A shard that goes away while this is asked refuses everything.
        if error == "ShutdownException":
            kind = "lost"
        elif error != expected:
            self.note(check="wrong", of=kind, error=error)
            return
        self.note(check=kind)
        if error is None and place:
            self.saved = int(place[0])

    def records(self, records, checkpointer):
        self.checkpointer = checkpointer
        now = time.time_ns()
        for record in records:
            self.note(
                time=now,
                key=record.partition_key.encode("utf-8").hex(),
                digest=hashlib.sha256(record.binary_data).hexdigest(),
                length=len(record.binary_data),
                sequence=record.sequence_number,
                sub=record.sub_sequence_number,
            )
        print("a print")
        print('{"a": 1, "action": "none"}')
        sys.stdout.flush()
        sys.stdout.buffer.write(b"\xff\xfe\x00 no text\n and no end of a line")
        if not records:
            return
        last = records[-1]
        self.first = self.first or records[0].sequence_number
        self.batches += 1
        if self.late:
            self.checkpoint("late", None, *self.late)
            self.late = None
        self.checkpoint("beyond", "IllegalArgumentException", str(int(last.sequence_number) + 1))
        if self.saved and self.saved > int(self.first):
            self.checkpoint("below", "IllegalArgumentException", self.first)
        if self.batches % 3 == 0:
            self.late = (last.sequence_number, last.sub_sequence_number)
        elif self.batches % 3 == 1:
            self.checkpoint("place", None, last.sequence_number, last.sub_sequence_number)
        else:
            self.checkpoint("all", None)
            self.saved = int(last.sequence_number)

    def end(self, checkpointer, kind):
        self.checkpointer = checkpointer
        self.checkpoint(kind, None)

    def lost(self):
        if self.checkpointer:
            self.checkpoint("after-loss", "InvalidStateException")


class First(Notes, kcl.RecordProcessorBase):
    def initialize(self, shard_id):
        self.begin(shard_id)

    def process_records(self, records, checkpointer):
        self.records(records, checkpointer)

    def shutdown(self, checkpointer, reason):
        if reason == "TERMINATE":
            self.end(checkpointer, "shard-end")
        else:
            self.lost()

    def shutdown_requested(self, checkpointer):
        self.end(checkpointer, "shutdown")


class Second(Notes, second.RecordProcessorBase):
    def initialize(self, initialize_input):
        self.begin(initialize_input.shard_id)

    def process_records(self, process_records_input):
        self.records(process_records_input.records, process_records_input.checkpointer)

    def shutdown(self, shutdown_input):
        if shutdown_input.reason == "TERMINATE":
            self.end(shutdown_input.checkpointer, "shard-end")
        else:
            self.lost()

    def shutdown_requested(self, shutdown_requested_input):
        self.end(shutdown_requested_input.checkpointer, "shutdown")


class Third(Notes, third.RecordProcessorBase):
    def initialize(self, initialize_input):
        self.begin(initialize_input.shard_id)

    def process_records(self, process_records_input):
        self.records(process_records_input.records, process_records_input.checkpointer)

    def lease_lost(self, lease_lost_input):
        self.lost()

    def shard_ended(self, shard_ended_input):
        self.end(shard_ended_input.checkpointer, "shard-end")

    def shutdown_requested(self, shutdown_requested_input):
        self.end(shutdown_requested_input.checkpointer, "shutdown")


kcl.KCLProcess([First, Second, Third][VERSION - 1]()).run()
