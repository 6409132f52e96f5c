'use strict';

const path = require('node:path');
const { Readable } = require('node:stream');
const { Batch, Checkpointer, Record } = require('./model.cjs');
const { CheckpointError, LeaseLostError, ProtocolError } = require('./errors.cjs');

/** Between two checkpoints that are saved because a handler has returned; only where the daemon does not do it itself. */
const CHECKPOINT_MILLIS = 1_000;

const MOST_FRAMES = 20;

/** The answer to most batches, and its text. */
const DONE = Object.freeze({ processed: true });
const PROCESSED = '\n{"action":"status","responseFor":"processRecords","processed":true}\n';

/**
 * Messages that come from a source and go to a stream of bytes, as a JSON object a line. One reader sorts them: answers to checkpoints go to those who wait for
 * them, in order, whenever the handler asks; all others are actions.
 */
class Pipe {
  #sink;
  #loss = new AbortController();
  #actions = [];
  #answers = [];
  #wanted;
  #end;

  /** Reads `source`, an iterable of messages; without one they are given to {@link take} and {@link over}. */
  constructor(source, sink) {
    this.#sink = sink;
    if (source) {
      this.#read(source).then(
        () => this.over(undefined),
        (failure) => this.over(failure),
      );
    }
  }

  get signal() {
    return this.#loss.signal;
  }

  lost() {
    this.#loss.abort(new LeaseLostError('ShutdownException'));
  }

  /** The next action; undefined at the end of the input. */
  receive() {
    return new Promise((resolve, reject) => {
      this.#wanted = { resolve, reject };
      this.#hand();
    });
  }

  /** Completes once the stream has taken the message, which is at once unless it is full. Where it cannot be sent, the input ends as well. */
  send(message) {
    // The line feed before it ends whatever somebody else has written to the same file.
    return this.write('\n' + ascii(JSON.stringify(message)) + '\n');
  }

  /** Sends the text of a message, in ASCII. */
  write(text) {
    return new Promise((resolve, reject) => {
      if (this.#sink.write(text, 'latin1', (failure) => (failure ? reject(failure) : resolve()))) {
        resolve();
      }
    });
  }

  async checkpoint(sequenceNumber, subSequenceNumber) {
    const answered = new Promise((resolve, reject) => {
      if (this.#end) {
        reject(this.#end.failure ?? new ProtocolError('the daemon has closed the pipe instead of answering a checkpoint'));
      }
      this.#answers.push({ resolve, reject });
    });
    answered.catch(() => {});
    await this.send({ action: 'checkpoint', sequenceNumber, subSequenceNumber });
    const answer = await answered;
    if (answer.error !== null && answer.error !== undefined) {
      const error = CheckpointError.of(String(answer.error));
      if (error instanceof LeaseLostError) {
        this.lost();
      }
      throw error;
    }
  }

  async #read(source) {
    for await (const message of source) {
      this.take(message);
    }
  }

  /** A message has come. */
  take(message) {
    if (message.action !== 'checkpoint') {
      this.#actions.push(message);
      this.#hand();
    } else if (this.#answers.length > 0) {
      this.#answers.shift().resolve(message);
    } else {
      throw new ProtocolError('the daemon sent an answer to a checkpoint that nobody asked for');
    }
  }

  #hand() {
    if (this.#wanted && this.#actions.length > 0) {
      this.#wanted.resolve(this.#actions.shift());
      this.#wanted = undefined;
    } else if (this.#wanted && this.#end) {
      const { resolve, reject } = this.#wanted;
      this.#wanted = undefined;
      this.#end.failure ? reject(this.#end.failure) : resolve(undefined);
    }
  }

  /** No message comes any more. */
  over(failure) {
    this.#end = { failure };
    const end = failure ?? new ProtocolError('the daemon has closed the pipe instead of answering a checkpoint');
    this.#answers.splice(0).forEach(({ reject }) => reject(end));
    this.#hand();
  }
}

function parsed(line) {
  let message;
  try {
    message = JSON.parse(line);
  } catch {
    throw new ProtocolError(`the daemon sent a line of ${line.length} characters that is no JSON`);
  }
  if (typeof message?.action !== 'string') {
    throw new ProtocolError('the daemon sent a message without an action');
  }
  return message;
}

function ascii(text) {
  return text.replace(/[\u007f-\uffff]/g, (unit) => '\\u' + unit.charCodeAt(0).toString(16).padStart(4, '0'));
}

/** The messages of a stream of lines. */
async function* messages(source) {
  let parts = [];
  for await (const chunk of source) {
    let from = 0;
    for (let end = chunk.indexOf(10, from); end >= 0; end = chunk.indexOf(10, from)) {
      parts.push(chunk.subarray(from, end));
      yield parsed(Buffer.concat(parts).toString('utf8'));
      parts = [];
      from = end + 1;
    }
    if (from < chunk.length) {
      parts.push(chunk.subarray(from));
    }
  }
}

/** Answers the daemon's messages with the handler's deeds, until the input ends. */
class Child {
  #handler;
  #pipe;
  #environment;
  #checkpointer;
  #isMillrace;
  #shard;
  #unsaved;
  #savedAt = performance.now();

