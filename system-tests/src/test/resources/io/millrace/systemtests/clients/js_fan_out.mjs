// Enhanced fan-out through the AWS SDK for JavaScript v3 with its default handler (HTTP/2): every fact that fails ends the
// script with a line that says so. Usage: js_fan_out.mjs ENDPOINT

import {
  CreateStreamCommand,
  DescribeStreamConsumerCommand,
  DescribeStreamSummaryCommand,
  KinesisClient,
  PutRecordsCommand,
  RegisterStreamConsumerCommand,
  ResourceInUseException,
  SplitShardCommand,
  SubscribeToShardCommand,
} from "@aws-sdk/client-kinesis";

const STREAM = "js-fan-out";
const FIRST = "shardId-000000000000";

function check(condition, text) {
  if (!condition) {
    console.log("FAILED: " + text);
    process.exit(1);
  }
}

const kinesis = new KinesisClient({
  endpoint: process.argv[2],
  region: "us-east-1",
  credentials: { accessKeyId: process.env.AWS_ACCESS_KEY_ID, secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY },
  maxAttempts: 1,
});

async function waitUntil(condition, text) {
  const deadline = performance.now() + 20_000;
  while (!(await condition())) {
    check(performance.now() < deadline, text);
  }
}

async function put(prefix, count) {
  const texts = Array.from({ length: count }, (_, i) => `${prefix}-${i}`);
  const Records = texts.map((text) => ({ PartitionKey: text, Data: new TextEncoder().encode(text) }));
  const answer = await kinesis.send(new PutRecordsCommand({ StreamName: STREAM, Records }));
  check(answer.FailedRecordCount === 0, "puts fail nothing");
  return texts;
}

async function subscribe(ConsumerARN, StartingPosition) {
  const answer = await kinesis.send(new SubscribeToShardCommand({ ConsumerARN, ShardId: FIRST, StartingPosition }));
  return answer.EventStream[Symbol.asyncIterator]();
}

async function records(events, count) {
  const read = [];
  let continuation;
  while (read.length < count) {
    const { value, done } = await events.next();
    check(!done, `the pipe ended after ${read.length} of ${count} records`);
    const event = value.SubscribeToShardEvent;
    event.Records.forEach((record) => read.push(new TextDecoder().decode(record.Data)));
    continuation = event.ContinuationSequenceNumber;
  }
  return [read, continuation];
}

async function register(StreamARN, ConsumerName) {
  const { Consumer } = await kinesis.send(new RegisterStreamConsumerCommand({ StreamARN, ConsumerName }));
  await waitUntil(async () => {
    const answer = await kinesis.send(new DescribeStreamConsumerCommand({ ConsumerARN: Consumer.ConsumerARN }));
    return answer.ConsumerDescription.ConsumerStatus === "ACTIVE";
  }, "the consumer becomes ACTIVE");
  return Consumer.ConsumerARN;
}

await kinesis.send(new CreateStreamCommand({ StreamName: STREAM, ShardCount: 1 }));
let summary;
await waitUntil(async () => {
  summary = (await kinesis.send(new DescribeStreamSummaryCommand({ StreamName: STREAM }))).StreamDescriptionSummary;
  return summary.StreamStatus === "ACTIVE";
}, "the stream becomes ACTIVE");
const consumer = await register(summary.StreamARN, "app");

const events = await subscribe(consumer, { Type: "LATEST" });
const first = await put("first", 50);
const [read, continuation] = await records(events, 50);
check(read.join() === first.join(), `LATEST sees what comes after it: ${read}`);
try {
  await subscribe(consumer, { Type: "LATEST" });
  check(false, "a second subscription within five seconds is let in");
} catch (error) {
  check(error instanceof ResourceInUseException, `it is refused as in use: ${error}`);
}
const second = await put("second", 5);
const resumed = await subscribe(await register(summary.StreamARN, "other"), {
  Type: "AFTER_SEQUENCE_NUMBER",
  SequenceNumber: continuation,
});
const [rest] = await records(resumed, 5);
check(rest.join() === second.join(), `the continuation resumes: ${rest}`);

await kinesis.send(
  new SplitShardCommand({ StreamName: STREAM, ShardToSplit: FIRST, NewStartingHashKey: (2n ** 127n).toString() }),
);
let last;
for (let next = await events.next(); !next.done; next = await events.next()) {
  last = next.value.SubscribeToShardEvent;
}
check(last.ContinuationSequenceNumber === undefined, "the last event has no continuation");
check(last.ChildShards.map((child) => child.ShardId).join() === "shardId-000000000001,shardId-000000000002", "children");
console.log("55 records pushed");
process.exit(0);
