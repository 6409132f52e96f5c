// A Lambda handler whose records say what becomes of it. The notes are those of the same handler for Python.
import assert from 'node:assert/strict';
import fs from 'node:fs';

function firstTime(name, word) {
  const marker = `${name}.${word}`;
  if (fs.existsSync(marker)) {
    return false;
  }
  fs.writeFileSync(marker, '');
  return true;
}

export async function lambda_handler(event, context) {
  const name = context.functionName;
  const window = 'window' in event;
  const texts = event.Records.map((record) => Buffer.from(record.kinesis.data, 'base64').toString());
  let note = texts.join(',');
  if (window) {
    note += event.isFinalInvokeForWindow ? ' final' : '';
    note += event.isWindowTerminatedEarly ? ' early' : '';
    note += ` with ${event.state.texts ?? 'nothing'}`;
  }
  fs.appendFileSync(`${name}.txt`, note.trim() + '\n');
  assert(context.getRemainingTimeInMillis() > 0 && context.getRemainingTimeInMillis() <= 3000);
  assert.equal(process.env.AWS_LAMBDA_FUNCTION_NAME, name);
  assert.equal(process.env.AWS_REGION, 'us-east-1');
  const batchItemFailures = [];
  for (const [index, text] of texts.entries()) {
    const { sequenceNumber } = event.Records[index].kinesis;
    const [word, when] = text.split('-');
    if (when && !firstTime(name, word)) {
      continue;
    }
    switch (word) {
      case 'throw':
        throw new RangeError('a secret');
      case 'exit':
        process.exit(0);
        break;
      case 'hang':
        await new Promise((resolve) => setTimeout(resolve, 60_000));
        break;
      case 'report':
        batchItemFailures.push({ itemIdentifier: sequenceNumber });
        break;
      case 'empty':
        batchItemFailures.push({ itemIdentifier: '' });
        break;
      case 'null':
        batchItemFailures.push({ itemIdentifier: null });
        break;
      case 'key':
        batchItemFailures.push({ sequenceNumber });
        break;
      default:
    }
  }
  if (!window) {
    return batchItemFailures.length ? { batchItemFailures } : undefined;
  }
  if (texts.includes('stateless-once') && firstTime(name, 'state')) {
    return {};
  }
  const state = { texts: (event.state.texts ?? '') + texts.join('') };
  if (texts.includes('big')) {
    state.filling = 'x'.repeat(1_000_001);
  }
  return { state, batchItemFailures: [] };
}
