'use strict';

const net = require('node:net');
const { inspect } = require('node:util');
const { ProtocolError } = require('./errors.cjs');
const { Pipe, parsed } = require('./lines.cjs');

/** The version of the frames that this package speaks. */
const VERSION = 1;

const RECORDS = 1;
const HEAD = 24;
const COLUMNS = 28;
const LONGEST = 2 ** 28;
const LONGEST_LINE = 2 ** 16;
const HIGH = 2 ** 32;

/** The records of one frame, in columns. Nothing of a record is looked at before it is asked for. */
class Columns {
  #body;
  #count;
  #keys;
  #numbers;
  #areTextsChecked = false;

  constructor(body, count) {
    if (count * COLUMNS > body.length) {
      throw new ProtocolError(`the daemon sent a frame of ${body.length} bytes that cannot hold ${count} records`);
    }
    this.#body = body;
    this.#count = count;
    const data = this.#lengthOfHeap(16 * count);
    const keys = this.#lengthOfHeap(20 * count);
    const numbers = this.#lengthOfHeap(24 * count);
    this.#keys = COLUMNS * count + data;
    this.#numbers = this.#keys + keys;
    if (this.#numbers + numbers !== body.length) {
      throw new ProtocolError(`the daemon sent a frame of ${body.length} bytes whose lengths do not add up`);
    }
    this.#check(16 * count);
  }

  /** All records, in order. */
  records() {
    const records = new Array(this.#count);
    for (let i = 0; i < this.#count; i++) {
      records[i] = new FramedRecord(this, i);
    }
    return records;
  }

  data(index) {
    const heap = COLUMNS * this.#count;
    const end = this.#body.readUInt32LE(16 * this.#count + 4 * index);
    const begin = index === 0 ? 0 : this.#body.readUInt32LE(16 * this.#count + 4 * index - 4);
    return this.#body.subarray(heap + begin, heap + end);
  }

  key(index) {
    return this.#text('utf8', this.#keys, 20 * this.#count, index);
  }

  sequenceNumber(index) {
    return this.#text('latin1', this.#numbers, 24 * this.#count, index);
  }

  subSequenceNumber(index) {
    return long(this.#body, 8 * index);
  }

  arrived(index) {
    return new Date(long(this.#body, 8 * (this.#count + index)));
  }

  #text(encoding, heap, ends, index) {
    if (!this.#areTextsChecked) {
      this.#check(20 * this.#count);
      this.#check(24 * this.#count);
      this.#areTextsChecked = true;
    }
    const begin = index === 0 ? 0 : this.#body.readUInt32LE(ends + 4 * index - 4);
    return this.#body.toString(encoding, heap + begin, heap + this.#body.readUInt32LE(ends + 4 * index));
  }

  #lengthOfHeap(ends) {
    return this.#count === 0 ? 0 : this.#body.readUInt32LE(ends + 4 * this.#count - 4);
  }

  #check(ends) {
    let before = 0;
    for (let at = ends; at < ends + 4 * this.#count; at += 4) {
      const end = this.#body.readUInt32LE(at);
      if (end < before) {
        throw new ProtocolError('the daemon sent a frame with a record that ends before it begins');
      }
      before = end;
    }
  }
}

/** A record of a frame. Its data and key are not shown where it is printed. */
class FramedRecord {
  #columns;
  #index;
  #data;

  constructor(columns, index) {
    this.#columns = columns;
    this.#index = index;
  }

  get data() {
    return (this.#data ??= this.#columns.data(this.#index));
  }

  get partitionKey() {
    return this.#columns.key(this.#index);
  }

  get sequenceNumber() {
    return this.#columns.sequenceNumber(this.#index);
  }

  get subSequenceNumber() {
    return this.#columns.subSequenceNumber(this.#index);
  }

  get arrived() {
    return this.#columns.arrived(this.#index);
  }

  text() {
    return this.data.toString('utf8');
  }

  json() {
    return JSON.parse(this.text());
  }

  toJSON() {
    const { sequenceNumber, subSequenceNumber, arrived } = this;
    return { sequenceNumber, subSequenceNumber, arrived };
  }

  [inspect.custom](depth, options) {
    return `Record ${inspect(this.toJSON(), options)}`;
  }
}

/** A signed number of 64 bits, exact up to 2^53 as all numbers of the protocol are. */
function long(bytes, at) {
  return bytes.readInt32LE(at + 4) * HIGH + bytes.readUInt32LE(at);
}

/** Takes bytes apart into messages: lines, and frames. */
class Splitter {
  #parts = [];
  #length = 0;
  /** How many bytes the frame has that is on its way; 0 for a line. */
  #wanted = 0;

