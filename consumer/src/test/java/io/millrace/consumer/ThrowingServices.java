package io.millrace.consumer;

import io.millrace.fanout.ShardIterator;
import io.millrace.fanout.ShardPage;
import io.millrace.fanout.ShardReader;
import io.millrace.fanout.ShardReaders;
import io.millrace.lease.ShardDirectory;
import io.millrace.model.Position;
import io.millrace.model.Shard;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Services whose calls throw when {@code trouble} does, where they should have given a failed future. */
record ThrowingServices(ShardDirectory directory, ShardReaders readers, Runnable trouble)
        implements ShardDirectory, ShardReaders {
    static WorkerBackend around(WorkerBackend backend, Runnable inReaders, Runnable inDirectory) {
        return new WorkerBackend(
                backend.table(),
                new ThrowingServices(backend.directory(), backend.readers(), inDirectory),
                new ThrowingServices(backend.directory(), backend.readers(), inReaders),
                backend.pipesOrNull());
    }

    @Override
    public CompletableFuture<StreamIdentity> identify(StreamName stream) {
        trouble.run();
        return directory.identify(stream);
    }

    @Override
    public CompletableFuture<List<Shard>> listShards(StreamName stream) {
        trouble.run();
        return directory.listShards(stream);
    }

    @Override
    public ShardReader reader(StreamName stream, ShardId shard) {
        ShardReader reader = readers.reader(stream, shard);
        return new ShardReader() {
            @Override
            public CompletableFuture<ShardIterator> getIterator(Position position) {
                trouble.run();
                return reader.getIterator(position);
            }

            @Override
            public CompletableFuture<ShardPage> getRecords(ShardIterator iterator, int limit) {
                trouble.run();
                return reader.getRecords(iterator, limit);
            }
        };
    }
}
