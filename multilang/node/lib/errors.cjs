'use strict';

/** A checkpoint was not saved. `code` is the daemon's name for the reason. */
class CheckpointError extends Error {
  constructor(code) {
    super(`the checkpoint was not saved: ${code}`);
    this.name = this.constructor.name;
    this.code = code;
  }

  static of(code) {
    switch (code) {
      case 'ShutdownException':
        return new LeaseLostError(code);
      case 'IllegalArgumentException':
      case 'InvalidStateException':
        return new CheckpointRefusedError(code);
      default:
        return new CheckpointError(code);
    }
  }
}

/** Another worker has the shard. */
class LeaseLostError extends CheckpointError {}

/** The record is none that this handler was given since it began, or it lies before the last checkpoint. */
class CheckpointRefusedError extends CheckpointError {}

/** The other side of the pipe says something that makes no sense. */
class ProtocolError extends Error {}

/** A handler cannot be had; the message is one line for the user. */
class HandlerError extends Error {}

module.exports = { CheckpointError, LeaseLostError, CheckpointRefusedError, ProtocolError, HandlerError };
