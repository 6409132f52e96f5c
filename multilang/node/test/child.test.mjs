// The child as a process of its own, told by a pipe what a daemon would tell it.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const COMMAND = fileURLToPath(new URL('../bin/millrace-node.cjs', import.meta.url));
const HERE = fileURLToPath(new URL('.', import.meta.url));
const started = [];

class Daemon {
  constructor(handler, environment = {}) {
    this.process = spawn(process.execPath, [COMMAND, 'child', handler], {
      cwd: HERE,
      env: { ...process.env, ...environment },
    });
    started.push(this.process);
    this.err = '';
    this.process.stderr.on('data', (chunk) => (this.err += chunk));
    this.lines = createInterface({ input: this.process.stdout })[Symbol.asyncIterator]();
    this.exited = once(this.process, 'close');
    this.process.stdin.on('error', () => {});
  }

  tell(action, fields = {}) {
    this.process.stdin.write(JSON.stringify({ action, ...fields }) + '\n');
  }

  async hear() {
    for (let next = await this.lines.next(); !next.done; next = await this.lines.next()) {
      if (next.value) {
        assert.match(next.value, /^[\x20-\x7e]*$/);
        return JSON.parse(next.value);
      }
    }
    return undefined;
  }

  initialize() {
    this.tell('initialize', { shardId: 'shardId-7', sequenceNumber: 'TRIM_HORIZON', subSequenceNumber: 0 });
    return this.hear();
  }

  records(...payloads) {
    this.tell('processRecords', {
      records: payloads.map((payload, number) => ({
        data: Buffer.from(payload).toString('base64'),
        partitionKey: 'k\u00e9y',
        sequenceNumber: String(number + 1),
        approximateArrivalTimestamp: 1700000000123,
        subSequenceNumber: 0,
        action: 'record',
      })),
      millisBehindLatest: 5,
    });
  }

  answer(error, sequenceNumber = '1', subSequenceNumber = 0) {
    this.tell('checkpoint', { sequenceNumber, subSequenceNumber, error });
  }

  async end() {
    this.process.stdin.end();
    const [code] = await this.exited;
    return code;
  }
}

const OURS = { MILLRACE_PROTOCOL: '1' };
const limit = { timeout: 60_000 };

afterEach(() => {
  for (const one of started.splice(0)) {
    one.kill('SIGKILL');
  }
});

test('prints do not disturb the protocol', limit, async () => {
  const daemon = new Daemon('handlers.mjs', OURS);
  assert.deepEqual(await daemon.initialize(), { action: 'status', responseFor: 'initialize' });
  daemon.records('one', 'zwei \u00fc');
  assert.deepEqual(await daemon.hear(), { action: 'status', responseFor: 'processRecords', processed: true });
  daemon.tell('leaseLost');
  assert.deepEqual(await daemon.hear(), { action: 'status', responseFor: 'leaseLost' });
  assert.equal(await daemon.end(), 0);
  assert.match(daemon.err, /zwei \u00fc of shardId-7\nhalf a line/);
});

test('a failure is told with its type and frames and without its message', limit, async () => {
  const daemon = new Daemon('handlers.mjs#failing', OURS);
  await daemon.initialize();
  for (let i = 0; i < 2; i++) {
    daemon.records('payload');
    const status = await daemon.hear();
    assert.equal(status.error, 'TypeError');
    assert.match(status.trace, /^at handlers\.mjs:\d+ failing; caused by RangeError at handlers\.mjs:\d+ inner < /);
    assert.equal(status.processed, undefined);
  }
  assert.equal(await daemon.end(), 0);
  assert.doesNotMatch(daemon.err, /secret/);
});

test('a failure ends the process where the daemon is not ours', limit, async () => {
  const daemon = new Daemon('handlers.mjs#failing');
  await daemon.initialize();
  daemon.records('payload');
  assert.equal(await daemon.hear(), undefined);
  assert.equal(await daemon.end(), 1);
  assert.match(daemon.err, /^ERROR millrace: TypeError at handlers\.mjs:/);
  assert.doesNotMatch(daemon.err, /secret/);
});

test('another daemon sees nothing but its own protocol', limit, async () => {
  const daemon = new Daemon('handlers.mjs');
  await daemon.initialize();
  daemon.records('one', 'two');
  assert.deepEqual(await daemon.hear(), { action: 'status', responseFor: 'processRecords' });
  daemon.tell('shutdownRequested');
  assert.deepEqual(await daemon.hear(), { action: 'checkpoint', sequenceNumber: '2', subSequenceNumber: 0 });
  daemon.answer(null, '2');
  assert.deepEqual(await daemon.hear(), { action: 'status', responseFor: 'shutdownRequested' });
});

