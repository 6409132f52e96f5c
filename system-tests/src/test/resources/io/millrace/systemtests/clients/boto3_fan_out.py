"""Enhanced fan-out through boto3 (HTTP/1.1): every fact that fails ends the script with a line that says so.

Usage: boto3_fan_out.py ENDPOINT
"""

import sys
import time

import boto3
import botocore.config
from botocore.exceptions import EventStreamError

STREAM = "boto3-fan-out"
FIRST = "shardId-000000000000"


def check(condition, text):
    if not condition:
        raise SystemExit("FAILED: " + text)


def wait_until(condition, text):
    deadline = time.monotonic() + 20
    while not condition():
        check(time.monotonic() < deadline, text)


def wait_until_active(kinesis):
    wait_until(
        lambda: kinesis.describe_stream_summary(StreamName=STREAM)["StreamDescriptionSummary"]["StreamStatus"]
        == "ACTIVE",
        "the stream becomes ACTIVE",
    )


def register(kinesis, arn, name):
    consumer = kinesis.register_stream_consumer(StreamARN=arn, ConsumerName=name)["Consumer"]
    check(consumer["ConsumerStatus"] == "CREATING", f"a new consumer is CREATING: {consumer}")
    try:
        subscribe(kinesis, consumer["ConsumerARN"], FIRST, Type="LATEST")
        raise SystemExit("FAILED: a consumer that is CREATING may read")
    except kinesis.exceptions.ResourceInUseException as e:
        check("is not in ACTIVE status" in str(e), f"the error says why: {e}")
    wait_until(
        lambda: kinesis.describe_stream_consumer(ConsumerARN=consumer["ConsumerARN"])["ConsumerDescription"][
            "ConsumerStatus"
        ]
        == "ACTIVE",
        "the consumer becomes ACTIVE",
    )
    return consumer["ConsumerARN"]


def subscribe(kinesis, consumer, shard, **position):
    return kinesis.subscribe_to_shard(ConsumerARN=consumer, ShardId=shard, StartingPosition=position)["EventStream"]


def put(kinesis, prefix, count):
    texts = [f"{prefix}-{i}" for i in range(count)]
    entries = [{"PartitionKey": text, "Data": text.encode()} for text in texts]
    check(kinesis.put_records(StreamName=STREAM, Records=entries)["FailedRecordCount"] == 0, "puts fail nothing")
    return texts


def records(events, count):
    """The next so many texts, and where to go on."""
    read = []
    for event in events:
        event = event["SubscribeToShardEvent"]
        read += [record["Data"].decode() for record in event["Records"]]
        if len(read) >= count:
            return read, event["ContinuationSequenceNumber"]
    raise SystemExit(f"FAILED: the pipe ended after {len(read)} of {count} records")


def to_end(events):
    """All texts to the shard's end, and the children."""
    read = []
    children = []
    for event in events:
        event = event["SubscribeToShardEvent"]
        read += [record["Data"].decode() for record in event["Records"]]
        if "ContinuationSequenceNumber" not in event:
            children = [child["ShardId"] for child in event["ChildShards"]]
            check(all(child["ParentShards"] and child["HashKeyRange"] for child in event["ChildShards"]), "whole children")
        else:
            check("ChildShards" not in event, f"children come at the end only: {event}")
    return read, children


def main(endpoint):
    kinesis = boto3.client(
        "kinesis",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
        verify=False,
        config=botocore.config.Config(retries={"max_attempts": 0}),
    )
    kinesis.create_stream(StreamName=STREAM, ShardCount=1)
    wait_until_active(kinesis)
    arn = kinesis.describe_stream_summary(StreamName=STREAM)["StreamDescriptionSummary"]["StreamARN"]
    consumer = register(kinesis, arn, "app")

    events = subscribe(kinesis, consumer, FIRST, Type="LATEST")
    first = put(kinesis, "first", 50)
    read, continuation = records(events, 50)
    check(read == first, f"LATEST sees what comes after it: {read}")
    try:
        subscribe(kinesis, consumer, FIRST, Type="LATEST")
        raise SystemExit("FAILED: a second subscription within five seconds")
    except kinesis.exceptions.ResourceInUseException as e:
        check("Another active subscription exists" in str(e), f"the error says why: {e}")

    second = put(kinesis, "second", 5)
    for kind in ("AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"):
        other = register(kinesis, arn, kind)
        resumed = subscribe(kinesis, other, FIRST, Type=kind, SequenceNumber=continuation)
        read, _ = records(resumed, 5)
        check(read == second, f"{kind} of the continuation resumes: {read}")
        resumed.close()

    time.sleep(5)
    next_events = subscribe(kinesis, consumer, FIRST, Type="TRIM_HORIZON")
    try:
        records(events, 1000)
        raise SystemExit("FAILED: the first pipe did not end with an error")
    except EventStreamError as e:
        check("ResourceInUseException" in str(e), f"the first pipe is told of the take-over: {e}")
    read, _ = records(next_events, 55)
    check(read == first + second, "the next pipe reads all")

    kinesis.split_shard(StreamName=STREAM, ShardToSplit=FIRST, NewStartingHashKey=str(2**127))
    read, children = to_end(next_events)
    check((read, children) == ([], ["shardId-000000000001", "shardId-000000000002"]), f"the end: {read} {children}")
    wait_until_active(kinesis)
    third = put(kinesis, "third", 50)
    kinesis.merge_shards(StreamName=STREAM, ShardToMerge=children[0], AdjacentShardToMerge=children[1])
    read = []
    for child in children:
        texts, grandchildren = to_end(subscribe(kinesis, consumer, child, Type="TRIM_HORIZON"))
        read += texts
        check(grandchildren == ["shardId-000000000003"], f"a merged parent names its child: {grandchildren}")
    check(sorted(read) == sorted(third), "the children's records come once")

    # The connection is free for other calls once a stream of events ended.
    kinesis.deregister_stream_consumer(ConsumerARN=consumer)
    check(len(kinesis.list_stream_consumers(StreamARN=arn)["Consumers"]) == 3, "a consumer is DELETING for a while")
    print("105 records pushed")


main(sys.argv[1])
