"""The frames: golden vectors, the child over a socket, and inputs by chance."""

import base64
import json
import os
import pickle
import random
import socket
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from millrace import Record
from millrace._frames import Columns, Frames, door
from millrace._lines import Child, parsed
from millrace.errors import ProtocolError

from . import frames as golden

HERE = Path(__file__).resolve().parent
TIMEOUT = 30

# How many inputs the fuzzers take; a million by hand.
INPUTS = int(os.environ.get("MILLRACE_FUZZ", "2000"))


def received(data):
    """All messages of these bytes, as a child has them."""
    ours, theirs = socket.socketpair()
    with ours, theirs, tempfile.TemporaryFile() as file:
        file.write(data)
        file.seek(0)
        frames = Frames(ours)
        frames._receive_bytes = file.read
        messages = list(iter(frames.receive, None))
    for message in messages:
        if message["action"] == "processRecords":
            message["records"] = [golden.fields(record) for record in message["records"]]
    return messages


class GoldenTest(unittest.TestCase):
    def test_frames_in_both_directions(self):
        vectors = list(golden.good())
        self.assertEqual(len(vectors), 4)
        for records, behind, data in vectors:
            self.assertEqual(golden.frame(records, behind), data)
            expected = {"action": "processRecords", "records": records, "millisBehindLatest": behind}
            self.assertEqual(received(data + data), [expected, expected])

    def test_bytes_that_are_no_frame(self):
        self.assertGreater(len(golden.bad()), 10)
        for data, words in golden.bad():
            with self.subTest(words=words), self.assertRaisesRegex(ProtocolError, words):
                received(data)

    def test_messages_to_the_daemon(self):
        for words, data in golden.said():
            ours, theirs = socket.socketpair()
            with ours, theirs:
                frames = Frames(ours)
                if words[0] == "hello":
                    frames.send({"action": "hello", "frames": 1, "token": words[1]})
                elif words[0] == "checkpoint":
                    theirs.sendall(b'{"action":"checkpoint","error":null}\n')
                    number, sub = words[1:]
                    frames.checkpoint(None if number == "-" else number, None if sub == "-" else int(sub))
                else:
                    message = {"action": "status", "responseFor": words[1]}
                    frames.send({**message, "processed": True} if words[2] == "processed" else message)
                self.assertEqual(theirs.recv(1000), data)


class RecordTest(unittest.TestCase):
    def records(self):
        return Columns(golden.frame([(b"one", "k", "1", 0, 1000), (b"two", "l", "2", 3, 2000)])[24:], 2)

    def test_record_of_a_frame_is_a_record(self):
        records = self.records()
        first = records[0]
        self.assertIsInstance(first, Record)
        plain = Record(first.data, first.partition_key, first.sequence_number, 0, first.arrived)
        self.assertEqual(first, plain)
        self.assertEqual(plain, first)
        self.assertEqual(hash(first), hash(plain))
        self.assertEqual(pickle.loads(pickle.dumps(first)), plain)
        self.assertEqual(repr(first), "Record(1/0, 3 bytes)")
        for name in ("data", "partition_key", "anything"):
            with self.assertRaises(AttributeError):
                setattr(first, name, None)

    def test_records_are_a_sequence(self):
        records = self.records()
        self.assertEqual([record.data for record in records], [b"one", b"two"])
        self.assertEqual(records[-1].sub_sequence_number, 3)
        self.assertEqual(records[:1], [records[0]])
        self.assertEqual(len(records), 2)
        with self.assertRaises(IndexError):
            records[2]


class Daemon:
    """The other end of a child's socket."""

    def __init__(self, test, handler, **environment):
        self.folder = tempfile.TemporaryDirectory()
        file = os.path.join(self.folder.name, "s")
        self.server = socket.socket(socket.AF_UNIX)
        self.server.bind(file)
        self.server.listen()
        self.server.settimeout(TIMEOUT)
        variables = dict(
            os.environ,
            PYTHONPATH=os.pathsep.join((str(HERE.parent / "src"), str(HERE))),
            MILLRACE_PROTOCOL="1",
            MILLRACE_FRAMES="1",
            MILLRACE_SOCKET=file,
            MILLRACE_TOKEN="secret",
            MILLRACE_STREAM="first",
            **environment,
        )
        self.process = subprocess.Popen(
            [sys.executable, "-m", "millrace", "child", handler],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=variables,
        )
        self.opened = [self.server, self.folder]
        test.addCleanup(self.close)

    def accept(self, token="secret"):
        connection, _ = self.server.accept()
        connection.settimeout(TIMEOUT)
        shard = Shard(connection)
        assert shard.hear() == {"action": "hello", "frames": 1, "token": token}
        self.opened += [shard.lines, connection]
        return shard

    def close(self):
        self.process.kill()
        self.process.wait(TIMEOUT)
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            stream.close()
        for one in reversed(self.opened):
            (one.cleanup if one is self.folder else one.close)()

    def end(self):
        out, err = self.process.communicate(timeout=TIMEOUT)
        return self.process.returncode, out.decode("utf-8"), err.decode("utf-8")