test('the end of the shard is checkpointed, and timers do not keep the process', limit, async () => {
  const daemon = new Daemon('handlers.mjs#Counting', OURS);
  await daemon.initialize();
  daemon.records('1', '2', '3');
  await daemon.hear();
  daemon.tell('shardEnded');
  assert.deepEqual(await daemon.hear(), { action: 'checkpoint', sequenceNumber: null, subSequenceNumber: null });
  daemon.answer(null, null, null);
  assert.deepEqual(await daemon.hear(), { action: 'status', responseFor: 'shardEnded' });
  assert.equal(await daemon.end(), 0);
  assert.match(daemon.err, /starts after TRIM_HORIZON\n3 records/);
});

test('a refused checkpoint is the failure of its handler', limit, async () => {
  const daemon = new Daemon('handlers.mjs#checkpointing', OURS);
  await daemon.initialize();
  for (const [error, type] of [
    ['ThrottlingException', 'CheckpointError'],
    ['IllegalArgumentException', 'CheckpointRefusedError'],
    ['ShutdownException', 'LeaseLostError'],
    [null, 'Error'],
  ]) {
    daemon.records('1', '2');
    assert.deepEqual(await daemon.hear(), { action: 'checkpoint', sequenceNumber: '1', subSequenceNumber: 0 });
    daemon.answer(error);
    assert.equal((await daemon.hear()).error, type);
  }
});

test('a loop over batches goes on, begins anew after a failure, and is ended', limit, async () => {
  const daemon = new Daemon('handlers.mjs#looping', OURS);
  await daemon.initialize();
  for (const [payload, key] of [
    ['1', 'processed'],
    ['bad', 'error'],
    ['2', 'processed'],
  ]) {
    daemon.records(payload);
    assert.ok((await daemon.hear())[key], payload);
  }
  daemon.tell('leaseLost');
  await daemon.hear();
  assert.equal(await daemon.end(), 0);
  assert.match(daemon.err, /left shardId-7/);
});

test('a handler whose work is not done when it returns has failed', limit, async () => {
  const daemon = new Daemon('handlers.mjs#returningArray', OURS);
  await daemon.initialize();
  daemon.records('1');
  const status = await daemon.hear();
  assert.equal(status.error, 'TypeError');
  assert.equal(status.processed, undefined);
});

