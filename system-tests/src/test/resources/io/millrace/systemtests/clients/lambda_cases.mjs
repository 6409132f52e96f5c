// A Lambda handler whose records say what becomes of them. The notes are those of the same handler for Python.
import assert from 'node:assert/strict';
import fs from 'node:fs';

const ANSWERS = {
  answernull: null,
  answerempty: {},
  listnull: { batchItemFailures: null },
  listempty: { batchItemFailures: [] },
};

// True if the record is still to fail: always, or as often as the word after its hyphen says.
function still(name, text) {
  const times = text.split('-')[1] ?? '';
  if (!times.startsWith('once') && !/^\d+$/.test(times)) {
    return true;
  }
  for (let time = 0; time < (/^\d+$/.test(times) ? Number(times) : 1); time++) {
    const marker = `${name}.${text}.${time}`;
    if (!fs.existsSync(marker)) {
      fs.writeFileSync(marker, '');
      return true;
    }
  }
  return false;
}

function note(name, event, texts) {
  const told = { ...event };
  if (told.state?.filling) {
    told.state = { ...told.state, filling: told.state.filling.length };
  }
  fs.appendFileSync(`${name}.events`, JSON.stringify(told) + '\n');
  let line = texts.join(',');
  if ('window' in event) {
    line += event.isFinalInvokeForWindow ? ' final' : '';
    line += event.isWindowTerminatedEarly ? ' early' : '';
    line += ` with ${event.state.texts ?? 'nothing'}`;
  }
  fs.appendFileSync(`${name}.txt`, line.trim() + '\n');
}

export async function lambda_handler(event, context) {
  const name = context.functionName;
  const window = 'window' in event;
  const texts = event.Records.map((record) => Buffer.from(record.kinesis.data, 'base64').toString());
  note(name, event, texts);
  assert(context.getRemainingTimeInMillis() > 0 && context.getRemainingTimeInMillis() <= 60_000);
  assert.equal(process.env.AWS_LAMBDA_FUNCTION_NAME, name);
  assert.equal(process.env.AWS_REGION, 'us-east-1');
  const failures = [];
  for (const [index, text] of texts.entries()) {
    const [word] = text.split('-');
    if (word in ANSWERS) {
      return ANSWERS[word];
    }
    const { sequenceNumber } = event.Records[index].kinesis;
    const items = {
      report: { itemIdentifier: sequenceNumber },
      empty: { itemIdentifier: '' },
      null: { itemIdentifier: null },
      key: { sequenceNumber },
      unknown: { itemIdentifier: '1' },
    };
    if (!(['throw', 'exit', 'hang'].includes(word) || Object.hasOwn(items, word)) || !still(name, text)) {
      continue;
    }
    if (word === 'throw') {
      throw new RangeError('a secret');
    } else if (word === 'exit') {
      process.exit(0);
    } else if (word === 'hang') {
      await new Promise((resolve) => setTimeout(resolve, 60_000));
    } else {
      failures.unshift(items[word]);
    }
  }
  if (!window) {
    return failures.length ? { batchItemFailures: failures } : undefined;
  }
  if (texts.includes('stateless-once') && still(name, 'stateless-once')) {
    return {};
  }
  const gathered = event.state.texts ?? '';
  if (event.isFinalInvokeForWindow && gathered.includes('lastfails-once') && still(name, 'lastfails-once')) {
    throw new RangeError('a secret');
  }
  const state = { texts: gathered + texts.join('') };
  if (texts.includes('big')) {
    state.filling = 'x'.repeat(1_000_001);
  }
  return { state, batchItemFailures: failures };
}
