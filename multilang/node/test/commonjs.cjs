'use strict';

const { perShard } = require('millrace');

exports.handler = (batch) => {
  if (typeof perShard !== 'function' || batch.length !== 1) {
    throw new Error('not as expected');
  }
};