test('a generator is refused', limit, async () => {
  const daemon = new Daemon('handlers.mjs#yielding', OURS);
  assert.equal(await daemon.end(), 1);
  assert.match(daemon.err, /handlers\.mjs#yielding is a generator/);
});

test('a class of the old style is a class', limit, async () => {
  const daemon = new Daemon('handlers.mjs#Old', OURS);
  await daemon.initialize();
  daemon.records('1');
  assert.equal((await daemon.hear()).processed, true);
  await daemon.end();
  assert.match(daemon.err, /old style 1/);
});

test('a checkpoint after the handler has returned is answered', limit, async () => {
  const daemon = new Daemon('handlers.mjs#late', OURS);
  await daemon.initialize();
  daemon.records('1');
  assert.equal((await daemon.hear()).processed, true);
  assert.equal((await daemon.hear()).action, 'checkpoint');
  daemon.answer(null);
  daemon.tell('leaseLost');
  assert.equal((await daemon.hear()).responseFor, 'leaseLost');
  assert.equal(await daemon.end(), 0);
  assert.match(daemon.err, /late checkpoint is saved/);
});

test('checkpoints at once are asked for one after the other', limit, async () => {
  const daemon = new Daemon('handlers.mjs#twoAtOnce', OURS);
  await daemon.initialize();
  daemon.records('1', '2');
  assert.equal((await daemon.hear()).sequenceNumber, '1');
  daemon.answer(null, '1');
  assert.equal((await daemon.hear()).sequenceNumber, '2');
  daemon.answer(null, '2');
  assert.equal((await daemon.hear()).processed, true);
});

test('a rejection that nobody handles ends the process without its message', limit, async () => {
  const daemon = new Daemon('handlers.mjs#rejecting', OURS);
  await daemon.initialize();
  daemon.records('1');
  await daemon.hear();
  assert.equal(await daemon.end(), 1);
  assert.match(daemon.err, /ERROR millrace: Error at handlers\.mjs/);
  assert.doesNotMatch(daemon.err, /secret/);
});

test('a loop that asks for nothing, or throws at once, fails its batch', limit, async () => {
  const nothing = new Daemon('handlers.mjs#asksForNothing', OURS);
  await nothing.initialize();
  nothing.records('1');
  assert.equal((await nothing.hear()).error, 'TypeError');
  const throwing = new Daemon('handlers.mjs#throwsAtOnce', OURS);
  assert.equal(await throwing.initialize(), undefined);
  assert.equal(await throwing.end(), 1);
});

test('timers of the module do not keep the runner', limit, () => {
  const { status } = spawnSync(process.execPath, [COMMAND, 'run', 'handlers.mjs#nothing'], { cwd: HERE, timeout: 30_000 });
  assert.equal(status, 2);
});

test('CommonJS handlers load', limit, async () => {
  const daemon = new Daemon('commonjs.cjs', OURS);
  await daemon.initialize();
  daemon.records('1');
  assert.equal((await daemon.hear()).processed, true);
});

test('an exit is an exit', limit, async () => {
  const daemon = new Daemon('handlers.mjs#leaving', OURS);
  await daemon.initialize();
  daemon.records('1');
  assert.equal(await daemon.hear(), undefined);
  assert.equal(await daemon.end(), 3);
});

test('garbage ends the process with one line', limit, async () => {
  for (const line of ['no json', '[1]', '{"no":"action"}', '{"action":"dance"}']) {
    const daemon = new Daemon('handlers.mjs', OURS);
    daemon.process.stdin.write(line + '\n');
    assert.equal(await daemon.end(), 1);
    assert.match(daemon.err, /^ERROR millrace: the daemon sent [^\n]*\n$/);
  }
});

test('a handler that is not there is one line', limit, async () => {
  for (const [name, why] of [
    ['handlers.mjs#nothing', /handlers\.mjs exports no nothing/],
    ['nowhere.mjs', /nowhere\.mjs cannot be loaded/],
    ['handlers.mjs#notAHandler', /is neither a function nor/],
    ['handlers.mjs#WithoutProcess', /has no method process/],
  ]) {
    const daemon = new Daemon(name);
    assert.equal(await daemon.end(), 1);
    assert.match(daemon.err, /^ERROR millrace: [^\n]*\n$/);
    assert.match(daemon.err, why);
  }
});

test('help and wrong command lines', limit, () => {
  const run = (...given) => spawnSync(process.execPath, [COMMAND, ...given], { cwd: HERE, encoding: 'utf8' });
  assert.equal(run('--help').status, 0);
  assert.equal(run('dance').status, 2);
  assert.equal(run('run').status, 2);
  assert.equal(run('run', 'handlers.mjs#nothing').status, 2);
  const leaving = run('run', 'leaves.mjs');
  assert.equal(leaving.status, 2);
  assert.equal(leaving.stderr, 'millrace: leaves.mjs cannot be loaded: it ends the process\n');
  const without = spawnSync(process.execPath, [COMMAND, 'run', 'handlers.mjs'], {
    cwd: HERE,
    encoding: 'utf8',
    env: { ...process.env, JAVA_HOME: '/nowhere' },
  });
  assert.equal(without.status, 1);
  assert.equal(without.stderr, 'millrace: JAVA_HOME (/nowhere) has no bin/java; set it to a JDK 17 or newer\n');
});

test('a signal that ends npx alone ends the runner and its daemon', limit, async () => {
  const home = fs.mkdtempSync(path.join(os.tmpdir(), 'millrace-test-'));
  try {
    fs.mkdirSync(path.join(home, 'bin'));
    const daemon = path.join(home, 'millrace');
    const script = '#!/bin/sh\ntrap \'mv "$0.runs" "$0.over"; exit 0\' TERM\n: >"$0.runs"\nwhile :; do sleep 0.1; done\n';
    for (const program of [daemon, path.join(home, 'bin', 'java')]) {
      fs.writeFileSync(program, script, { mode: 0o755 });
    }
    const npx = spawn('/bin/sh', ['-c', `"${process.execPath}" "${COMMAND}" run handlers.mjs & wait`], {
      cwd: HERE,
      env: { ...process.env, MILLRACE_HOME: home, JAVA_HOME: home, npm_lifecycle_event: 'npx' },
      stdio: 'ignore',
    });
    await until(() => fs.existsSync(daemon + '.runs'));
    npx.kill('SIGKILL');
    await until(() => fs.existsSync(daemon + '.over'));
  } finally {
    fs.rmSync(home, { recursive: true, force: true });
  }
});

async function until(holds) {
  while (!holds()) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
