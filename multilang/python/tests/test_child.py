"""The child as a process of its own, told by a pipe what a daemon would tell it."""

import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
TIMEOUT = 30


class Daemon:
    """The other end of a child's pipes."""

    def __init__(self, handler, **environment):
        variables = dict(os.environ, PYTHONPATH=os.pathsep.join((str(HERE.parent / "src"), str(HERE))), **environment)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "millrace", "child", handler],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=variables,
        )

    def tell(self, action, **fields):
        line = json.dumps({"action": action, **fields}, separators=(",", ":"))
        self.process.stdin.write(line.encode("ascii") + b"\n")
        self.process.stdin.flush()

    def hear(self):
        for line in iter(self.process.stdout.readline, b""):
            if line.strip():
                return json.loads(line)
        return None

    def initialize(self):
        self.tell("initialize", shardId="shardId-7", sequenceNumber="TRIM_HORIZON", subSequenceNumber=0)
        return self.hear()

    def records(self, *data):
        self.tell(
            "processRecords",
            records=[
                {
                    "data": base64.b64encode(payload).decode("ascii"),
                    "partitionKey": "k\u00e9y",
                    "sequenceNumber": str(number + 1),
                    "approximateArrivalTimestamp": 1700000000123,
                    "subSequenceNumber": 0,
                    "action": "record",
                }
                for number, payload in enumerate(data)
            ],
            millisBehindLatest=5,
        )

    def end(self):
        out, err = self.process.communicate(timeout=TIMEOUT)
        return self.process.returncode, out, err.decode("utf-8")


