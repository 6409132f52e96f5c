// How far a handler has come, in a file of its shard and process: records, batches, and when the first was there, in ns.
'use strict';

const fs = require('node:fs');
const path = require('node:path');

class Notes {
  #file;
  #records = 0;
  #batches = 0;
  #first = 0;

  constructor(shard) {
    this.#file = fs.openSync(path.join(process.env.NOTES, `${shard}-${process.pid}`), 'w');
  }

  count(records) {
    this.#first ||= Math.round((performance.timeOrigin + performance.now()) * 1e3) + '000';
    this.#records += records;
    this.#batches += 1;
    const numbers = [this.#records, this.#batches, this.#first].map((number) => String(number).padStart(20));
    fs.writeSync(this.#file, numbers.join(' ') + '\n', 0);
  }
}

module.exports = { Notes };
