'use strict';

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { spawn } = require('node:child_process');
const { HandlerError, ProtocolError } = require('./errors.cjs');
const { Handler, load } = require('./handler.cjs');
const { Frames, connect, door } = require('./frames.cjs');
const { Child, Pipe, leaveStandardStreams, messages, show, takeStandardStreams } = require('./lines.cjs');

const PARENT_LOOKS_MILLIS = 500;

const USAGE = `usage: millrace-node run FILE[#EXPORT] --stream NAME --app NAME [daemon options]
       millrace-node child FILE[#EXPORT]

run     starts the daemon, which runs the handler in a child process for each shard
child   is what the daemon starts; it speaks over the daemon's socket, or over standard input and output

Options after the handler are the daemon's: see \`millrace daemon --help\`. MILLRACE_TRACEBACKS=1 in the environment shows the
stacks of handlers' errors, with their messages, which may hold what is in records.
`;

/** The daemon cannot be started; the message is one line for the user. */
class RunError extends Error {}

async function main(given) {
  if (given.length === 0 || given[0] === '-h' || given[0] === '--help') {
    (given.length ? process.stdout : process.stderr).write(USAGE);
    return given.length ? 0 : 2;
  }
  if (!['run', 'child'].includes(given[0]) || given.length < 2 || (given[0] === 'child' && given.length > 2)) {
    process.stderr.write(USAGE);
    return 2;
  }
  try {
    if (given[0] === 'child') {
      return await child(given[1]);
    }
    // A misspelt name is told here, and not in the daemon's log.
    await loaded(given[1]);
    return await run(given[1], given.slice(2));
  } catch (refused) {
    if (refused instanceof HandlerError || refused instanceof RunError) {
      process.stderr.write(`millrace: ${refused.message}\n`);
      return refused instanceof HandlerError ? 2 : 1;
    }
    throw refused;
  }
}

/** Loads a handler; one that ends the process meanwhile has failed. */
async function loaded(name) {
  const ended = () => {
    process.stderr.write(`millrace: ${name.split('#', 1)[0]} cannot be loaded: it ends the process\n`);
    process.exitCode = 2;
  };
  process.once('exit', ended);
  try {
    await load(name);
  } finally {
    process.removeListener('exit', ended);
  }
}

/** Processes one shard, or those that the daemon tells, until it closes the pipe or the socket. */
async function child(name) {
  for (const event of ['uncaughtException', 'unhandledRejection']) {
    // Node.js would show its message.
    process.on(event, (failure) => {
      show(failure);
      process.exit(1);
    });
  }
  try {
    const frames = await connected();
    await serve(name, frames ?? linesOf(takeStandardStreams()));
    frames?.close();
    return 0;
  } catch (failure) {
    if (failure instanceof HandlerError || failure instanceof ProtocolError) {
      process.stderr.write(`ERROR millrace: ${failure.message}\n`);
    } else if (!['EPIPE', 'ECONNRESET'].includes(failure?.code)) {
      show(failure);
    }
    return 1;
  }
}

function linesOf({ source, sink }) {
  return new Pipe(messages(source), sink);
}

/** The daemon's socket, where it has one: before the user's code can print, which would look like lines. */
async function connected() {
  const found = door();
  if (!found) {
    return undefined;
  }
  try {
    const frames = await connect(found.file, found.token);
    leaveStandardStreams();
    return frames;
  } catch {
    // A container may not have it.
    return undefined;
  }
}

async function serve(name, pipe) {
  const found = await load(name);
  const first = await pipe.receive();
  if (first?.action === 'open' && pipe instanceof Frames) {
    await serveShards(found, pipe, first);
  } else if (first) {
    await new Child(new Handler(found), pipe).run(first);
  } else if (pipe instanceof Frames) {
    throw new ProtocolError('the daemon closed the socket at once');
  }
}