  constructor(handler, pipe, environment = process.env) {
    this.#handler = handler;
    this.#pipe = pipe;
    this.#environment = environment;
    this.#checkpointer = new Checkpointer(pipe);
    // Millrace's daemon checkpoints by itself what is said to be processed, and bears to hear of failures. Any other one,
    // Amazon's for instance, must see nothing but its own protocol.
    this.#isMillrace = environment.MILLRACE_PROTOCOL === '1';
  }

  /** Answers `first`, if it is there, and all that follows. */
  async run(first) {
    for (let message = first ?? (await this.#pipe.receive()); message; message = await this.#pipe.receive()) {
      const answer = await this.#answer(message);
      await (answer === DONE
        ? this.#pipe.write(PROCESSED)
        : this.#pipe.send({ action: 'status', responseFor: message.action, ...answer }));
    }
  }

  async #answer(message) {
    switch (message.action) {
      case 'initialize':
        this.#shard = Object.freeze({
          id: message.shardId,
          sequenceNumber: message.sequenceNumber ?? null,
          subSequenceNumber: message.subSequenceNumber ?? 0,
          stream: this.#environment.MILLRACE_STREAM ?? null,
          application: this.#environment.MILLRACE_APPLICATION ?? null,
        });
        await this.#handler.start(this.#shard);
        return {};
      case 'processRecords':
        return this.#process(message);
      case 'leaseLost':
        this.#pipe.lost();
        await this.#handler.leaseLost();
        return {};
      case 'shardEnded':
        await this.#handler.shardEnded(this.#checkpointer);
        await this.#checkpointer.checkpoint();
        return {};
      case 'shutdownRequested':
        await this.#handler.shutdownRequested(this.#checkpointer);
        await this.#save();
        return {};
      default:
        throw new ProtocolError(`the daemon sent an action that this version does not know: ${message.action}`);
    }
  }

  async #process(message) {
    const records = message.isDecoded ? message.records : decoded(message.records);
    const batch = new Batch(this.#shard, records, message.millisBehindLatest ?? null, this.#checkpointer);
    if (!this.#isMillrace) {
      await this.#handler.process(batch);
      this.#unsaved = records.at(-1) ?? this.#unsaved;
      if (performance.now() - this.#savedAt >= CHECKPOINT_MILLIS) {
        await this.#save();
      }
      return {};
    }
    try {
      await this.#handler.process(batch);
    } catch (failure) {
      if (failure instanceof ProtocolError) {
        throw failure;
      }
      if (showsTraces()) {
        show(failure);
      }
      return { error: typeOf(failure), trace: frames(failure) };
    }
    return DONE;
  }

  /** Saves what the handler has returned from, where the daemon does not. A lost lease is told by the daemon. */
  async #save() {
    const last = this.#unsaved;
    if (last === undefined) {
      return;
    }
    this.#unsaved = undefined;
    this.#savedAt = performance.now();
    try {
      await this.#checkpointer.checkpoint(last);
    } catch (failure) {
      if (!(failure instanceof LeaseLostError)) {
        throw failure;
      }
    }
  }
}

function decoded(records) {
  try {
    return records.map(Record.of);
  } catch {
    throw new ProtocolError('the daemon sent records that are none');
  }
}

function typeOf(failure) {
  return failure instanceof Error ? failure.name || failure.constructor.name : typeof failure;
}

/** The user's frames of a failure and of its causes, innermost first, without messages: they may hold payload. */
function frames(failure) {
  const parts = [];
  const seen = new Set();
  for (let cause = failure; cause instanceof Error && !seen.has(cause); cause = cause.cause) {
    seen.add(cause);
    const stack = String(cause.stack)
      .split('\n')
      .map((line) => /^\s+at (?:async )?(?:(.*?) \()?(?:file:\/\/)?([^()]+):(\d+):\d+\)?$/.exec(line))
      .filter((frame) => frame && !frame[2].startsWith('node:') && path.dirname(frame[2]) !== __dirname)
      .map((frame) => `${path.basename(frame[2])}:${frame[3]}${frame[1] ? ' ' + frame[1] : ''}`);
    const head = cause === failure ? '' : `caused by ${typeOf(cause)} `;
    parts.push(head + (stack.length ? 'at ' + stack.slice(0, MOST_FRAMES).join(' < ') : ''));
  }
  return parts.filter(Boolean).join('; ');
}

/** Writes a failure to standard error: its message, which may hold payload, only where that is asked for. */
function show(failure) {
  process.stderr.write(
    showsTraces() ? `${failure?.stack ?? failure}\n` : `ERROR millrace: ${typeOf(failure)} ${frames(failure)}\n`,
  );
}

function showsTraces() {
  return process.env.MILLRACE_TRACEBACKS === '1';
}

/** Keeps the pipes for the protocol; what the user's code prints goes to standard error, and reading gives nothing. */
function takeStandardStreams() {
  const source = leaveStandardStreams();
  const sink = process.stdout;
  Object.defineProperty(process, 'stdout', { configurable: true, get: () => process.stderr });
  globalThis.console = new console.Console({ stdout: process.stderr, stderr: process.stderr });
  return { source, sink };
}

/** Lets the user's code print and read nothing; returns the standard input that was. */
function leaveStandardStreams() {
  const source = process.stdin;
  const nothing = Readable.from([]);
  Object.defineProperty(process, 'stdin', { configurable: true, get: () => nothing });
  return source;
}

module.exports = { Child, Pipe, ascii, frames, leaveStandardStreams, messages, parsed, show, takeStandardStreams };
