"""A handler of our own package. Notes every record in a file of its own, and fails once in each process."""
import base64
import os
import time


class Notes:
    def __init__(self, shard):
        assert shard.stream == "orders" and shard.application == "app"
        path = "%s/%s-%d-%s" % (os.environ["NOTES"], shard.id, os.getpid(), shard.sequence_number)
        self.out = open(path, "a", encoding="utf-8")
        self.has_failed = False

    async def process(self, batch):
        for record in batch:
            data = base64.b64encode(record.data).decode("ascii")
            self.out.write("%d\t%s\t%s\n" % (time.time_ns(), data, record.partition_key))
        self.out.flush()
        print("print without a line's end", end="", flush=True)
        if not self.has_failed and len(batch) > 1:
            self.has_failed = True
            batch.checkpoint(batch[0])
            raise ValueError("customer-secret")
