"""Handlers of AWS Lambda, as they stand in its documentation and otherwise."""

import os


def describe(event, context):
    return {
        "batchItemFailures": [],
        "state": {
            "records": [record["kinesis"] for record in event["Records"]],
            "function": context.function_name,
            "arn": context.invoked_function_arn,
            "version": context.function_version,
            "memory": context.memory_limit_in_mb,
            "group": context.log_group_name,
            "left": 0 < context.get_remaining_time_in_millis() <= 7000,
            "request": len(context.aws_request_id),
            "environment": [os.environ["_HANDLER"], os.environ["AWS_EXECUTION_ENV"][:17]],
        },
        "other": 1,
    }


def nothing(event, context):
    print("a print is safe")


def text(event, context):
    return "batchItemFailures"


def throws(event, context):
    raise KeyError("a secret")


def not_json(event, context):
    return {"state": {1, 2}}


def not_a_number(event, context):
    return {"state": float("nan")}


def too_large(event, context):
    return {"other": "x" * (6 * 1024 * 1024)}


def leaves(event, context):
    raise SystemExit(3)


not_callable = 7
