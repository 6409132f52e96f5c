// Tests the examples without a server and without Java.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import { TestShard } from 'millrace/testing';
import { sessions } from './clickstream.mjs';
import { handler } from './lambda-window.mjs';
import WordCount from './word-count.mjs';

const CLICKS = fs
  .readFileSync(new URL('../clicks.jsonl', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line);

/** Collects the prints of a console method while `call` runs. */
async function prints(context, method, call) {
  const log = context.mock.method(console, method, () => {});
  try {
    await call();
    return log.mock.calls.map(({ arguments: [line] }) => line);
  } finally {
    log.mock.restore();
  }
}

test('counts go on from batch to batch', async (context) => {
  const counter = new WordCount();
  const shard = new TestShard(counter);
  shard.put('key', 'The mill', 'the race', '');
  const printed = await prints(context, 'error', async () => {
    await shard.process();
    shard.put('key', new Uint8Array([255]));
    await shard.process();
  });
  assert.deepEqual(Object.fromEntries(counter.counts), { the: 2, mill: 1, race: 1, '\ufffd': 1 });
  assert.equal(printed[0], 'INFO so far: the 2, mill 1, race 1');
  assert.equal(shard.checkpointed, 4);
});

function sessionsOf(told) {
  return new TestShard(sessions((line) => told.push(line)));
}

test('a pause of more than half an hour ends a session', async () => {
  const told = [];
  const shard = sessionsOf(told);
  shard.put('key', ...CLICKS);
  await shard.process(7);
  assert.deepEqual(told, []);
  await shard.process();
  assert.deepEqual(told, [
    'session of bob: 1140 s, / /stones',
    'session of ada: 330 s, / /mills /cart',
    'session of cyd: 1800 s, /stones /',
  ]);
});

test('sessions of users who click no more end as well', async () => {
  const told = [];
  const shard = sessionsOf(told);
  shard.put('key', CLICKS[0], CLICKS.at(-2));
  await shard.process();
  assert.deepEqual(told, ['session of ada: 0 s, /']);
});

test('what is open is told when the shard goes', async () => {
  const told = [];
  const shard = sessionsOf(told);
  shard.put('key', ...CLICKS.slice(0, 3));
  await shard.process();
  await shard.shutdown();
  assert.deepEqual(told, ['session of ada: 120 s, / /mills', 'session of bob: 0 s, /']);
});

test('a batch that fails counts for nothing', async () => {
  const told = [];
  const shard = sessionsOf(told);
  shard.put('key', CLICKS[0], 'no click');
  await assert.rejects(shard.process(), SyntaxError);
  await shard.process(1);
  await shard.lose();
  assert.deepEqual(told, ['session of ada: 0 s, /']);
});

/** The parts of Lambda's event that matter here. */
function window(state, clicks, isFinalInvokeForWindow = false) {
  return {
    Records: clicks.map((click) => ({ kinesis: { data: Buffer.from(click).toString('base64') } })),
    window: { start: '2020-01-01T10:00:00Z', end: '2020-01-01T10:00:05Z' },
    state,
    isFinalInvokeForWindow,
  };
}

test('the state grows until the window is told', async (context) => {
  let { state } = await handler(window({}, CLICKS.slice(0, 3)));
  assert.deepEqual(state, { '/': 2, '/mills': 1 });
  ({ state } = await handler(window(state, [CLICKS[3]])));
  const printed = await prints(context, 'log', () => handler(window(state, [], true)));
  assert.deepEqual(printed, ['window of 2020-01-01T10:00:00Z: {"/":2,"/mills":1,"/stones":1}']);
});
