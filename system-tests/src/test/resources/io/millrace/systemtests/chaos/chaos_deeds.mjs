// Notes of a child of chaos, and the harm that it does to itself when it is asked to.
import fs from 'node:fs';

const folder = process.env.CHAOS_FOLDER;
// Every line is one write at the end of the file, so those of many processes stand one behind the other.
const notes = fs.openSync(`${folder}/notes/${process.env.CHAOS_DAEMON}`, 'a');
const pause = Number(process.env.CHAOS_PAUSE_SECONDS) * 1_000;
const now = () => process.hrtime.bigint();

/** The deeds of a child on one shard, from its beginning or its last failure on. */
export class Life {
  constructor(shard) {
    this.shard = shard;
    this.begin();
  }

  begin() {
    this.number = now();
    this.isOver = false;
    this.#note(this.number, `begun ${process.pid}`);
  }

  /** Notes records, pairs of key and number, and does what is asked for when half of them are noted. */
  async process(records, way) {
    const at = now();
    const deed = this.#asked();
    const half = deed ? records.length >> 1 : records.length;
    this.#batch(at, records.slice(0, half));
    if (deed) {
      this.#note(now(), `does ${deed}`);
      try {
        await act(deed, way);
      } catch (failed) {
        // The batch comes again to the same handler: asked for, or a socket that has just been closed.
        this.begin();
        throw failed;
      }
      this.#batch(at, records.slice(half));
    }
  }

  over(way) {
    if (!this.isOver) {
      this.isOver = true;
      this.#note(now(), `over ${way}`);
    }
  }

  #batch(at, records) {
    if (records.length > 0) {
      this.#note(at, `batch 0 ${records.map(([key, number]) => `${key}:${number}`).join(',')}`);
    }
  }

  #note(at, words) {
    // The line feed before it ends what a killed process has left.
    fs.writeSync(notes, `\nchaos-note ${at} ${this.shard} ${this.number} ${words} .\n`);
  }

  #asked() {
    const file = `${folder}/deeds/${this.shard}`;
    if (!fs.existsSync(file)) {
      return undefined;
    }
    const deed = fs.readFileSync(file, 'ascii');
    fs.unlinkSync(file);
    return deed;
  }
}

/** `way` is the file to which messages go; undefined where that is a socket of the process. */
async function act(deed, way) {
  switch (deed) {
    case 'KILL':
      process.kill(process.pid, 'SIGKILL');
      return block();
    case 'EXIT':
      return process.exit(0);
    case 'RAISE':
      throw new RangeError('asked for');
    case 'HANG':
      return new Promise(() => {});
    case 'PAUSE':
      return new Promise((resolve) => setTimeout(resolve, pause));
    case 'PRINT':
      fs.writeSync(1, Buffer.from('\0\u00ff no text\n[1, 2]\n{}\n{"action":4}\n no end', 'latin1'));
      return undefined;
    case 'GARBAGE':
      fs.writeSync(file(way), '\n}garbage{\n');
      return undefined;
    case 'CUT':
      fs.writeSync(file(way), '\n{"action":"status","respon');
      process.kill(process.pid, 'SIGKILL');
      return block();
    case 'TEAR':
      fs.writeSync(file(way), '\n{"action":"status","respon');
      return undefined;
    case 'CLOSE_OUTPUT':
      fs.closeSync(1);
      return undefined;
    case 'CLOSE_WAY':
      fs.closeSync(file(way));
      return undefined;
    default:
      throw new Error(deed);
  }
}

/** Until the signal comes. */
function block() {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

function file(way) {
  return way ?? Math.max(...fs.readdirSync('/proc/self/fd').map(Number).filter(isSocket));
}

function isSocket(number) {
  try {
    return fs.fstatSync(number).isSocket();
  } catch {
    return false;
  }
}