class ChildTest(unittest.TestCase):
    def start(self, handler, **environment):
        daemon = Daemon(handler, **environment)
        self.addCleanup(daemon.process.wait, TIMEOUT)
        self.addCleanup(daemon.process.kill)
        for stream in (daemon.process.stdin, daemon.process.stdout, daemon.process.stderr):
            self.addCleanup(stream.close)
        return daemon

    def test_prints_do_not_disturb_the_protocol(self):
        daemon = self.start("handlers:printing", MILLRACE_PROTOCOL="1")
        self.assertEqual(daemon.initialize(), {"action": "status", "responseFor": "initialize"})
        daemon.records(b"one", "zwei \u00fc".encode())
        self.assertEqual(
            daemon.hear(), {"action": "status", "responseFor": "processRecords", "processed": True}
        )
        daemon.tell("leaseLost")
        self.assertEqual(daemon.hear(), {"action": "status", "responseFor": "leaseLost"})
        code, _, err = daemon.end()
        self.assertEqual(code, 0)
        self.assertIn("zwei \u00fc of shardId-7", err)

    def test_failure_is_told_with_its_type_and_frames_and_without_its_message(self):
        daemon = self.start("handlers:failing", MILLRACE_PROTOCOL="1")
        daemon.initialize()
        daemon.records(b"payload")
        status = daemon.hear()
        self.assertEqual(status["error"], "KeyError")
        self.assertRegex(
            status["trace"],
            r"^at handlers\.py:\d+ failing; caused by ValueError at handlers\.py:\d+ inner < handlers\.py:\d+ failing$",
        )
        self.assertNotIn("processed", status)
        daemon.records(b"payload")
        self.assertEqual(daemon.hear()["error"], "KeyError")
        code, _, err = daemon.end()
        self.assertEqual(code, 0)
        self.assertNotIn("secret", err)

    def test_failure_ends_the_process_where_the_daemon_is_not_ours(self):
        daemon = self.start("handlers:failing")
        daemon.initialize()
        daemon.records(b"payload")
        self.assertIsNone(daemon.hear())
        code, _, err = daemon.end()
        self.assertEqual(code, 1)
        self.assertIn("ERROR millrace: KeyError at handlers.py:", err)
        self.assertNotIn("secret", err)

    def test_another_daemon_sees_nothing_but_its_own_protocol(self):
        daemon = self.start("handlers:asynchronous")
        daemon.initialize()
        daemon.records(b"one", b"two")
        self.assertEqual(daemon.hear(), {"action": "status", "responseFor": "processRecords"})
        daemon.tell("shutdownRequested")
        asked = daemon.hear()
        self.assertEqual(asked, {"action": "checkpoint", "sequenceNumber": "2", "subSequenceNumber": 0})
        daemon.tell("checkpoint", sequenceNumber="2", subSequenceNumber=0, error=None)
        self.assertEqual(daemon.hear(), {"action": "status", "responseFor": "shutdownRequested"})

    def test_end_of_the_shard_is_checkpointed(self):
        daemon = self.start("handlers:Counting", MILLRACE_PROTOCOL="1")
        daemon.initialize()
        daemon.records(b"1", b"2", b"3")
        daemon.hear()
        daemon.tell("shardEnded")
        self.assertEqual(
            daemon.hear(), {"action": "checkpoint", "sequenceNumber": None, "subSequenceNumber": None}
        )
        daemon.tell("checkpoint", sequenceNumber=None, subSequenceNumber=None, error=None)
        self.assertEqual(daemon.hear(), {"action": "status", "responseFor": "shardEnded"})
        code, _, err = daemon.end()
        self.assertEqual(code, 0)
        self.assertIn("WARNING app: starts after TRIM_HORIZON", err)
        self.assertIn("INFO app: 3 records", err)

    def test_refused_checkpoint_is_the_handlers_failure(self):
        daemon = self.start("handlers:checkpointing", MILLRACE_PROTOCOL="1")
        daemon.initialize()
        daemon.records(b"1", b"2")
        self.assertEqual(daemon.hear(), {"action": "checkpoint", "sequenceNumber": "1", "subSequenceNumber": 0})
        daemon.tell("checkpoint", sequenceNumber="1", subSequenceNumber=0, error="ThrottlingException")
        self.assertEqual(daemon.hear()["error"], "CheckpointError")
        daemon.records(b"1", b"2")
        daemon.hear()
        daemon.tell("checkpoint", sequenceNumber="1", subSequenceNumber=0, error="ShutdownException")
        self.assertEqual(daemon.hear()["error"], "LeaseLost")
        daemon.records(b"1", b"2")
        daemon.hear()
        daemon.tell("checkpoint", sequenceNumber="1", subSequenceNumber=0, error=None)
        self.assertEqual(daemon.hear()["error"], "OSError")

    def test_handler_whose_work_is_not_done_when_it_returns_has_failed(self):
        daemon = self.start("handlers:returning_later", MILLRACE_PROTOCOL="1")
        daemon.initialize()
        daemon.records(b"1")
        status = daemon.hear()
        self.assertEqual(status["error"], "TypeError")
        self.assertNotIn("processed", status)

    def test_handler_with_a_yield_is_refused(self):
        code, _, err = self.start("handlers:yielding").end()
        self.assertEqual(code, 1)
        self.assertIn("handlers:yielding has a yield in it", err)

    def test_cancelled_task_is_the_handlers_failure_and_shows_no_message(self):
        daemon = self.start("handlers:cancelled", MILLRACE_PROTOCOL="1")
        daemon.initialize()
        daemon.records(b"payload")
        self.assertEqual(daemon.hear()["error"], "CancelledError")
        code, _, err = daemon.end()
        self.assertEqual(code, 0)
        self.assertNotIn("secret", err)

    def test_parameters_with_defaults_are_the_users_own(self):
        daemon = self.start("handlers:WithDefault", MILLRACE_PROTOCOL="1")
        self.assertEqual(daemon.initialize(), {"action": "status", "responseFor": "initialize"})

    def test_exit_is_an_exit(self):
        daemon = self.start("handlers:leaving", MILLRACE_PROTOCOL="1")
        daemon.initialize()
        daemon.records(b"1")
        self.assertIsNone(daemon.hear())
        self.assertEqual(daemon.end()[0], 3)

    def test_handler_cannot_eat_the_protocol(self):
        daemon = self.start("handlers:reading", MILLRACE_PROTOCOL="1")
        daemon.initialize()
        daemon.records(b"1")
        self.assertTrue(daemon.hear()["processed"])

    def test_garbage_ends_the_process_with_one_line(self):
        for line in (b"no json\n", b"[1]\n", b'{"no":"action"}\n', b'{"action":"dance"}\n'):
            daemon = self.start("handlers:printing", MILLRACE_PROTOCOL="1")
            daemon.process.stdin.write(line)
            code, _, err = daemon.end()
            self.assertEqual(code, 1)
            self.assertEqual(len(err.splitlines()), 1, err)
            self.assertTrue(err.startswith("ERROR millrace: the daemon sent"), err)

    def test_handler_that_is_not_there_is_one_line(self):
        for name, why in (
            ("handlers:nothing", "module handlers has no nothing"),
            ("nowhere:handler", "module nowhere cannot be imported"),
            ("handlers:not_a_handler", "is neither a function nor"),
            ("handlers:WithoutProcess", "has no method process(batch)"),
            ("handlers", "not a handler (MODULE:NAME)"),
        ):
            code, _, err = self.start(name).end()
            self.assertEqual(code, 1)
            self.assertEqual(len(err.splitlines()), 1, err)
            self.assertIn(why, err)


