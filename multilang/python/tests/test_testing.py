"""The testing twin does what the daemon does."""

import unittest

from millrace import CheckpointRefused, LeaseLost, Record
from millrace.testing import TestShard


class TestingTest(unittest.TestCase):
    def test_records_come_in_order_and_the_checkpoint_follows(self):
        seen = []
        shard = TestShard(lambda batch: seen.extend(record.data for record in batch))
        shard.put(b"1", "zwei", key="a")
        shard.put(b"3", key="b")
        self.assertEqual(shard.process(most=2), 2)
        self.assertEqual((seen, shard.checkpointed), ([b"1", b"zwei"], 2))
        self.assertEqual(shard.process(), 1)
        self.assertEqual(shard.checkpointed, 3)

    def test_failed_batch_comes_again_behind_what_was_checkpointed(self):
        calls = []

        def handler(batch):
            calls.append([record.data for record in batch])
            if len(calls) == 1:
                batch.checkpoint(batch[0])
                raise ValueError("once")

        shard = TestShard(handler)
        shard.put(b"1", b"2", b"3")
        with self.assertRaises(ValueError):
            shard.process()
        shard.process()
        self.assertEqual(calls, [[b"1", b"2", b"3"], [b"2", b"3"]])

    def test_lost_shard_refuses_checkpoints_and_saves_nothing(self):
        told = []

        class Handler:
            def process(self, batch):
                shard.lose_silently()
                try:
                    batch.checkpoint()
                except LeaseLost:
                    told.append(batch.lease_lost)

            async def lease_lost(self):
                told.append("lost")

        shard = TestShard(Handler)
        shard.put(b"1")
        shard.process()
        shard.lose()
        self.assertEqual((told, shard.checkpointed), ([True, "lost"], 0))

    def test_checkpoints_out_of_bounds_are_refused(self):
        def handler(batch):
            batch.checkpoint("9")

        shard = TestShard(handler)
        shard.put(b"1")
        with self.assertRaises(CheckpointRefused):
            shard.process()

    def test_end_and_shutdown_are_told(self):
        told = []

        class Handler:
            def __init__(self, shard):
                told.append(shard.id)

            def process(self, batch):
                told.append(len(batch))

            def shard_ended(self):
                told.append("ended")

            def shutdown_requested(self, checkpointer):
                checkpointer.checkpoint()
                told.append("shutdown")

        shard = TestShard(Handler)
        shard.put(b"1")
        shard.end()
        self.assertTrue(shard.ended)
        TestShard(Handler).shutdown()
        self.assertEqual(told, ["shardId-000000000000", 1, "ended", "shardId-000000000000", "shutdown"])

    def test_records_show_neither_data_nor_key(self):
        self.assertEqual(repr(Record(b"secret", "secret", "7", 1)), "Record(7/1, 6 bytes)")


if __name__ == "__main__":
    unittest.main()