  /** The messages that are whole with `chunk`. */
  *take(chunk) {
    for (let from = 0; from < chunk.length; ) {
      const isFrame = this.#wanted > 0 || (this.#length === 0 ? chunk[from] : this.#parts[0][0]) === RECORDS;
      from = isFrame ? this.#frame(chunk, from) : this.#line(chunk, from);
      if (isFrame ? this.#wanted > 0 && this.#length === this.#wanted : from > 0 && chunk[from - 1] === 10) {
        yield isFrame ? this.#records() : parsed(this.#taken().toString('utf8'));
      }
    }
  }

  /** Fails if the bytes end within a message. */
  end() {
    if (this.#length > 0) {
      throw new ProtocolError(`the daemon has closed the socket within a ${this.#parts[0][0] === RECORDS ? 'frame' : 'line'}`);
    }
  }

  #line(chunk, from) {
    const end = chunk.indexOf(10, from);
    const to = end < 0 ? chunk.length : end + 1;
    this.#keep(chunk, from, to);
    if (this.#length > LONGEST_LINE) {
      throw new ProtocolError(`the daemon sent a line of more than ${LONGEST_LINE} bytes`);
    }
    return to;
  }

  #frame(chunk, from) {
    const most = (this.#wanted || HEAD) - this.#length;
    const to = Math.min(chunk.length, from + most);
    this.#keep(chunk, from, to);
    if (this.#wanted === 0 && this.#length === HEAD) {
      const head = this.#taken();
      if (head.readUInt32LE(0) !== RECORDS || head.readUInt32LE(12) !== 0) {
        throw new ProtocolError('the daemon sent a frame of a form that this version does not know');
      }
      const length = head.readUInt32LE(4);
      if (length > LONGEST) {
        throw new ProtocolError(`the daemon sent a frame of ${length} bytes; the most is ${LONGEST}`);
      }
      this.#keep(head, 0, HEAD);
      this.#wanted = HEAD + length;
    }
    return to;
  }

  #keep(chunk, from, to) {
    this.#parts.push(from === 0 && to === chunk.length ? chunk : chunk.subarray(from, to));
    this.#length += to - from;
  }

  #taken() {
    const whole = this.#parts.length === 1 ? this.#parts[0] : Buffer.concat(this.#parts, this.#length);
    this.#parts = [];
    this.#length = 0;
    return whole;
  }

  #records() {
    this.#wanted = 0;
    const frame = this.#taken();
    return {
      action: 'processRecords',
      records: new Columns(frame.subarray(HEAD), frame.readUInt32LE(8)).records(),
      isDecoded: true,
      millisBehindLatest: long(frame, 16),
    };
  }
}

/** Messages over a connection of the daemon's socket. The next records may come while others are in hand. */
class Frames extends Pipe {
  #socket;
  #file;

  constructor(socket, file) {
    super(undefined, socket);
    this.#socket = socket;
    this.#file = file;
    this.#listen(new Splitter());
  }

  /** By events: an iterator over the socket costs a small batch as much as all else. */
  #listen(splitter) {
    let isOver = false;
    const over = (failure) => {
      if (!isOver) {
        isOver = true;
        this.over(failure);
      }
    };
    const guarded = (action) => {
      try {
        action();
      } catch (failure) {
        over(failure);
      }
    };
    this.#socket
      .on('data', (chunk) =>
        guarded(() => {
          for (const message of isOver ? [] : splitter.take(chunk)) {
            this.take(message);
          }
        }),
      )
      .on('end', () => guarded(() => over(splitter.end())))
      .on('error', over)
      .on('close', () => over(undefined));
  }

  /** Another connection to the same socket. */
  beside(token) {
    return connect(this.#file, token);
  }

  close() {
    this.#socket.destroy();
  }
}

/** The daemon's socket and the token for it, taken out of the environment; undefined under a daemon without frames. */
function door(environment = process.env) {
  const { MILLRACE_FRAMES: version, MILLRACE_SOCKET: file, MILLRACE_TOKEN: token } = environment;
  for (const name of ['MILLRACE_FRAMES', 'MILLRACE_SOCKET', 'MILLRACE_TOKEN']) {
    delete environment[name];
  }
  return Number(version) >= VERSION && file ? { file, token } : undefined;
}

/** A connection that the daemon knows by its token; rejected where the socket cannot be reached. */
function connect(file, token) {
  return new Promise((resolve, reject) => {
    const socket = net.createConnection({ path: file, allowHalfOpen: true });
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      const frames = new Frames(socket, file);
      frames.send({ action: 'hello', frames: VERSION, token }).then(() => resolve(frames), reject);
    });
  });
}

module.exports = { Frames, Splitter, connect, door };
