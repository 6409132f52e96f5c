"""Handlers of every form, for the tests; they print what they are given, which must not disturb the protocol."""

import asyncio
import logging
import sys


def printing(batch):
    for record in batch:
        print(record.data.decode("utf-8"), "of", batch.shard.id)
    sys.stdout.write("half a line without an end")


async def asynchronous(batch):
    for record in batch:
        print(record.data.decode("utf-8"))


def failing(batch):
    def inner():
        raise ValueError("secret " + batch[0].data.decode("utf-8"))

    try:
        inner()
    except ValueError as cause:
        raise KeyError("secret too") from cause


def checkpointing(batch):
    batch.checkpoint(batch[0])
    raise OSError("after the first")


def leaving(batch):
    sys.exit(3)


def reading(batch):
    assert sys.stdin.read() == ""


def yielding(batch):
    yield batch


def returning_later(batch):
    return (record for record in batch)


async def cancelled(batch):
    try:
        raise ValueError("secret " + batch[0].data.decode("utf-8"))
    except ValueError:
        task = asyncio.ensure_future(asyncio.sleep(60))
        task.cancel()
        await task


class WithDefault:
    def __init__(self, client=None):
        assert client is None

    def process(self, batch):
        pass


class Counting:
    def __init__(self, shard):
        self.shard = shard
        self.count = 0

    def start(self, shard):
        logging.getLogger("app").warning("starts after %s", shard.sequence_number)

    async def process(self, batch):
        self.count += len(batch)

    def shard_ended(self):
        logging.getLogger("app").info("%d records", self.count)

    def lease_lost(self):
        logging.getLogger("app").info("lost after %d", self.count)


class WithoutProcess:
    pass


not_a_handler = 7


class ByShard:
    """Counts what each shard was given; leaves when it is told to."""

    def __init__(self, shard):
        self.shard = shard
        self.count = 0

    async def process(self, batch):
        if batch[0].data == b"leave":
            sys.exit(3)
        self.count += len(batch)
        print(f"{self.shard.stream}/{self.shard.id}:{self.count}")
