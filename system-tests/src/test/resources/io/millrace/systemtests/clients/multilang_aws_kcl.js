// A record processor for Amazon's client library for Node.js. Notes every record in a file of its own.
const fs = require('fs');
const kcl = require('aws-kcl');

const origin = BigInt(Date.now()) * 1000000n - process.hrtime.bigint();
let out;

kcl({
  initialize(input, done) {
    out = fs.openSync(`${process.env.NOTES}/${input.shardId}-${process.pid}`, 'a');
    done();
  },
  processRecords(input, done) {
    const time = process.hrtime.bigint() + origin;
    fs.writeSync(out, input.records.map((r) => `${time}\t${r.data}\t${r.partitionKey}\n`).join(''));
    console.log('a print');
    if (input.records.length === 0) {
      done();
      return;
    }
    input.checkpointer.checkpoint(input.records[input.records.length - 1].sequenceNumber, () => done());
  },
  leaseLost(input, done) {
    done();
  },
  shardEnded(input, done) {
    input.checkpointer.checkpoint(() => done());
  },
  shutdownRequested(input, done) {
    input.checkpointer.checkpoint(() => done());
  },
}).run();
