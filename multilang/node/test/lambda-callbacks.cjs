'use strict';

exports.later = (event, context, callback) => {
  setTimeout(() => callback(null, { state: event.Records.length }), 10);
};

exports.fails = (event, context, callback) => {
  callback(new TypeError('a secret'));
};

exports.silent = () => {
  console.log('a print is safe');
};

/** Lambda answers once the event loop is empty, so the file is written. */
exports.waits = (event, context, callback) => {
  let isDone = false;
  setTimeout(() => (isDone = true), 50);
  callback(null, {
    get state() {
      return isDone;
    },
  });
};

exports.hurries = (event, context, callback) => {
  context.callbackWaitsForEmptyEventLoop = false;
  setTimeout(() => {}, 60_000);
  callback(null, { state: 'at once' });
};

exports.succeeds = (event, context) => {
  context.succeed({ state: 'succeeded' });
};

exports.throwsAtOnce = () => {
  throw new Error('a secret');
};
