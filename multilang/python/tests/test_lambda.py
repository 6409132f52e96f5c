"""The shim for handlers of AWS Lambda as a process of its own."""

import json
import os
import subprocess
import sys
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
RECORD = {"kinesis": {"partitionKey": "k", "data": "SGVsbG8=", "approximateArrivalTimestamp": 1545084650.987}}


def start(*arguments):
    variables = dict(
        os.environ,
        PYTHONPATH=str(HERE.parent / "src"),
        LAMBDA_TASK_ROOT=str(HERE),
        AWS_LAMBDA_FUNCTION_NAME="fn",
        AWS_LAMBDA_FUNCTION_VERSION="$LATEST",
        AWS_LAMBDA_FUNCTION_MEMORY_SIZE="128",
        AWS_LAMBDA_LOG_GROUP_NAME="/aws/lambda/fn",
        MILLRACE_LAMBDA_FUNCTION_ARN="arn:aws:lambda:us-east-1:123456789012:function:fn",
        MILLRACE_LAMBDA_TIMEOUT="7",
    )
    return subprocess.Popen(
        [sys.executable, "-m", "millrace._lambda", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=variables,
    )


def invoke(handler, times=1):
    """The answers to some invocations, the exit code, and what was written to standard error."""
    lines = ['{"action":"initialize","shardId":"s","sequenceNumber":"LATEST","subSequenceNumber":0}']
    lines += [json.dumps({"action": "invoke", "event": {"Records": [RECORD]}})] * times
    child = start("lambda_handlers." + handler)
    out, err = child.communicate(("\n".join(lines) + "\n").encode("ascii"), timeout=30)
    answers = [json.loads(line) for line in out.splitlines() if line.strip()]
    return answers, child.returncode, err.decode("utf-8")


class LambdaTest(unittest.TestCase):
    def test_event_and_context_are_lambdas(self):
        answers, code, _ = invoke("describe")
        self.assertEqual({"action": "status", "responseFor": "initialize"}, answers[0])
        self.assertEqual({"batchItemFailures", "state"}, set(answers[1]["answer"]))
        self.assertEqual(
            {
                "records": [RECORD["kinesis"]],
                "function": "fn",
                "arn": "arn:aws:lambda:us-east-1:123456789012:function:fn",
                "version": "$LATEST",
                "memory": "128",
                "group": "/aws/lambda/fn",
                "left": True,
                "request": 36,
                "environment": ["lambda_handlers.describe", "AWS_Lambda_python"],
            },
            answers[1]["answer"]["state"],
        )
        self.assertEqual(0, code)

    def test_answers_without_parts_that_matter_are_null_and_prints_are_safe(self):
        answers, code, err = invoke("nothing", 2)
        self.assertEqual([None, None], [answer["answer"] for answer in answers[1:]])
        self.assertIn("a print is safe", err)
        self.assertIsNone(invoke("text")[0][1]["answer"])

    def test_errors_are_told_by_type_and_frames_and_the_child_lives_on(self):
        answers, code, err = invoke("throws", 2)
        self.assertEqual(["KeyError", "KeyError"], [answer["error"] for answer in answers[1:]])
        self.assertIn("lambda_handlers.py", answers[1]["trace"])
        self.assertNotIn("secret", json.dumps(answers) + err)
        self.assertEqual(0, code)

    def test_answers_that_are_no_json_or_too_large_fail(self):
        self.assertEqual("Runtime.MarshalError", invoke("not_json")[0][1]["error"])
        self.assertEqual("Runtime.MarshalError", invoke("not_a_number")[0][1]["error"])
        self.assertEqual("Function.ResponseSizeTooLarge", invoke("too_large")[0][1]["error"])

    def test_handler_that_leaves_ends_the_child(self):
        answers, code, _ = invoke("leaves")
        self.assertEqual(1, len(answers))
        self.assertEqual(3, code)

    def test_check_tells_in_one_line_what_is_wrong(self):
        for handler, said in (
            ("lambda_handlers.describe", ""),
            ("lambda_handlers.missing", "millrace: module lambda_handlers has no function missing"),
            ("lambda_handlers.not_callable", "millrace: module lambda_handlers has no function not_callable"),
            ("none.handler", "millrace: module none cannot be imported: ModuleNotFoundError: No module named 'none'"),
        ):
            with self.subTest(handler):
                child = start("--check", handler)
                _, err = child.communicate(timeout=30)
                self.assertEqual(said, err.decode("utf-8").strip())
                self.assertEqual(2 if said else 0, child.returncode)


if __name__ == "__main__":
    unittest.main()
