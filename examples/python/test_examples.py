"""Tests the examples without a server and without Java."""

import base64
import json
import unittest
from pathlib import Path

from clickstream import Sessions
from lambda_window import lambda_handler
from millrace.testing import TestShard
from word_count import WordCount

CLICKS = (Path(__file__).resolve().parent.parent / "clicks.jsonl").read_text(encoding="utf-8").splitlines()


class WordCountTest(unittest.TestCase):
    def test_counts_go_on_from_batch_to_batch(self) -> None:
        counter = WordCount()
        shard = TestShard(counter)
        shard.put("The mill", "the race")
        with self.assertLogs("word_count", "INFO") as logged:
            shard.process()
            shard.put(b"mill \xff")
            shard.process()
        self.assertEqual(dict(the=2, mill=2, race=1, **{"\ufffd": 1}), counter.counts)
        self.assertEqual("so far: the 2, mill 1, race 1", logged.records[0].getMessage())
        self.assertEqual(3, shard.checkpointed)


class SessionsTest(unittest.TestCase):
    def setUp(self) -> None:
        self.told: list = []
        self.shard = TestShard(Sessions(self.told.append))

    def test_pause_of_more_than_half_an_hour_ends_a_session(self) -> None:
        self.shard.put(*CLICKS)
        self.shard.process(most=7)
        self.assertEqual([], self.told)
        self.shard.process()
        self.assertEqual(
            [
                "session of bob: 1140 s, / /stones",
                "session of ada: 330 s, / /mills /cart",
                "session of cyd: 1800 s, /stones /",
            ],
            self.told,
        )

    def test_sessions_of_users_who_click_no_more_end_as_well(self) -> None:
        self.shard.put(CLICKS[0], CLICKS[-2])
        self.shard.process()
        self.assertEqual(["session of ada: 0 s, /"], self.told)

    def test_what_is_open_is_told_when_the_shard_goes(self) -> None:
        self.shard.put(*CLICKS[:3])
        self.shard.process()
        self.shard.shutdown()
        self.assertEqual(["session of ada: 120 s, / /mills", "session of bob: 0 s, /"], self.told)

    def test_batch_that_fails_counts_for_nothing(self) -> None:
        self.shard.put(CLICKS[0], "no click")
        with self.assertRaises(ValueError):
            self.shard.process()
        self.shard.process(most=1)
        self.shard.lose()
        self.assertEqual(["session of ada: 0 s, /"], self.told)


class LambdaTest(unittest.TestCase):
    def test_state_grows_until_the_window_is_told(self) -> None:
        state = lambda_handler(window({}, *CLICKS[:3]), None)["state"]
        self.assertEqual({"/": 2, "/mills": 1}, state)
        state = lambda_handler(window(state, CLICKS[3]), None)["state"]
        with self.assertLogs(level="INFO") as logged:
            lambda_handler(window(state, is_final=True), None)
        self.assertEqual(
            ['window of 2020-01-01T10:00:00Z: {"/": 2, "/mills": 1, "/stones": 1}'],
            [record.getMessage() for record in logged.records],
        )


def window(state, *clicks, is_final=False):
    """The parts of Lambda's event that matter here."""
    return {
        "Records": [{"kinesis": {"data": base64.b64encode(click.encode()).decode()}} for click in clicks],
        "window": {"start": "2020-01-01T10:00:00Z", "end": "2020-01-01T10:00:05Z"},
        "state": state,
        "isFinalInvokeForWindow": is_final,
    }


if __name__ == "__main__":
    unittest.main()