class Shard:
    def __init__(self, connection):
        self.connection = connection
        self.lines = connection.makefile("rb")

    def tell(self, action, **fields):
        self.connection.sendall(json.dumps({"action": action, **fields}).encode("ascii") + b"\n")

    def hear(self):
        for line in iter(self.lines.readline, b""):
            if line.strip():
                return json.loads(line)
        return None

    def initialize(self, name="shardId-7"):
        self.tell("initialize", shardId=name, sequenceNumber="TRIM_HORIZON", subSequenceNumber=0)
        assert self.hear() == {"action": "status", "responseFor": "initialize"}

    def records(self, *data):
        numbers = range(1, len(data) + 1)
        self.connection.sendall(
            golden.frame([(payload, "k\u00e9y", str(number), 0, 1000) for number, payload in zip(numbers, data)])
        )

    def end(self):
        self.connection.shutdown(socket.SHUT_WR)
        assert self.hear() is None


PROCESSED = {"action": "status", "responseFor": "processRecords", "processed": True}


class ChildTest(unittest.TestCase):
    def test_child_over_a_socket_prints_to_its_own_output(self):
        daemon = Daemon(self, "handlers:printing")
        shard = daemon.accept()
        shard.initialize()
        shard.records(b"one", "zwei \u00fc".encode())
        self.assertEqual(shard.hear(), PROCESSED)
        shard.tell("leaseLost")
        self.assertEqual(shard.hear(), {"action": "status", "responseFor": "leaseLost"})
        shard.end()
        self.assertEqual(
            daemon.end(), (0, "one of shardId-7\nzwei \u00fc of shardId-7\nhalf a line without an end", "")
        )

    def test_records_may_come_before_a_status_and_before_the_answer_to_a_checkpoint(self):
        daemon = Daemon(self, "handlers:checkpointing")
        shard = daemon.accept()
        shard.initialize()
        shard.records(b"1", b"2")
        shard.records(b"3", b"4")
        for _ in range(2):
            self.assertEqual(shard.hear(), {"action": "checkpoint", "sequenceNumber": "1", "subSequenceNumber": 0})
            shard.tell("checkpoint", sequenceNumber="1", subSequenceNumber=0, error=None)
            self.assertEqual(shard.hear()["error"], "OSError")

    def test_one_process_serves_several_shards_until_one_fails(self):
        daemon = Daemon(self, "handlers:ByShard")
        control = daemon.accept()
        shards = []
        for number, stream in enumerate(("first", "second")):
            control.tell("open", token=f"t{number}", stream=stream)
            shards.append(daemon.accept(f"t{number}"))
            shards[-1].initialize(f"shardId-{number}")
        for shard in shards + shards:
            shard.records(b"1")
            self.assertEqual(shard.hear(), PROCESSED)
        shards[0].end()
        shards[1].records(b"leave")
        self.assertIsNone(shards[1].hear())
        code, out, _ = daemon.end()
        self.assertEqual(code, 3)
        self.assertEqual(out.split(), ["first/shardId-0:1", "second/shardId-1:1", "first/shardId-0:2", "second/shardId-1:2"])

    def test_process_of_several_shards_ends_once_nobody_needs_it(self):
        daemon = Daemon(self, "handlers:ByShard")
        control = daemon.accept()
        control.tell("open", token="t", stream="first")
        shard = daemon.accept("t")
        shard.initialize()
        shard.end()
        control.end()
        self.assertEqual(daemon.end()[0], 0)

    def test_socket_that_is_not_there_means_lines(self):
        daemon = Daemon(self, "handlers:printing")
        daemon.server.close()
        daemon.process.kill()
        variables = {"MILLRACE_FRAMES": "1", "MILLRACE_SOCKET": "/nowhere", "MILLRACE_TOKEN": "t"}
        process = subprocess.run(
            [sys.executable, "-m", "millrace", "child", "handlers:printing"],
            input=b'{"action":"initialize","shardId":"shardId-7"}\n',
            env=dict(os.environ, PYTHONPATH=os.pathsep.join((str(HERE.parent / "src"), str(HERE))), **variables),
            capture_output=True,
            timeout=TIMEOUT,
            check=True,
        )
        self.assertEqual(json.loads(process.stdout), {"action": "status", "responseFor": "initialize"})

    def test_daemon_that_closes_at_once_and_frames_out_of_bounds_are_one_line(self):
        data, words = golden.bad()[8]
        for told, why in ((b"", "the daemon closed the socket at once"), (data, words)):
            daemon = Daemon(self, "handlers:printing")
            shard = daemon.accept()
            if told:
                shard.initialize()
                shard.connection.sendall(told)
            shard.end()
            code, _, err = daemon.end()
            self.assertEqual((code, len(err.splitlines())), (1, 1), err)
            self.assertIn(why, err)

    def test_door_takes_the_token_out_of_the_environment(self):
        variables = {"MILLRACE_FRAMES": "3", "MILLRACE_SOCKET": "s", "MILLRACE_TOKEN": "t", "OTHER": "1"}
        self.assertEqual(door(variables), ("s", "t"))
        self.assertEqual(variables, {"OTHER": "1"})
        self.assertIsNone(door({"MILLRACE_FRAMES": "x", "MILLRACE_SOCKET": "s"}))
        self.assertIsNone(door({}))


