// The daemon's side of the frames, and the golden vectors, for the tests.
import { readFileSync } from 'node:fs';

const LINES = readFileSync(new URL('../../golden/frames.txt', import.meta.url), 'latin1')
  .split('\n')
  .filter((line) => line && !line.startsWith('#'))
  .map((line) => line.split(' '));

/** The bytes of records: objects with data, partitionKey, sequenceNumber, subSequenceNumber and arrived in ms. */
export function frame(records, behind = 0) {
  const heaps = [
    records.map(({ data }) => Buffer.from(data)),
    records.map(({ partitionKey }) => Buffer.from(partitionKey, 'utf8')),
    records.map(({ sequenceNumber }) => Buffer.from(sequenceNumber, 'latin1')),
  ];
  const columns = Buffer.alloc(28 * records.length);
  let at = 0;
  for (const name of ['subSequenceNumber', 'arrived']) {
    for (const record of records) {
      at = columns.writeBigInt64LE(BigInt(record[name]), at);
    }
  }
  for (const heap of heaps) {
    let end = 0;
    for (const part of heap) {
      at = columns.writeUInt32LE((end += part.length), at);
    }
  }
  const body = Buffer.concat([columns, ...heaps.flat()]);
  const head = Buffer.alloc(24);
  head[0] = 1;
  head.writeUInt32LE(body.length, 4);
  head.writeUInt32LE(records.length, 8);
  head.writeBigInt64LE(BigInt(behind), 16);
  return Buffer.concat([head, body]);
}

/** A record of the package as such an object. */
export function fields({ data, partitionKey, sequenceNumber, subSequenceNumber, arrived }) {
  return { data: Buffer.from(data), partitionKey, sequenceNumber, subSequenceNumber, arrived: arrived.getTime() };
}

/** Batches and their bytes. */
export function* good() {
  let batch;
  for (const [word, ...more] of LINES) {
    if (word === 'behind') {
      batch = { records: [], behind: Number(more[0]) };
    } else if (word === 'record') {
      const [sequenceNumber, sub, arrived, key, data] = more;
      batch.records.push({
        data: bytes(data),
        partitionKey: bytes(key).toString('utf8'),
        sequenceNumber,
        subSequenceNumber: Number(sub),
        arrived: Number(arrived),
      });
    } else if (word === 'frame') {
      yield { ...batch, data: Buffer.from(more[0], 'hex') };
    }
  }
}

/** Bytes that are no frame, and words of the error. */
export const bad = LINES.filter(([word]) => word === 'bad').map(([, hex, ...words]) => ({
  data: Buffer.from(hex, 'hex'),
  words: words.join(' '),
}));

/** Messages of a child as words and as bytes. */
export const said = LINES.filter(([word]) => word === 'said').map((line) => ({
  words: line.slice(1, -1),
  data: Buffer.from(line.at(-1), 'hex'),
}));

function bytes(text) {
  return text === '-' ? Buffer.alloc(0) : Buffer.from(text, 'base64');
}
