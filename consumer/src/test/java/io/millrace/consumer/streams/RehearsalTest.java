package io.millrace.consumer.streams;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.fanout.InMemoryStream;
import io.millrace.fanout.ShardIterator;
import io.millrace.fanout.ShardPage;
import io.millrace.fanout.ShardReader;
import io.millrace.fanout.ShardReaders;
import io.millrace.lease.ShardDirectory;
import io.millrace.model.Position;
import io.millrace.model.Shard;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import io.millrace.sim.Simulation;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class RehearsalTest {
    private static final StreamName STREAM = new StreamName("orders");

    private final Simulation sim = new Simulation(1);
    private final InMemoryStream stream = new InMemoryStream(STREAM, 2, sim.clock());
    private final List<String> calls = new ArrayList<>();

    @Test
    void oneShardIsReadAtItsTip() {
        rehearse(stream.shards());

        assertThat(calls).hasSize(2).first().asString().contains("Latest");
        assertThat(calls).last().isEqualTo("at most 1");
    }

    @Test
    void aStreamWithoutOpenShardsIsNotRead() {
        rehearse(List.of());

        assertThat(calls).isEmpty();
    }

    @Test
    void aStreamThatCannotBeReadIsForTheRealReadingToTell() {
        ShardReaders refusing = (name, shard) -> {
            throw new IllegalStateException("no permission");
        };

        assertThat(new Rehearsal(new Directory(stream.shards()), refusing, sim.random()).read(STREAM))
                .isCompletedWithValue(null);
    }

    private void rehearse(List<Shard> shards) {
        assertThat(new Rehearsal(new Directory(shards), this::noting, sim.random()).read(STREAM))
                .isCompletedWithValue(null);
    }

    private ShardReader noting(StreamName name, ShardId shard) {
        ShardReader reader = stream.reader(name, shard);
        return new ShardReader() {
            @Override
            public CompletableFuture<ShardIterator> getIterator(Position position) {
                calls.add(shard + " from " + position);
                return reader.getIterator(position);
            }

            @Override
            public CompletableFuture<ShardPage> getRecords(ShardIterator iterator, int limit) {
                calls.add("at most " + limit);
                return reader.getRecords(iterator, limit);
            }
        };
    }

    private record Directory(List<Shard> shards) implements ShardDirectory {
        @Override
        public CompletableFuture<StreamIdentity> identify(StreamName name) {
            return CompletableFuture.completedFuture(new StreamIdentity("arn", Instant.EPOCH));
        }

        @Override
        public CompletableFuture<List<Shard>> listShards(StreamName name) {
            return CompletableFuture.completedFuture(shards);
        }
    }
}