class FuzzTest(unittest.TestCase):
    """Any bytes are messages, or end the child with one line: a ProtocolError."""

    def test_any_records_come_back(self):
        chance = random.Random(7)
        for _ in range(INPUTS // 10):
            records = [
                (
                    chance.randbytes(chance.randrange(40)),
                    "".join(chr(chance.choice((chance.randrange(1, 0xD800), chance.randrange(0xE000, 0x110000)))) for _ in range(5)),
                    str(chance.getrandbits(190)),
                    chance.randrange(1 << 31),
                    chance.randrange(1 << 45),
                )
                for _ in range(chance.randrange(6))
            ]
            behind = chance.randrange(1 << 40)
            self.assertEqual(
                received(golden.frame(records, behind)),
                [{"action": "processRecords", "records": records, "millisBehindLatest": behind}],
            )

    def test_any_bytes_of_frames(self):
        chance = random.Random(11)
        seeds = [data for _, _, data in golden.good()] + [data for data, _ in golden.bad()]
        well = 0
        ours, theirs = socket.socketpair()
        frames = Frames(ours)
        self.addCleanup(theirs.close)
        self.addCleanup(frames.close)
        frames._receive_bytes = lambda size: b""
        for _ in range(INPUTS):
            data = changed(chance.choice(seeds), chance)
            frames._buffer, frames._at = data, 0
            try:
                for message in iter(frames.receive, None):
                    if message["action"] == "processRecords" and isinstance(message["records"], Columns):
                        for record in message["records"]:
                            golden.fields(record)
                            well += 1
            except (OverflowError, ValueError) as failure:
                # A time that no calendar of Python has.
                self.assertRegex(str(failure), "year|range|timestamp|large")
            except ProtocolError:
                pass
        self.assertGreater(well, INPUTS // 10)

    def test_any_bytes_of_lines(self):
        chance = random.Random(13)
        seeds = [
            b'{"action":"initialize","shardId":"s","sequenceNumber":"1","subSequenceNumber":0}\n',
            b'{"action":"processRecords","records":[{"data":"AQL6","partitionKey":"k","sequenceNumber":"123",'
            b'"approximateArrivalTimestamp":1700000000123,"subSequenceNumber":0,"action":"record"}],"millisBehindLatest":5}\n',
        ]
        well = 0
        for _ in range(INPUTS):
            try:
                message = parsed(changed(chance.choice(seeds), chance))
                if message["action"] == "processRecords":
                    Child(Nothing(), None)._process(message)
                well += 1
            except ProtocolError:
                pass
        self.assertGreater(well, INPUTS // 10)


class Nothing:
    def process(self, batch):
        pass


def changed(seed, chance):
    data = bytearray(seed)
    if chance.randrange(8) == 0:
        del data[chance.randrange(len(data)) :]
    for _ in range(chance.randrange(4)):
        if data:
            data[chance.randrange(len(data))] = chance.randrange(256)
    return bytes(data)


if __name__ == "__main__":
    unittest.main()
