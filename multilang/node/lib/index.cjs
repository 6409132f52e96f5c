'use strict';

const { CheckpointError, CheckpointRefusedError, LeaseLostError } = require('./errors.cjs');
const { perShard } = require('./handler.cjs');

module.exports = { CheckpointError, CheckpointRefusedError, LeaseLostError, perShard };
