// A record processor for Amazon's client library for Node.js, of the interface that VERSION names. Notes every record with the digest
// of its bytes, and what became of checkpoints that are late, refused or out of range.
const crypto = require('crypto');
const fs = require('fs');
const kcl = require('aws-kcl');

const origin = BigInt(Date.now()) * 1000000n - process.hrtime.bigint();
let out;
let batches = 0;
let first;
let saved;
let known;
// Settled once no checkpoint is on its way: the library takes one at a time.
let pending = Promise.resolve();

function note(fields) {
  fs.writeSync(out, JSON.stringify(fields) + '\n');
}

function ask(checkpointer, kind, expected, place) {
  return new Promise((resolve) => {
    const answered = (error) => {
      const name = error === undefined || error === null ? null : String(error.message ?? error);
      if (name === 'ShutdownException') {
        note({ check: 'lost' });
      } else if (name !== expected) {
        note({ check: 'wrong', of: kind, error: name });
      } else {
        note({ check: kind });
        if (name === null && place) {
          saved = BigInt(place);
        }
      }
      resolve();
    };
    place ? checkpointer.checkpoint(place, answered) : checkpointer.checkpoint(answered);
  });
}

async function records({ records, checkpointer }, done) {
  const time = String(process.hrtime.bigint() + origin);
  for (const record of records) {
    const data = Buffer.from(record.data, 'base64');
    note({
      time,
      key: Buffer.from(record.partitionKey).toString('hex'),
      digest: crypto.createHash('sha256').update(data).digest('hex'),
      length: data.length,
      sequence: record.sequenceNumber,
      sub: record.subSequenceNumber,
    });
  }
  console.log('a print');
  console.log('{"a": 1, "action": "none"}');
  process.stdout.write(Buffer.from([0xff, 0xfe, 0, 10, 0x41]));
  if (records.length === 0) {
    done();
    return;
  }
  known = checkpointer;
  await pending;
  const { sequenceNumber: last, subSequenceNumber: sub } = records[records.length - 1];
  first ??= records[0].sequenceNumber;
  batches++;
  await ask(checkpointer, 'beyond', 'IllegalArgumentException', String(BigInt(last) + 1n));
  if (saved !== undefined && saved > BigInt(first)) {
    await ask(checkpointer, 'below', 'IllegalArgumentException', first);
  }
  // The library cannot name a place within an aggregate.
  const canName = sub === 0;
  if (batches % 3 === 0 && canName) {
    // The answer comes after the status, or with the next records.
    pending = ask(checkpointer, 'late', null, last);
  } else if (batches % 3 === 1 && canName) {
    await ask(checkpointer, 'place', null, last);
  } else {
    await ask(checkpointer, 'all', null);
    saved = BigInt(last);
  }
  done();
}

async function end({ checkpointer }, done, kind) {
  await pending;
  await ask(checkpointer, kind, null);
  done();
}

async function lost(done) {
  if (known) {
    await pending;
    await ask(known, 'after-loss', 'InvalidStateException');
  }
  done();
}

const processor = {
  initialize(input, done) {
    out = fs.openSync(`${process.env.NOTES}/${input.shardId}-${process.pid}`, 'a');
    done();
  },
  processRecords: records,
  shutdownRequested(input, done) {
    end(input, done, 'shutdown');
  },
};
if (process.env.VERSION === '1') {
  processor.shutdown = (input, done) => (input.reason === 'TERMINATE' ? end(input, done, 'shard-end') : lost(done));
} else {
  processor.leaseLost = (input, done) => lost(done);
  processor.shardEnded = (input, done) => end(input, done, 'shard-end');
}
kcl(processor).run();
