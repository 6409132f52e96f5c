"""Handlers that look at records, for benchmarks/run-multilang."""

from notes import Notes


class Data:
    def __init__(self):
        self.bytes = 0

    def process(self, batch):
        total = 0
        for record in batch:
            total += len(record.data)
        self.bytes += total


class Everything:
    def __init__(self):
        self.bytes = 0

    def process(self, batch):
        for record in batch:
            self.bytes += len(record.data) + len(record.partition_key) + len(record.sequence_number)
            self.bytes += record.sub_sequence_number + record.arrived.year


class Counting(Data):
    def __init__(self, shard):
        super().__init__()
        self.notes = Notes(shard.id)

    def process(self, batch):
        super().process(batch)
        self.notes.count(len(batch))
