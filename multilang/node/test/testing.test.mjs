import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CheckpointRefusedError, LeaseLostError, perShard } from 'millrace';
import { TestShard } from 'millrace/testing';

test('records come in order and the checkpoint follows', async () => {
  const seen = [];
  const shard = new TestShard((batch) => {
    seen.push(...batch.records.map((record) => record.text()));
  });
  shard.put('a', '1', 'zwei');
  shard.put('b', new Uint8Array([51]));
  assert.equal(await shard.process(2), 2);
  assert.deepEqual([seen, shard.checkpointed], [['1', 'zwei'], 2]);
  assert.equal(await shard.process(), 1);
  assert.equal(shard.checkpointed, 3);
});

test('a failed batch comes again behind what was checkpointed', async () => {
  const calls = [];
  const shard = new TestShard(async (batch) => {
    calls.push(batch.records.map((record) => record.text()));
    if (calls.length === 1) {
      await batch.checkpoint(batch.records[0]);
      throw new Error('once');
    }
  });
  shard.put('a', '1', '2', '3');
  await assert.rejects(shard.process(), { message: 'once' });
  await shard.process();
  assert.deepEqual(calls, [
    ['1', '2', '3'],
    ['2', '3'],
  ]);
});

test('a lost shard refuses checkpoints and saves nothing', async () => {
  const told = [];
  class Handler {
    async process(batch) {
      shard.loseSilently();
      await assert.rejects(batch.checkpoint(), LeaseLostError);
      told.push(batch.signal.aborted);
    }

    leaseLost() {
      told.push('lost');
    }
  }
  const shard = new TestShard(Handler);
  shard.put('a', '1');
  await shard.process();
  await shard.lose();
  assert.deepEqual([told, shard.checkpointed], [[true, 'lost'], 0]);
});

test('checkpoints out of bounds are refused', async () => {
  const shard = new TestShard((batch) => batch.checkpoint('9'));
  shard.put('a', '1');
  await assert.rejects(shard.process(), CheckpointRefusedError);
});

test('end and shutdown are told', async () => {
  const told = [];
  class Handler {
    constructor(shard) {
      told.push(shard.id);
    }

    process(batch) {
      told.push(batch.length);
    }

    shardEnded() {
      told.push('ended');
    }

    async shutdownRequested(checkpointer) {
      await checkpointer.checkpoint();
      told.push('shutdown');
    }
  }
  const shard = new TestShard(Handler);
  shard.put('a', '1');
  await shard.end();
  assert.ok(shard.isEnded);
  await new TestShard(Handler).shutdown();
  assert.deepEqual(told, ['shardId-000000000000', 1, 'ended', 'shardId-000000000000', 'shutdown']);
});

test('a loop over batches is one call for the whole shard', async () => {
  const told = [];
  const shard = new TestShard(
    perShard(async (batches) => {
      told.push(batches.id);
      for await (const batch of batches) {
        told.push(batch.length);
      }
      told.push('over');
    }),
  );
  shard.put('a', '1');
  await shard.process();
  shard.put('a', '2', '3');
  await shard.end();
  assert.deepEqual(told, ['shardId-000000000000', 1, 2, 'over']);
});
