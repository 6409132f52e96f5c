// A child of the plain line protocol, for chaos: it checkpoints every batch before it answers.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import readline from 'node:readline';
import { Life } from './chaos_deeds.mjs';

const say = (message) => fs.writeSync(1, '\n' + JSON.stringify(message) + '\n');
let life;
let waiting;

const checkpoint = (sequenceNumber) =>
  new Promise((resolve) => {
    waiting = resolve;
    say({ action: 'checkpoint', sequenceNumber });
  });

const act = async (message) => {
  if (message.action === 'initialize') {
    life = new Life(message.shardId);
  } else if (message.action === 'processRecords') {
    const pairs = message.records.map((one) => [one.partitionKey, Buffer.from(one.data, 'base64').toString('ascii')]);
    await life.process(pairs, 1);
    if (message.records.length > 0) {
      const error = await checkpoint(message.records.at(-1).sequenceNumber);
      assert.ok([null, 'ShutdownException', 'KinesisClientLibDependencyException'].includes(error), error);
    }
  } else if (message.action === 'shutdownRequested') {
    if ((await checkpoint(null)) === null) {
      life.over('RELEASED');
    }
  } else if (message.action === 'shardEnded') {
    if ((await checkpoint(null)) === null) {
      life.over('ENDED');
    }
  } else if (message.action === 'leaseLost') {
    life.over('LOST');
  }
  say({ action: 'status', responseFor: message.action });
};

for await (const line of readline.createInterface({ input: process.stdin })) {
  const message = JSON.parse(line);
  if (message.action === 'checkpoint') {
    waiting(message.error);
  } else {
    act(message);
  }
}
