"""A processor for Amazon's client library for Python; the argument is the version of the interface, 1, 2 or 3."""
import sys

from amazon_kclpy import kcl
from amazon_kclpy.v2 import processor as v2
from amazon_kclpy.v3 import processor as v3

from golden_rules import deeds


def asking(checkpointer):
    def ask(number, sub):
        try:
            checkpointer.checkpoint(number, sub)
        except kcl.CheckpointError as refused:
            print(refused, file=sys.stderr)

    return ask


def fields(record):
    return {"data": record.data, "sequenceNumber": record.sequence_number, "subSequenceNumber": record.sub_sequence_number}


class First(kcl.RecordProcessorBase):
    def initialize(self, shard_id):
        pass

    def process_records(self, records, checkpointer):
        deeds(map(fields, records), asking(checkpointer))

    def shutdown(self, checkpointer, reason):
        if reason == "TERMINATE":
            asking(checkpointer)(None, None)

    def shutdown_requested(self, checkpointer):
        asking(checkpointer)(None, None)


class Second(v2.RecordProcessorBase):
    def initialize(self, given):
        pass

    def process_records(self, given):
        deeds(map(fields, given.records), asking(given.checkpointer))

    def shutdown(self, given):
        if given.reason == "TERMINATE":
            asking(given.checkpointer)(None, None)

    def shutdown_requested(self, given):
        asking(given.checkpointer)(None, None)


class Third(v3.RecordProcessorBase):
    def initialize(self, given):
        pass

    def process_records(self, given):
        deeds(map(fields, given.records), asking(given.checkpointer))

    def lease_lost(self, given):
        pass

    def shard_ended(self, given):
        asking(given.checkpointer)(None, None)

    def shutdown_requested(self, given):
        asking(given.checkpointer)(None, None)


kcl.KCLProcess({"1": First, "2": Second, "3": Third}[sys.argv[1]]()).run()
