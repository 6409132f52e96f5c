"""A server with credentials through boto3: every fact that fails ends the script with a line that says so.

Usage: boto3_security.py ENDPOINT
"""

import sys

import boto3
import botocore.config
import botocore.exceptions

ENDPOINT = sys.argv[1]
STREAM = "orders"


def check(condition, text):
    if not condition:
        raise SystemExit("FAILED: " + text)


def client(key, secret, token=None):
    return boto3.client(
        "kinesis",
        endpoint_url=ENDPOINT,
        region_name="us-east-1",
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        aws_session_token=token,
        verify=False,
        config=botocore.config.Config(retries={"max_attempts": 3}),
    )


def refused(code, call, **arguments):
    try:
        call(**arguments)
    except botocore.exceptions.ClientError as error:
        said = error.response["Error"]["Code"]
        check(said == code, f"expected {code}, not {said}")
        return error.response["Error"]["Message"]
    raise SystemExit(f"FAILED: expected {code}")


admin = client("admin", "the-secret-of-the-admin")
producer = client("producer", "the-secret-of-the-producer")
admin.create_stream(StreamName=STREAM, ShardCount=1)
admin.create_stream(StreamName="private", ShardCount=1)
admin.get_waiter("stream_exists").wait(StreamName=STREAM, WaiterConfig={"Delay": 1})
admin.get_waiter("stream_exists").wait(StreamName="private", WaiterConfig={"Delay": 1})

# Equal puts of one second have one signature; they are no replays, since each names itself.
for _ in range(30):
    producer.put_record(StreamName=STREAM, PartitionKey="k", Data=b"x")
producer.put_records(StreamName=STREAM, Records=[{"PartitionKey": "k", "Data": b"x" * 100_000}] * 5)
client("producer", "the-secret-of-the-producer", "any-token").put_record(
    StreamName=STREAM, PartitionKey="k", Data=b"x"
)

text = refused("AccessDeniedException", producer.put_record, StreamName="private", PartitionKey="k", Data=b"x")
check("is not authorized to perform: kinesis:PutRecord on resource: arn:aws:kinesis:" in text, text)
refused("AccessDeniedException", producer.describe_stream, StreamName=STREAM)
refused("AccessDeniedException", producer.list_streams)
refused("InvalidSignatureException", client("producer", "another-secret").put_record,
        StreamName=STREAM, PartitionKey="k", Data=b"x")
refused("UnrecognizedClientException", client("nobody", "another-secret").list_streams)


def records(stream):
    shard = {"StreamName": stream, "ShardId": "shardId-000000000000"}
    iterator = admin.get_shard_iterator(ShardIteratorType="TRIM_HORIZON", **shard)["ShardIterator"]
    return admin.get_records(ShardIterator=iterator)["Records"]


check(len(records(STREAM)) == 36, "every allowed put is there, and no other")
check(not records("private"), "nothing that was refused is there")

arn = admin.describe_stream_summary(StreamName=STREAM)["StreamDescriptionSummary"]["StreamARN"]
consumer = admin.register_stream_consumer(StreamARN=arn, ConsumerName="c")["Consumer"]["ConsumerARN"]
position = {"ShardId": "shardId-000000000000", "StartingPosition": {"Type": "TRIM_HORIZON"}}
refused("AccessDeniedException", producer.subscribe_to_shard, ConsumerARN=consumer, **position)
pushed = 0
for event in admin.subscribe_to_shard(ConsumerARN=consumer, **position)["EventStream"]:
    pushed += len(event["SubscribeToShardEvent"]["Records"])
    if pushed >= 36:
        break
print("boto3 may do what its key may")