class CommandTest(unittest.TestCase):
    def command(self, *arguments, **environment):
        variables = dict(os.environ, PYTHONPATH=os.pathsep.join((str(HERE.parent / "src"), str(HERE))), **environment)
        return subprocess.run(
            [sys.executable, "-m", "millrace", *arguments],
            env=variables, capture_output=True, text=True, timeout=TIMEOUT, check=False,
        )

    def test_help_and_wrong_command_lines(self):
        self.assertEqual(self.command("--help").returncode, 0)
        self.assertEqual(self.command("dance").returncode, 2)
        self.assertEqual(self.command("run").returncode, 2)
        refused = self.command("run", "handlers:nothing")
        self.assertEqual((refused.returncode, refused.stderr), (2, "millrace: module handlers has no nothing\n"))

    def test_thread_of_the_users_module_does_not_keep_the_runner(self):
        with tempfile.TemporaryDirectory() as home:
            java = Path(home) / "bin" / "java"
            java.parent.mkdir()
            for program, code in ((java, 0), (Path(home) / "millrace", 7)):
                program.write_text(f"#!/bin/sh\nexit {code}\n", encoding="ascii")
                program.chmod(0o755)
            ran = self.command("run", "threaded:handler", "--app", "a", MILLRACE_HOME=home, JAVA_HOME=home)
        self.assertEqual((ran.returncode, ran.stdout), (7, "the thread runs\n"), ran.stderr)

    def test_module_that_ends_or_tells_much_is_one_line(self):
        for name, why in (("leaves", "SystemExit: 0"), ("complains", "RuntimeError: one")):
            ran = self.command("run", f"broken.{name}:handler")
            self.assertEqual(
                (ran.returncode, ran.stderr), (2, f"millrace: module broken.{name} cannot be imported: {why}\n")
            )

    def test_jars_of_the_wheel_are_started_where_there_is_no_checkout(self):
        with tempfile.TemporaryDirectory() as home:
            site = Path(home) / "site"
            shutil.copytree(HERE.parent / "src" / "millrace", site / "millrace")
            (site / "millrace_daemon").mkdir()
            (site / "millrace_daemon" / "__init__.py").write_text("jars = lambda: ['a.jar', 'b.jar']\n", encoding="ascii")
            path = os.pathsep.join((str(site), str(HERE)))
            ran = self.wheel(home, 21, path)
            words = ran.stdout.split()
            self.assertEqual(ran.returncode, 0, ran.stderr)
            at = words.index("-cp")
            self.assertEqual(words[at + 1 : at + 4], ["a.jar:b.jar", "io.millrace.cli.Millrace", "daemon"])
            self.assertEqual(words[at + 5 :], ["--app", "a"])
            self.assertNotIn("--enable-native-access=ALL-UNNAMED", words)
            self.assertIn("--enable-native-access=ALL-UNNAMED", self.wheel(home, 22, path).stdout)
            old = self.wheel(home, 11, path)
            self.assertEqual(
                (old.returncode, old.stderr),
                (1, f"millrace: Java 17 or newer is needed, and {home}/bin/java is 11: set JAVA_HOME to a newer one\n"),
            )

    def wheel(self, home, version, path):
        """Runs a handler with a Java of this version, which says how it was started."""
        java = Path(home) / "bin" / "java"
        java.parent.mkdir(exist_ok=True)
        java.write_text(
            f'#!/bin/sh\n[ "$1" = -version ] && echo \'openjdk version "{version}.0.1"\' >&2 || echo "$@"\n', encoding="ascii"
        )
        java.chmod(0o755)
        variables = {name: value for name, value in os.environ.items() if not name.startswith("MILLRACE_")}
        variables.update(PYTHONPATH=path, JAVA_HOME=home)
        return subprocess.run(
            [sys.executable, "-m", "millrace", "run", "handlers:printing", "--app", "a"],
            env=variables, capture_output=True, text=True, timeout=TIMEOUT, check=False,
        )

    def test_missing_java_and_missing_launcher_are_one_line(self):
        without = self.command("run", "handlers:printing", JAVA_HOME="/nowhere")
        self.assertEqual(without.returncode, 1)
        self.assertEqual(
            without.stderr, "millrace: JAVA_HOME (/nowhere) has no bin/java; set it to a JDK 17 or newer\n"
        )


if __name__ == "__main__":
    unittest.main()
