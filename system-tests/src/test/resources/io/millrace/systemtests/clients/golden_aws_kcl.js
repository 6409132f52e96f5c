// A processor for Amazon's client library for Node.js; the argument is the version of the interface, 1 or 2.
const fs = require('fs');
const path = require('path');
const kcl = require('aws-kcl');

const first = [];
const go = path.join(process.env.GOLDEN, process.env.MILLRACE_STREAM, 'go');

const untilGo = () =>
  new Promise((done) => {
    const timer = setInterval(() => {
      if (fs.existsSync(go)) {
        clearInterval(timer);
        done();
      }
    }, 20);
  });

const checkpoint = (checkpointer, ...at) => new Promise((done) => checkpointer.checkpoint(...at, done));

async function deeds(records, checkpointer) {
  for (const record of records) {
    const number = record.sequenceNumber;
    first.push(number);
    switch (Buffer.from(record.data, 'base64').toString()) {
      case 'all':
        await checkpoint(checkpointer);
        break;
      case 'here':
      case 'number':
        await checkpoint(checkpointer, number);
        break;
      case 'beyond':
        await checkpoint(checkpointer, String(BigInt(number) + 1n));
        break;
      case 'below':
        await checkpoint(checkpointer, first[0]);
        break;
      case 'noise':
        await checkpoint(checkpointer, 'noise');
        break;
      case 'wait':
        await untilGo();
        await checkpoint(checkpointer);
        break;
      default:
    }
  }
}

const processor = {
  initialize(input, done) {
    done();
  },
  processRecords(input, done) {
    deeds(input.records, input.checkpointer).then(done);
  },
  shutdownRequested(input, done) {
    checkpoint(input.checkpointer).then(done);
  },
};
if (process.argv[2] === '1') {
  processor.shutdown = (input, done) =>
    input.reason === 'TERMINATE' ? void checkpoint(input.checkpointer).then(done) : done();
} else {
  processor.leaseLost = (input, done) => done();
  processor.shardEnded = (input, done) => void checkpoint(input.checkpointer).then(done);
}
kcl(processor).run();
