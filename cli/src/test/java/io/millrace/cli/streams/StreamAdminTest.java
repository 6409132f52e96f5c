package io.millrace.cli.streams;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.cli.terminal.CommandFailure;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.ListShardsRequest;
import software.amazon.awssdk.services.kinesis.model.ListShardsResponse;
import software.amazon.awssdk.services.kinesis.model.Shard;

class StreamAdminTest {
    private final StreamAdmin streams = new StreamAdmin(new OneShard());

    @Test
    void splitAndMergeOfShardsThatAreNotThereSayWhereTheyAreListed() {
        String line = "stream s has no shard zz (`millrace stream describe s` lists them)";

        assertThatThrownBy(() -> streams.split("s", "zz"))
                .isInstanceOf(CommandFailure.class)
                .hasMessage(line);
        assertThatThrownBy(() -> streams.merge("s", "one", "zz"))
                .isInstanceOf(CommandFailure.class)
                .hasMessage(line);
        assertThatThrownBy(() -> streams.merge("s", "zz", "one"))
                .isInstanceOf(CommandFailure.class)
                .hasMessage(line);
    }

    /** A service whose streams have a shard of this name and take no changes. */
    private static final class OneShard implements KinesisAsyncClient {
        @Override
        public CompletableFuture<ListShardsResponse> listShards(ListShardsRequest request) {
            return CompletableFuture.completedFuture(ListShardsResponse.builder()
                    .shards(Shard.builder().shardId("one").build())
                    .build());
        }

        @Override
        public String serviceName() {
            return "kinesis";
        }

        @Override
        public void close() {}
    }
}