/** Serves shards, each over a connection of its own. The end of one by a failure is the end of all. */
async function serveShards(found, control, first) {
  const running = new Set();
  let fail;
  const failed = new Promise((_, reject) => (fail = reject));
  failed.catch(() => {});
  for (let told = first; told; told = await Promise.race([control.receive(), failed])) {
    if (told.action !== 'open') {
      throw new ProtocolError(`the daemon sent what belongs to a shard over the connection of none: ${told.action}`);
    }
    const shard = serveShard(found, control, told).finally(() => running.delete(shard));
    running.add(shard);
    shard.catch(fail);
  }
  await Promise.race([Promise.all(running), failed]);
}

async function serveShard(found, control, { token, stream }) {
  const pipe = await control.beside(token);
  try {
    await new Child(new Handler(found), pipe, { ...process.env, MILLRACE_STREAM: stream }).run();
  } finally {
    pipe.close();
  }
}

/** Runs the daemon until it ends, hands signals on, and returns its exit code. */
async function run(handler, options) {
  checkJava();
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'millrace-'));
  try {
    const settings = path.join(folder, 'daemon.properties');
    const command = executable(handler).replaceAll('\\', '\\\\');
    fs.writeFileSync(settings, `executableName = ${command}\nretrievalMode = POLLING\n`);
    const daemon = spawn(launcher(), ['daemon', settings, ...options], { stdio: 'inherit' });
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) {
      process.on(signal, () => daemon.kill(signal === 'SIGHUP' ? 'SIGTERM' : signal));
    }
    endWithNpm(daemon);
    return await new Promise((resolve, reject) => {
      daemon.on('error', (failure) => reject(new RunError(`the daemon cannot be started: ${failure.message}`)));
      daemon.on('exit', (code, signal) => resolve(code ?? 128 + os.constants.signals[signal]));
    });
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/** A signal ends npx and npm without their programs, so their end is the signal. */
function endWithNpm(daemon) {
  if (process.env.npm_lifecycle_event) {
    const parent = process.ppid;
    const watch = setInterval(() => {
      if (process.ppid !== parent) {
        clearInterval(watch);
        daemon.kill('SIGTERM');
      }
    }, PARENT_LOOKS_MILLIS);
    watch.unref();
  }
}

function executable(handler) {
  return [process.execPath, path.join(__dirname, '..', 'bin', 'millrace-node.cjs'), 'child', path.resolve(handler)]
    .map((part) => `"${part}"`)
    .join(' ');
}

function checkJava() {
  const home = process.env.JAVA_HOME;
  if (home && !fs.existsSync(path.join(home, 'bin', 'java'))) {
    throw new RunError(`JAVA_HOME (${home}) has no bin/java; set it to a JDK 17 or newer`);
  }
  if (!home && !onPath('java')) {
    throw new RunError('Java is not found: install a JDK 17 or newer, or set JAVA_HOME');
  }
}

/** The file that starts millrace: in MILLRACE_HOME, in the checkout that this package lies in, or on the PATH. */
function launcher() {
  const home = process.env.MILLRACE_HOME;
  if (home) {
    const found = path.join(home, 'millrace');
    if (!fs.existsSync(found)) {
      throw new RunError(`there is no file millrace in MILLRACE_HOME (${home})`);
    }
    return found;
  }
  for (let folder = __dirname; folder !== path.dirname(folder); folder = path.dirname(folder)) {
    if (fs.existsSync(path.join(folder, 'multilang')) && fs.existsSync(path.join(folder, 'millrace'))) {
      return path.join(folder, 'millrace');
    }
  }
  const found = onPath('millrace');
  if (!found) {
    throw new RunError(
      'Millrace is not found: set MILLRACE_HOME to the folder that has its launcher, or put that on the PATH',
    );
  }
  return found;
}

function onPath(name) {
  return (process.env.PATH ?? '')
    .split(path.delimiter)
    .map((folder) => path.join(folder, name))
    .find((file) => fs.existsSync(file));
}

module.exports = { main };
