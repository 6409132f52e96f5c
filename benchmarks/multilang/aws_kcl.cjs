// The handlers of handlers.cjs for Amazon's client library for Node.js. The argument is the name of one.
'use strict';

const kcl = require('aws-kcl');
const { Notes } = require('./notes.cjs');

const handler = process.argv[2];
let total = 0;
let savedAt = performance.now();
let notes;

kcl({
  initialize(input, done) {
    notes = handler === 'Counting' ? new Notes(input.shardId) : undefined;
    done();
  },
  processRecords({ records, checkpointer }, done) {
    for (const record of records) {
      total += Buffer.from(record.data, 'base64').length;
      if (handler === 'Everything') {
        total += record.partitionKey.length + record.sequenceNumber.length + record.subSequenceNumber;
        total += new Date(record.approximateArrivalTimestamp).getTime();
      }
    }
    notes?.count(records.length);
    // Once a second, as our packages do.
    if (performance.now() - savedAt >= 1000) {
      savedAt = performance.now();
      checkpointer.checkpoint(() => done());
    } else {
      done();
    }
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
