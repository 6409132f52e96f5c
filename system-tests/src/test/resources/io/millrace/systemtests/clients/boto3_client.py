"""The main job through boto3, the AWS SDK for Python: every fact that fails ends the script with a line that says so.

Usage: boto3_client.py ENDPOINT
"""

import datetime
import sys
import time

import boto3
import botocore.config

STREAM = "boto3-orders"


def check(condition, text):
    if not condition:
        raise SystemExit("FAILED: " + text)


def wait_until_active(kinesis):
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        summary = kinesis.describe_stream_summary(StreamName=STREAM)["StreamDescriptionSummary"]
        if summary["StreamStatus"] == "ACTIVE":
            return summary
    raise SystemExit("FAILED: the stream never became ACTIVE")


def put_some(kinesis, prefix, count):
    """Puts half of the records one by one and half of them at once; answers their texts."""
    texts = [f"{prefix}-{i}" for i in range(count)]
    for text in texts[::2]:
        answer = kinesis.put_record(StreamName=STREAM, PartitionKey=text, Data=text.encode())
        check(answer["ShardId"].startswith("shardId-"), f"put_record answers a shard: {answer}")
    entries = [{"PartitionKey": text, "Data": text.encode()} for text in texts[1::2]]
    answer = kinesis.put_records(StreamName=STREAM, Records=entries)
    check(answer["FailedRecordCount"] == 0, f"put_records fails nothing: {answer}")
    check(len(answer["Records"]) == len(entries), "put_records answers every record")
    return texts


def shards(kinesis, **arguments):
    """All shards, fetched two at a time."""
    page = kinesis.list_shards(StreamName=STREAM, MaxResults=2, **arguments)
    found = page["Shards"]
    while "NextToken" in page:
        page = kinesis.list_shards(NextToken=page["NextToken"], MaxResults=2)
        found += page["Shards"]
    return found


def read_shard(kinesis, shard, **position):
    """All records of a shard from a position on, and the children named at its end."""
    iterator = kinesis.get_shard_iterator(StreamName=STREAM, ShardId=shard, **position)["ShardIterator"]
    records = []
    while True:
        page = kinesis.get_records(ShardIterator=iterator, Limit=30)
        records += page["Records"]
        iterator = page.get("NextShardIterator")
        if iterator is None:
            return records, [child["ShardId"] for child in page["ChildShards"]]
        if not page["Records"]:
            check(page["MillisBehindLatest"] == 0, "an empty page is at the tip")
            return records, []


def read_all(kinesis, **position):
    return sorted(
        record["Data"].decode()
        for shard in shards(kinesis)
        for record in read_shard(kinesis, shard["ShardId"], **position)[0]
    )


def read_by_sequence_number(kinesis, kind):
    texts = []
    for shard in shards(kinesis):
        records, _ = read_shard(kinesis, shard["ShardId"], ShardIteratorType="TRIM_HORIZON")
        if records:
            again, _ = read_shard(
                kinesis,
                shard["ShardId"],
                ShardIteratorType=kind,
                StartingSequenceNumber=records[0]["SequenceNumber"],
            )
            expected = records if kind == "AT_SEQUENCE_NUMBER" else records[1:]
            check(
                [r["SequenceNumber"] for r in again] == [r["SequenceNumber"] for r in expected],
                f"{kind} of the first record of {shard['ShardId']} reads the rest in order",
            )
            texts += [r["Data"].decode() for r in again]
            if kind == "AFTER_SEQUENCE_NUMBER":
                texts.append(records[0]["Data"].decode())
    return sorted(texts)


def latest_sees_what_comes_after_it(kinesis):
    open_shards = shards(kinesis, ShardFilter={"Type": "AT_LATEST"})
    iterators = [
        kinesis.get_shard_iterator(StreamName=STREAM, ShardId=shard["ShardId"], ShardIteratorType="LATEST")[
            "ShardIterator"
        ]
        for shard in open_shards
    ]
    put = put_some(kinesis, "latest", 20)
    read = [
        record["Data"].decode()
        for iterator in iterators
        for record in kinesis.get_records(ShardIterator=iterator)["Records"]
    ]
    check(sorted(read) == sorted(put), f"LATEST reads what was put after it, not {read}")
    return put


