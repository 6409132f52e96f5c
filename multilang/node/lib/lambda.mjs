// Runs a handler of AWS Lambda for Node.js, unmodified, as a child of `millrace daemon`.
//
// `node lambda.mjs HANDLER` answers events until its input ends; with `--check` before the handler it looks for the handler and ends.
// HANDLER is named as Lambda names it: `file.export`, or `folder/file.export`. The file is an ECMAScript or a CommonJS module.

import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import lines from './lines.cjs';
import errors from './errors.cjs';

const { Pipe, ascii, frames, messages, show, takeStandardStreams } = lines;
const { HandlerError, ProtocolError } = errors;

/** The largest answer of a function, as the line that tells it: in ASCII alone. */
const MOST_ANSWER = 6 * 1024 * 1024;

const ENDINGS = ['.js', '.mjs', '.cjs'];

/** The function that `file.export` names, as Lambda looks for it: below the current folder. */
export async function load(name) {
  const parts = /^([^.]*)\.(.+)$/.exec(path.basename(name));
  if (!parts) {
    throw new HandlerError(`not a handler of Lambda (file.export): ${name}`);
  }
  const file = path.resolve(path.dirname(name), parts[1]);
  const found = ENDINGS.map((ending) => file + ending).find((candidate) => fs.existsSync(candidate));
  if (!found) {
    throw new HandlerError(`there is no file ${file} with one of the endings ${ENDINGS.join(', ')}`);
  }
  let module_;
  try {
    module_ = await import(pathToFileURL(found).href);
  } catch (failure) {
    const text = String(failure?.message ?? failure).split('\n')[0];
    throw new HandlerError(`${path.basename(found)} cannot be loaded: ${failure?.name ?? 'Error'}: ${text}`);
  }
  const handler = member(module_, parts[2]) ?? member(module_.default, parts[2]);
  if (typeof handler !== 'function') {
    throw new HandlerError(`${path.basename(found)} exports no function ${parts[2]}`);
  }
  return handler;
}

function member(from, names) {
  return names.split('.').reduce((found, name) => found?.[name], from);
}

/** Answers the daemon's messages until the input ends. */
export class Child {
  #handler;
  #pipe;
  #environment;
  #timeout;
  #source;

  /** `source` keeps the process alive, but for the time in which the handler alone shall do so. */
  constructor(handler, pipe, environment = process.env, source = undefined) {
    this.#handler = handler;
    this.#pipe = pipe;
    this.#environment = environment;
    this.#timeout = Number(environment.MILLRACE_LAMBDA_TIMEOUT ?? 3) * 1_000;
    this.#source = source;
  }

  async run() {
    for (let message = await this.#pipe.receive(); message; message = await this.#pipe.receive()) {
      const status = { action: 'status', responseFor: message.action };
      if (message.action === 'invoke') {
        Object.assign(status, await this.#invoke(message.event));
      } else if (message.action !== 'initialize') {
        throw new ProtocolError(`the daemon sent an action that this version does not know: ${message.action}`);
      }
      await this.#pipe.send(status);
    }
  }

  async #invoke(event) {
    let result;
    try {
      result = await this.#call(event);
    } catch (failure) {
      if (process.env.MILLRACE_TRACEBACKS === '1') {
        show(failure);
      }
      return { error: typeOf(failure), trace: frames(failure) };
    }
    let text;
    try {
      text = ascii(JSON.stringify(result) ?? 'null');
    } catch {
      return { error: 'Runtime.MarshalError', trace: 'the handler returned something that is no JSON' };
    }
    if (text.length > MOST_ANSWER) {
      return { error: 'Function.ResponseSizeTooLarge', trace: `the answer has ${text.length} bytes` };
    }
    return { answer: said(result) };
  }

