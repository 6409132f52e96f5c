"""A record processor for Amazon's client library for Python. Notes every record in a file of its own."""
import os
import time

from amazon_kclpy import kcl
from amazon_kclpy.v3 import processor


class Notes(processor.RecordProcessorBase):
    def initialize(self, initialize_input):
        self.out = open(
            "%s/%s-%d" % (os.environ["NOTES"], initialize_input.shard_id, os.getpid()), "a", encoding="utf-8")

    def process_records(self, process_records_input):
        for record in process_records_input.records:
            self.out.write("%d\t%s\t%s\n" % (time.time_ns(), record.data, record.partition_key))
        self.out.flush()
        print("a print")
        if process_records_input.records:
            last = process_records_input.records[-1]
            process_records_input.checkpointer.checkpoint(last.sequence_number, last.sub_sequence_number)

    def lease_lost(self, lease_lost_input):
        pass

    def shard_ended(self, shard_ended_input):
        shard_ended_input.checkpointer.checkpoint()

    def shutdown_requested(self, shutdown_requested_input):
        shutdown_requested_input.checkpointer.checkpoint()


kcl.KCLProcess(Notes()).run()
