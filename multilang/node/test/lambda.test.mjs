// The shim for handlers of AWS Lambda as a process of its own.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const SHIM = fileURLToPath(new URL('../lib/lambda.mjs', import.meta.url));
const HERE = fileURLToPath(new URL('.', import.meta.url));
const RECORD = { kinesis: { partitionKey: 'k', data: 'SGVsbG8=', approximateArrivalTimestamp: 1545084650.987 } };

function start(given, input = '') {
  return spawnSync(process.execPath, [SHIM, ...given], {
    input,
    encoding: 'utf8',
    maxBuffer: 64 << 20,
    timeout: 30_000,
    env: {
      ...process.env,
      LAMBDA_TASK_ROOT: HERE,
      AWS_LAMBDA_FUNCTION_NAME: 'fn',
      AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '128',
      AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/fn',
      MILLRACE_LAMBDA_FUNCTION_ARN: 'arn:aws:lambda:us-east-1:123456789012:function:fn',
      MILLRACE_LAMBDA_TIMEOUT: '7',
    },
  });
}

/** The answers to some invocations. */
function invoke(handler, times = 1) {
  const event = JSON.stringify({ action: 'invoke', event: { Records: [RECORD] } }) + '\n';
  const run = start([handler], '{"action":"initialize","shardId":"s"}\n' + event.repeat(times));
  const answers = run.stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
  assert.deepEqual(answers.shift(), { action: 'status', responseFor: 'initialize' });
  assert.equal(answers.length, times, run.stderr);
  assert.equal(run.status, 0);
  return { answers, first: answers[0], err: run.stderr };
}

test('event and context are those of Lambda', () => {
  const { first } = invoke('lambda-handlers.describe');
  assert.deepEqual(first.answer, {
    batchItemFailures: [],
    state: {
      records: [RECORD.kinesis],
      function: 'fn',
      arn: 'arn:aws:lambda:us-east-1:123456789012:function:fn',
      version: '$LATEST',
      memory: '128',
      group: '/aws/lambda/fn',
      left: true,
      request: 36,
      environment: ['lambda-handlers.describe', 'AWS_Lambda_nodejs'],
    },
  });
});

test('callbacks answer, and handlers without an answer once they have nothing more to do', () => {
  assert.deepEqual(
    invoke('lambda-callbacks.later', 3).answers.map(({ answer }) => answer),
    [{ state: 1 }, { state: 1 }, { state: 1 }],
  );
  const silent = invoke('lambda-callbacks.silent', 2);
  assert.deepEqual(silent.answers.map(({ answer }) => answer), [null, null]);
  assert.match(silent.err, /a print is safe/);
  assert.deepEqual(invoke('lambda-callbacks.waits').first.answer, { state: true });
  assert.deepEqual(invoke('lambda-callbacks.hurries').first.answer, { state: 'at once' });
  assert.deepEqual(invoke('lambda-callbacks.succeeds').first.answer, { state: 'succeeded' });
});

test('errors are told by type and frames, and the child lives on', () => {
  for (const [handler, type] of [
    ['lambda-handlers.throws', 'RangeError'],
    ['lambda-callbacks.fails', 'TypeError'],
    ['lambda-callbacks.throwsAtOnce', 'Error'],
  ]) {
    const { answers, err } = invoke(handler, 2);
    assert.deepEqual(answers.map(({ error }) => error), [type, type]);
    assert.match(answers[0].trace, /lambda-(handlers|callbacks)/);
    assert.doesNotMatch(JSON.stringify(answers) + err, /secret/);
  }
});

test('answers that are no JSON or too large fail', () => {
  assert.equal(invoke('lambda-handlers.notJson').first.error, 'Runtime.MarshalError');
  assert.equal(invoke('lambda-handlers.tooLarge').first.error, 'Function.ResponseSizeTooLarge');
  // Its line would be longer than the daemon reads.
  assert.equal(invoke('lambda-handlers.tooWide').first.error, 'Function.ResponseSizeTooLarge');
});

test('members of exports are found as Lambda finds them', () => {
  assert.deepEqual(invoke('lambda-handlers.inner.handler').first.answer, { state: 'inner' });
});

test('a check tells in one line what is wrong', () => {
  for (const [handler, said] of [
    ['lambda-handlers.describe', ''],
    ['lambda-handlers.missing', 'millrace: lambda-handlers.mjs exports no function missing'],
    ['lambda-handlers.notCallable', 'millrace: lambda-handlers.mjs exports no function notCallable'],
    ['leaves.handler', 'millrace: leaves.handler cannot be loaded: it ends the process'],
  ]) {
    const run = start(['--check', handler]);
    assert.equal(run.stderr.trim(), said);
    assert.equal(run.status, said ? 2 : 0);
  }
  assert.match(start(['--check', 'none.handler']).stderr, /^millrace: there is no file .*none with one of the endings/);
});