  /** The handler's result: of its promise, of its callback, or none once it has nothing more to do. */
  #call(event) {
    return new Promise((resolve, reject) => {
      const context = this.#context(settle);
      const source = this.#source;
      let isSettled = false;

      // Without a promise Lambda waits until the event loop is empty.
      const idle = () => over(() => resolve(null));
      function over(then) {
        if (!isSettled) {
          isSettled = true;
          process.removeListener('beforeExit', idle);
          source?.ref();
          // Not from within beforeExit: the next event would find it over.
          setImmediate(then);
        }
      }
      let told;
      function settle(failure, result) {
        if (told) {
          return;
        }
        told = failure !== null && failure !== undefined ? () => reject(failure) : () => resolve(result);
        if (context.callbackWaitsForEmptyEventLoop) {
          process.removeListener('beforeExit', idle);
          process.once('beforeExit', () => over(told));
        } else {
          over(told);
        }
      }

      process.on('beforeExit', idle);
      source?.unref();
      let returned;
      try {
        returned = this.#handler(event, context, settle);
      } catch (failure) {
        over(() => reject(failure));
        return;
      }
      if (typeof returned?.then === 'function') {
        source?.ref();
        returned.then(
          (result) => over(() => resolve(result)),
          (failure) => over(() => reject(failure)),
        );
      }
    });
  }

  #context(settle) {
    const environment = this.#environment;
    const deadline = performance.now() + this.#timeout;
    return {
      callbackWaitsForEmptyEventLoop: true,
      functionName: environment.AWS_LAMBDA_FUNCTION_NAME,
      functionVersion: environment.AWS_LAMBDA_FUNCTION_VERSION,
      invokedFunctionArn: environment.MILLRACE_LAMBDA_FUNCTION_ARN,
      memoryLimitInMB: environment.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
      awsRequestId: randomUUID(),
      logGroupName: environment.AWS_LAMBDA_LOG_GROUP_NAME,
      logStreamName: environment.AWS_LAMBDA_LOG_STREAM_NAME,
      identity: undefined,
      clientContext: undefined,
      getRemainingTimeInMillis: () => Math.max(0, Math.trunc(deadline - performance.now())),
      done: settle,
      succeed: (result) => settle(null, result),
      fail: (failure) => settle(failure ?? new Error('the handler failed')),
    };
  }
}

/** The parts of an answer that mean something for a stream. */
function said(result) {
  if (typeof result !== 'object' || result === null || Array.isArray(result)) {
    return null;
  }
  const { batchItemFailures, state } = result;
  return { batchItemFailures, state };
}

function typeOf(failure) {
  return failure instanceof Error ? failure.name || failure.constructor.name : typeof failure;
}

/** A timer that keeps the process alive between two events. */
function kept(source) {
  const timer = setInterval(() => {}, 2 ** 30);
  return {
    ref() {
      timer.ref();
      source.ref?.();
    },
    unref() {
      timer.unref();
      source.unref?.();
    },
  };
}

async function main(given) {
  const checks = given[0] === '--check';
  const name = checks ? given[1] : given[0];
  const { source, sink } = takeStandardStreams();
  for (const unused of ['MILLRACE_FRAMES', 'MILLRACE_SOCKET', 'MILLRACE_TOKEN']) {
    delete process.env[unused];
  }
  process.env._HANDLER = name;
  process.env.AWS_EXECUTION_ENV = `AWS_Lambda_nodejs${process.versions.node.split('.')[0]}.x`;
  for (const event of ['uncaughtException', 'unhandledRejection']) {
    // Node.js would show its message.
    process.on(event, (failure) => {
      show(failure);
      process.exit(1);
    });
  }
  try {
    process.chdir(process.env.LAMBDA_TASK_ROOT || '.');
    const ended = () => {
      process.stderr.write(`${checks ? '' : 'ERROR '}millrace: ${name} cannot be loaded: it ends the process\n`);
      process.exitCode = 2;
    };
    process.once('exit', ended);
    const handler = await load(name).finally(() => process.removeListener('exit', ended));
    if (!checks) {
      await new Child(handler, new Pipe(messages(source), sink), process.env, kept(source)).run();
    }
    return 0;
  } catch (failure) {
    if (failure instanceof HandlerError || failure instanceof ProtocolError) {
      process.stderr.write(`${checks ? '' : 'ERROR '}millrace: ${failure.message}\n`);
      return 2;
    }
    if (failure?.code !== 'EPIPE') {
      show(failure);
    }
    return 1;
  }
}

if (process.argv[1] && path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  process.exit(await main(process.argv.slice(2)));
}
