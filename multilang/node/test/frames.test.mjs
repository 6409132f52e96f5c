// The frames: golden vectors, the child over a socket, and inputs by chance.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { PassThrough } from 'node:stream';
import { afterEach, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import { bad, fields, frame, good, said } from './golden.mjs';

const require = createRequire(import.meta.url);
const { Frames, Splitter, door } = require('../lib/frames.cjs');
const { Child, messages } = require('../lib/lines.cjs');
const { ProtocolError } = require('../lib/errors.cjs');

const COMMAND = fileURLToPath(new URL('../bin/millrace-node.cjs', import.meta.url));
const HERE = fileURLToPath(new URL('.', import.meta.url));

/** How many inputs the fuzzers take; a million by hand. */
const INPUTS = Number(process.env.MILLRACE_FUZZ ?? 2_000);

const limit = { timeout: 60_000 };
const PROCESSED = { action: 'status', responseFor: 'processRecords', processed: true };

/** All messages of these bytes, which come in pieces of `size`. */
function received(data, size = data.length) {
  const splitter = new Splitter();
  const messages = [];
  for (let from = 0; from < data.length; from += size) {
    messages.push(...splitter.take(data.subarray(from, from + size)));
  }
  splitter.end();
  return messages.map((message) =>
    message.isDecoded ? { records: message.records.map(fields), behind: message.millisBehindLatest } : message,
  );
}

test('frames are those of the golden vectors, in both directions and in any pieces', limit, () => {
  const vectors = [...good()];
  assert.equal(vectors.length, 4);
  for (const { records, behind, data } of vectors) {
    assert.deepEqual(frame(records, behind), data);
    for (const size of [1, 7, 24, 25, data.length, 2 * data.length]) {
      assert.deepEqual(received(Buffer.concat([data, data]), size), [
        { records, behind },
        { records, behind },
      ]);
    }
  }
});

test('bytes that are no frame are refused', limit, () => {
  assert.ok(bad.length > 10);
  for (const { data, words } of bad) {
    assert.throws(
      () => received(data),
      (failure) => failure instanceof ProtocolError && failure.message.includes(words),
      words,
    );
  }
});

test('messages to the daemon are those of the golden vectors', limit, async () => {
  for (const { words, data } of said) {
    const socket = new PassThrough();
    const written = [];
    const frames = new Frames(
      Object.assign(new PassThrough(), {
        write: (text, encoding, done) => (written.push(Buffer.from(text, encoding)), socket.write('', done), true),
      }),
    );
    if (words[0] === 'hello') {
      await frames.send({ action: 'hello', frames: 1, token: words[1] });
    } else if (words[0] === 'checkpoint') {
      frames.checkpoint(words[1] === '-' ? null : words[1], words[2] === '-' ? null : Number(words[2])).catch(() => {});
      await new Promise(setImmediate);
    } else {
      const status = { action: 'status', responseFor: words[1] };
      await frames.send(words[2] === 'processed' ? { ...status, processed: true } : status);
    }
    assert.deepEqual(Buffer.concat(written), data, words.join(' '));
  }
});

test('records of a frame show neither data nor key', limit, () => {
  const [message] = new Splitter().take(
    frame([{ data: 'secret', partitionKey: 'hidden', sequenceNumber: '12', subSequenceNumber: 3, arrived: 1000 }]),
  );
  const [record] = message.records;
  assert.equal(record.text(), 'secret');
  for (const shown of [inspect(record), JSON.stringify(record)]) {
    assert.match(shown, /12/);
    assert.doesNotMatch(shown, /secret|hidden/);
  }
  assert.throws(() => {
    record.sequenceNumber = '1';
  }, TypeError);
});

const running = [];

class Daemon {
  constructor(handler) {
    this.folder = mkdtempSync(join(tmpdir(), 'millrace-test-'));
    const file = join(this.folder, 's');
    this.sockets = [];
    this.wanted = [];
    this.server = createServer({ allowHalfOpen: true }, (socket) => {
      socket.on('error', () => {});
      this.sockets.push(socket);
      this.#hand();
    }).listen(file);
    this.process = spawn(process.execPath, [COMMAND, 'child', handler], {
      cwd: HERE,
      env: {
        ...process.env,
        MILLRACE_PROTOCOL: '1',
        MILLRACE_FRAMES: '1',
        MILLRACE_SOCKET: file,
        MILLRACE_TOKEN: 'secret',
        MILLRACE_STREAM: 'first',
      },
    });
    this.err = '';
    this.out = '';
    this.process.stderr.on('data', (chunk) => (this.err += chunk));
    this.process.stdout.on('data', (chunk) => (this.out += chunk));
    this.exited = once(this.process, 'close');
    this.given = 0;
    running.push(this);
  }

  #hand() {
    while (this.wanted.length && this.given < this.sockets.length) {
      this.wanted.shift()(this.sockets[this.given++]);
    }
  }

  async accept(token = 'secret') {
    const socket = await new Promise((resolve) => {
      this.wanted.push(resolve);
      this.#hand();
    });
    const shard = new Shard(socket);
    assert.deepEqual(await shard.hear(), { action: 'hello', frames: 1, token });
    return shard;
  }

  close() {
    this.process.kill('SIGKILL');
    this.sockets.forEach((socket) => socket.destroy());
    this.server.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

class Shard {
  constructor(socket) {
    this.socket = socket;
    this.lines = createInterface({ input: socket })[Symbol.asyncIterator]();
  }

  tell(action, more = {}) {
    this.socket.write(JSON.stringify({ action, ...more }) + '\n');
  }

  async hear() {
    for (let next = await this.lines.next(); !next.done; next = await this.lines.next()) {
      if (next.value) {
        return JSON.parse(next.value);
      }
    }
    return undefined;
  }

  async initialize(name = 'shardId-7') {
    this.tell('initialize', { shardId: name, sequenceNumber: 'TRIM_HORIZON', subSequenceNumber: 0 });
    assert.deepEqual(await this.hear(), { action: 'status', responseFor: 'initialize' });
  }

  records(...payloads) {
    this.socket.write(
      frame(
        payloads.map((data, number) => ({
          data,
          partitionKey: 'k\u00e9y',
          sequenceNumber: String(number + 1),
          subSequenceNumber: 0,
          arrived: 1000,
        })),
      ),
    );
  }

  async end() {
    this.socket.end();
    assert.equal(await this.hear(), undefined);
  }
}

afterEach(() => running.splice(0).forEach((daemon) => daemon.close()));

test('a child over a socket prints to its own output', limit, async () => {
  const daemon = new Daemon('handlers.mjs');
  const shard = await daemon.accept();
  await shard.initialize();
  shard.records('one', 'zwei \u00fc');
  assert.deepEqual(await shard.hear(), PROCESSED);
  shard.tell('leaseLost');
  assert.deepEqual(await shard.hear(), { action: 'status', responseFor: 'leaseLost' });
  await shard.end();
  assert.deepEqual((await daemon.exited)[0], 0);
  assert.match(daemon.out, /zwei \u00fc of shardId-7\nhalf a line/);
  assert.equal(daemon.err, '');
});

test('records may come before a status and before the answer to a checkpoint', limit, async () => {
  const daemon = new Daemon('handlers.mjs#checkpointing');
  const shard = await daemon.accept();
  await shard.initialize();
  shard.records('1', '2');
  shard.records('3', '4');
  for (let i = 0; i < 2; i++) {
    assert.deepEqual(await shard.hear(), { action: 'checkpoint', sequenceNumber: '1', subSequenceNumber: 0 });
    shard.tell('checkpoint', { sequenceNumber: '1', subSequenceNumber: 0, error: null });
    assert.ok((await shard.hear()).error);
  }
});

test('one process serves several shards until one fails', limit, async () => {
  const daemon = new Daemon('handlers.mjs#ByShard');
  const control = await daemon.accept();
  const shards = [];
  for (const [number, stream] of ['first', 'second'].entries()) {
    control.tell('open', { token: `t${number}`, stream });
    shards.push(await daemon.accept(`t${number}`));
    await shards[number].initialize(`shardId-${number}`);
  }
  for (const shard of [...shards, ...shards]) {
    shard.records('1');
    assert.deepEqual(await shard.hear(), PROCESSED);
  }
  await shards[0].end();
  shards[1].records('leave');
  assert.equal(await shards[1].hear(), undefined);
  assert.equal((await daemon.exited)[0], 3);
  assert.deepEqual(daemon.out.split('\n').slice(0, 4), [
    'first/shardId-0:1',
    'second/shardId-1:1',
    'first/shardId-0:2',
    'second/shardId-1:2',
  ]);
});

test('a process of several shards ends once nobody needs it', limit, async () => {
  const daemon = new Daemon('handlers.mjs#ByShard');
  const control = await daemon.accept();
  control.tell('open', { token: 't', stream: 'first' });
  const shard = await daemon.accept('t');
  await shard.initialize();
  await shard.end();
  await control.end();
  assert.equal((await daemon.exited)[0], 0);
});

test('a daemon that closes at once, and frames out of bounds, are one line', limit, async () => {
  for (const told of [undefined, bad[8]]) {
    const daemon = new Daemon('handlers.mjs');
    const shard = await daemon.accept();
    if (told) {
      await shard.initialize();
      shard.socket.write(told.data);
    }
    shard.socket.end();
    assert.equal((await daemon.exited)[0], 1);
    assert.equal(daemon.err.split('\n').length, 2, daemon.err);
    assert.ok(daemon.err.includes(told?.words ?? 'the daemon closed the socket at once'), daemon.err);
  }
});

test('the door takes the token out of the environment', limit, () => {
  const variables = { MILLRACE_FRAMES: '3', MILLRACE_SOCKET: 's', MILLRACE_TOKEN: 't', OTHER: '1' };
  assert.deepEqual(door(variables), { file: 's', token: 't' });
  assert.deepEqual(variables, { OTHER: '1' });
  assert.equal(door({ MILLRACE_FRAMES: 'x', MILLRACE_SOCKET: 's' }), undefined);
  assert.equal(door({}), undefined);
});

test('any bytes of frames are messages, or end the child with one line', { timeout: 1_800_000 }, () => {
  const chance = random(11);
  const seeds = [...[...good()].map(({ data }) => data), ...bad.map(({ data }) => data)];
  let well = 0;
  for (let i = 0; i < INPUTS; i++) {
    const data = changed(seeds[chance(seeds.length)], chance);
    try {
      for (const message of received(data, 1 + chance(data.length + 1))) {
        well += message.records?.length ?? 0;
      }
    } catch (failure) {
      assert.ok(failure instanceof ProtocolError, failure.stack);
    }
  }
  assert.ok(well > INPUTS / 10, String(well));
});

test('any bytes of lines are messages, or end the child with one line', { timeout: 1_800_000 }, async () => {
  const chance = random(13);
  const seeds = [
    '{"action":"initialize","shardId":"s","sequenceNumber":"1","subSequenceNumber":0}\n',
    '{"action":"processRecords","records":[{"data":"AQL6","partitionKey":"k","sequenceNumber":"123",' +
      '"approximateArrivalTimestamp":1700000000123,"subSequenceNumber":0,"action":"record"}],"millisBehindLatest":5}\n',
  ].map((line) => Buffer.from(line));
  let well = 0;
  const handler = { start: () => {}, process: () => {} };
  for (let i = 0; i < INPUTS; i++) {
    const pipe = { send: () => {}, signal: undefined, receive: () => undefined };
    try {
      for await (const message of messages([changed(seeds[chance(2)], chance)])) {
        if (['initialize', 'processRecords'].includes(message.action)) {
          await new Child(handler, pipe, {}).run(message);
          well++;
        }
      }
    } catch (failure) {
      assert.ok(failure instanceof ProtocolError, failure.stack);
    }
  }
  assert.ok(well > INPUTS / 10, String(well));
});

/** Numbers below a bound, the same in every run. */
function random(seed) {
  let state = seed;
  return (bound) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
}

function changed(seed, chance) {
  const data = Buffer.from(chance(8) === 0 ? seed.subarray(0, chance(seed.length)) : seed);
  for (let i = chance(4); i > 0 && data.length > 0; i--) {
    data[chance(data.length)] = chance(256);
  }
  return data;
}