def split_and_merge(kinesis):
    first = shards(kinesis)[0]
    middle = (int(first["HashKeyRange"]["StartingHashKey"]) + int(first["HashKeyRange"]["EndingHashKey"])) // 2
    kinesis.split_shard(StreamName=STREAM, ShardToSplit=first["ShardId"], NewStartingHashKey=str(middle))
    wait_until_active(kinesis)
    put = put_some(kinesis, "split", 50)
    kinesis.merge_shards(
        StreamName=STREAM, ShardToMerge="shardId-000000000002", AdjacentShardToMerge="shardId-000000000003"
    )
    summary = wait_until_active(kinesis)
    check(summary["OpenShardCount"] == 2, f"two shards are open after a split and a merge: {summary}")
    return put + put_some(kinesis, "merged", 50)


def lineage(kinesis):
    _, children = read_shard(kinesis, "shardId-000000000000", ShardIteratorType="TRIM_HORIZON")
    check(children == ["shardId-000000000002", "shardId-000000000003"], f"a split parent names both children: {children}")
    _, children = read_shard(kinesis, "shardId-000000000003", ShardIteratorType="TRIM_HORIZON")
    check(children == ["shardId-000000000004"], f"a merged parent names its child: {children}")
    described = kinesis.describe_stream(StreamName=STREAM)["StreamDescription"]["Shards"]
    check(len(described) == 5, f"five shards are described: {len(described)}")
    merged = described[4]
    check(
        (merged["ParentShardId"], merged["AdjacentParentShardId"]) == ("shardId-000000000002", "shardId-000000000003"),
        f"the merged shard names both parents: {merged}",
    )
    for kind, expected in (("AT_TRIM_HORIZON", 2), ("AT_LATEST", 2), ("FROM_TRIM_HORIZON", 5)):
        found = shards(kinesis, ShardFilter={"Type": kind})
        check(len(found) == expected, f"{kind} lists {expected} shards, not {len(found)}")
    after = shards(kinesis, ShardFilter={"Type": "AFTER_SHARD_ID", "ShardId": "shardId-000000000002"})
    check(len(after) == 2, f"AFTER_SHARD_ID lists what follows: {after}")
    past = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=1)
    for kind, expected in (("AT_TIMESTAMP", 2), ("FROM_TIMESTAMP", 5)):
        found = shards(kinesis, ShardFilter={"Type": kind, "Timestamp": past})
        check(len(found) == expected, f"{kind} of yesterday lists {expected} shards, not {len(found)}")


def errors(kinesis):
    try:
        kinesis.describe_stream(StreamName="missing")
        raise SystemExit("FAILED: a missing stream is described")
    except kinesis.exceptions.ResourceNotFoundException as e:
        check("Stream missing under account" in str(e), f"the error names the stream: {e}")
    try:
        kinesis.create_stream(StreamName=STREAM, ShardCount=1)
        raise SystemExit("FAILED: a stream is created twice")
    except kinesis.exceptions.ResourceInUseException:
        pass
    try:
        kinesis.get_records(ShardIterator="AAAA")
        raise SystemExit("FAILED: a made-up iterator is read")
    except kinesis.exceptions.InvalidArgumentException as e:
        check("Invalid ShardIterator." in str(e), f"the error names the iterator: {e}")
    try:
        kinesis.put_record(StreamName="no name", PartitionKey="k" * 300, Data=b"")
        raise SystemExit("FAILED: a bad name is taken")
    except kinesis.exceptions.ClientError as e:
        check(e.response["Error"]["Code"] == "ValidationException", f"it is a validation error: {e}")
        check("2 validation errors detected" in str(e), f"it names both: {e}")


def main(endpoint):
    kinesis = boto3.client(
        "kinesis",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
        verify=False,
        config=botocore.config.Config(retries={"max_attempts": 0}, parameter_validation=False),
    )
    kinesis.create_stream(StreamName=STREAM, ShardCount=2)
    wait_until_active(kinesis)
    start = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=2)
    put = put_some(kinesis, "first", 100)
    put += split_and_merge(kinesis)
    put += latest_sees_what_comes_after_it(kinesis)
    put.sort()
    check(read_all(kinesis, ShardIteratorType="TRIM_HORIZON") == put, "TRIM_HORIZON reads every record once")
    check(read_all(kinesis, ShardIteratorType="AT_TIMESTAMP", Timestamp=start) == put, "AT_TIMESTAMP reads every record")
    for kind in ("AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"):
        check(read_by_sequence_number(kinesis, kind) == put, f"{kind} reads every record")
    lineage(kinesis)
    large = bytes(range(256)) * 4000
    kinesis.put_record(StreamName=STREAM, PartitionKey="large", Data=large)
    errors(kinesis)
    check(STREAM in kinesis.list_streams()["StreamNames"], "the stream is listed")
    kinesis.delete_stream(StreamName=STREAM)
    print(f"{len(put)} records read back by every iterator type")


if __name__ == "__main__":
    main(sys.argv[1])
