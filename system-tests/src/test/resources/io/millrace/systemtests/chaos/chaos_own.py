"""A handler of our own package, for chaos."""
import chaos_deeds


class Chaos:
    def start(self, shard):
        self.life = chaos_deeds.Life(shard.id)

    def process(self, batch):
        self.life.process([(record.partition_key, record.data.decode("ascii")) for record in batch], None)

    def lease_lost(self):
        self.life.over("LOST")

    def shutdown_requested(self):
        self.life.over("RELEASED")

    def shard_ended(self):
        self.life.over("ENDED")
