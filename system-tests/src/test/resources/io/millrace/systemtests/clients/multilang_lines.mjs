// A child of the line protocol, written against its description alone. Notes every record in a file of its own.
import fs from "node:fs";
import readline from "node:readline";

const out = fs.openSync(`${process.env.NOTES}/${process.env.MILLRACE_SHARD}-${process.pid}`, "a");
const say = (message) => process.stdout.write("\n" + JSON.stringify(message) + "\n");
let waiting = null;

const checkpoint = (sequenceNumber) =>
  new Promise((resolve) => {
    waiting = resolve;
    say({ action: "checkpoint", sequenceNumber });
  });

const act = async (message) => {
  if (message.action === "processRecords") {
    const time = process.hrtime.bigint() + origin;
    fs.writeSync(out, message.records.map((r) => `${time}\t${r.data}\t${r.partitionKey}\n`).join(""));
    console.log("a print");
    if (message.records.length > 0) {
      await checkpoint(message.records.at(-1).sequenceNumber);
    }
  } else if (message.action === "shardEnded" || message.action === "shutdownRequested") {
    await checkpoint(null);
  }
  say({ action: "status", responseFor: message.action });
};

const origin = BigInt(Date.now()) * 1000000n - process.hrtime.bigint();
for await (const line of readline.createInterface({ input: process.stdin })) {
  const message = JSON.parse(line);
  if (message.action === "checkpoint") {
    waiting(message.error);
  } else {
    act(message);
  }
}
