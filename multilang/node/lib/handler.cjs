'use strict';

const path = require('node:path');
const { pathToFileURL } = require('node:url');
const { HandlerError } = require('./errors.cjs');

/**
 * A handler of one function for the whole life of a shard, which takes its batches with `for await`. A batch is processed when the
 * function asks for the next one, or returns. A function that has thrown or returned is called anew for the next batch.
 */
function perShard(run) {
  return class PerShard {
    #shard;
    /** Settled when the function asks for a batch or is over. */
    #asks = signalled();
    #batch = signalled();
    #running = Promise.resolve();
    #isOver = true;

    start(shard) {
      this.#shard = shard;
      return this.#begin();
    }

    async process(batch) {
      if (this.#isOver) {
        await this.#begin();
      }
      if (this.#isOver) {
        throw new TypeError('the function of the shard returned without asking for a batch');
      }
      this.#asks = signalled();
      this.#batch.resolve(batch);
      await this.#asks.promise;
    }

    leaseLost() {
      return this.#finish();
    }

    shardEnded() {
      return this.#finish();
    }

    #begin() {
      this.#isOver = false;
      this.#asks = signalled();
      const batches = { [Symbol.asyncIterator]: () => this.#batches() };
      const call = async () => run(Object.assign(batches, this.#shard));
      this.#running = call().then(
        () => this.#over(() => this.#asks.resolve()),
        (failure) => this.#over(() => this.#asks.reject(failure)),
      );
      return this.#asks.promise;
    }

    async *#batches() {
      for (;;) {
        this.#batch = signalled();
        this.#asks.resolve();
        const batch = await this.#batch.promise;
        if (batch === undefined) {
          return;
        }
        yield batch;
      }
    }

    #over(tell) {
      this.#isOver = true;
      tell();
    }

    async #finish() {
      if (!this.#isOver) {
        this.#asks = signalled();
        this.#batch.resolve(undefined);
        await this.#asks.promise;
        await this.#running;
      }
    }
  };
}

function signalled() {
  const it = {};
  it.promise = new Promise((resolve, reject) => Object.assign(it, { resolve, reject }));
  it.promise.catch(() => {});
  return it;
}

/** The export that `FILE` or `FILE#NAME` names; the default export, or the one named handler, without a name. */
async function load(name) {
  const [file, exported] = name.split('#', 2);
  let module_;
  try {
    module_ = await import(pathToFileURL(path.resolve(file)).href);
  } catch (failure) {
    throw new HandlerError(`${file} cannot be loaded: ${oneLine(failure)}`);
  }
  const found = exported
    ? (module_[exported] ?? module_.default?.[exported])
    : (module_.handler ?? module_.default?.handler ?? module_.default);
  if (found === undefined) {
    throw new HandlerError(`${file} exports no ${exported ?? 'handler, neither by that name nor as its default'}`);
  }
  if (typeof found !== 'function' && typeof found?.process !== 'function') {
    throw new HandlerError(`${name} is neither a function nor a class or object with a method process(batch)`);
  }
  if (isClass(found) && typeof found.prototype.process !== 'function') {
    throw new HandlerError(`class ${name} has no method process(batch)`);
  }
  const process = isClass(found) ? found.prototype.process : (found.process ?? found);
  if (/Generator/.test(Object.prototype.toString.call(process))) {
    throw new HandlerError(`${name} is a generator, so calling it processes nothing; handle the batch and return`);
  }
  return found;
}

function oneLine(failure) {
  return `${failure?.name ?? 'Error'}: ${String(failure?.message ?? failure).split('\n')[0]}`;
}

/** True for classes, those included that a compiler has made functions of. */
function isClass(found) {
  return (
    typeof found === 'function' &&
    (typeof found.prototype?.process === 'function' || /^class\b/.test(Function.prototype.toString.call(found)))
  );
}

/** A handler at work on one shard: a function, an object, or a class, of which it makes one. */
class Handler {
  #given;
  #target;

  constructor(given) {
    this.#given = given;
  }

  async start(shard) {
    this.#target = isClass(this.#given) ? new this.#given(shard) : this.#given;
    await this.#call('start', shard);
  }

  async process(batch) {
    const handle = this.#target;
    const result = await (typeof handle.process === 'function' ? handle.process(batch) : handle(batch));
    if (result !== undefined) {
      // A generator, an array of promises: nothing says that the work is done.
      throw new TypeError(
        `the handler returned ${Array.isArray(result) ? 'an array' : `a ${typeof result}`}; it must return undefined, ` +
          'or a promise of it, once the batch is processed',
      );
    }
  }

  leaseLost() {
    return this.#call('leaseLost');
  }

  shardEnded(checkpointer) {
    return this.#call('shardEnded', checkpointer);
  }

  shutdownRequested(checkpointer) {
    return this.#call('shutdownRequested', checkpointer);
  }

  async #call(name, argument) {
    if (typeof this.#target?.[name] === 'function') {
      await this.#target[name](argument);
    }
  }
}

module.exports = { Handler, load, perShard };
