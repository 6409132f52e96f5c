"""The handlers of handlers.py for Amazon's client library for Python. The argument is the name of one."""
import sys
import time

from amazon_kclpy import kcl
from amazon_kclpy.v3 import processor

from notes import Notes


class Data(processor.RecordProcessorBase):
    total = 0
    saved_at = 0.0

    def initialize(self, given):
        self.saved_at = time.monotonic()

    def process_records(self, given):
        for record in given.records:
            self.total += len(record.binary_data)
        # Once a second, as our packages do.
        if time.monotonic() - self.saved_at >= 1:
            self.saved_at = time.monotonic()
            given.checkpointer.checkpoint()

    def lease_lost(self, given):
        pass

    def shard_ended(self, given):
        given.checkpointer.checkpoint()

    def shutdown_requested(self, given):
        given.checkpointer.checkpoint()


class Everything(Data):
    def process_records(self, given):
        for record in given.records:
            self.total += len(record.partition_key) + len(record.sequence_number)
            self.total += record.sub_sequence_number + record.approximate_arrival_timestamp.year
        super().process_records(given)


class Counting(Data):
    def initialize(self, given):
        super().initialize(given)
        self.notes = Notes(given.shard_id)

    def process_records(self, given):
        super().process_records(given)
        self.notes.count(len(given.records))


kcl.KCLProcess({"Data": Data, "Everything": Everything, "Counting": Counting}[sys.argv[1]]()).run()
