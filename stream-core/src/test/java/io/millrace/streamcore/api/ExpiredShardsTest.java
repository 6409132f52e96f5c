package io.millrace.streamcore.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.runtime.EventLoop;
import io.millrace.runtime.Platform;
import io.millrace.runtime.SystemPlatform;
import io.millrace.runtime.Ticker;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A closed shard whose records have all passed the retention, before the catalog drops it. */
class ExpiredShardsTest {
    private static final String SHARD = "shardId-000000000000";

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit fills it before each test
    private Path folder;

    @Test
    void expiredShardIsNeitherListedNorFoundByAnyOperation() throws Exception {
        LaterPlatform platform = new LaterPlatform();
        try (ApiRig rig = new ApiRig(folder, settings -> settings.withTransitionTime(Duration.ZERO), platform)) {
            rig.ok("CreateStream", "{'StreamName': 's', 'ShardCount': 1}");
            rig.ok("PutRecord", "{'StreamName': 's', 'PartitionKey': 'k', 'Data': 'AQID'}");
            rig.ok(
                    "SplitShard",
                    "{'StreamName': 's', 'ShardToSplit': '0', 'NewStartingHashKey': '" + "1".repeat(38) + "'}");
            String after = "{'StreamName': 's', 'ExclusiveStartShardId': '0'}";
            assertThat(rig.ok("ListShards", after)).contains("shardId-000000000001", "shardId-000000000002");

            platform.pass(Duration.ofHours(24).plusSeconds(1));
            assertThat(rig.ok("ListShards", "{'StreamName': 's'}")).doesNotContain("\"ShardId\":\"" + SHARD);
            assertThat(rig.ok("DescribeStream", "{'StreamName': 's'}")).doesNotContain("\"ShardId\":\"" + SHARD);
            assertGone(rig.call("ListShards", after));
            assertGone(rig.call(
                    "GetShardIterator", "{'StreamName': 's', 'ShardId': '0', 'ShardIteratorType': 'TRIM_HORIZON'}"));
            assertGone(rig.call(
                    "GetShardIterator",
                    "{'StreamName': 's', 'ShardId': '0', 'ShardIteratorType': 'LATEST', 'DryRun': true}"));
            assertGone(rig.call(
                    "SplitShard",
                    "{'StreamName': 's', 'ShardToSplit': '0', 'NewStartingHashKey': '" + "1".repeat(38) + "'}"));
            assertGone(
                    rig.call("MergeShards", "{'StreamName': 's', 'ShardToMerge': '0', 'AdjacentShardToMerge': '1'}"));
            // Places after all shards that there have been yet.
            assertThat(rig.ok("ListShards", "{'StreamName': 's', 'ExclusiveStartShardId': '7'}"))
                    .contains("\"Shards\":[]");
        }
    }

    private static void assertGone(ApiRig.Reply reply) {
        assertThat(reply.status()).isEqualTo(400);
        assertThat(reply.body()).contains("ResourceNotFoundException", SHARD);
    }

    /** The system, but for a wall clock that can be set ahead. Belongs to one test. */
    private static final class LaterPlatform implements Platform {
        private final SystemPlatform real = new SystemPlatform();
        private volatile Instant now = real.clock().instant();

        void pass(Duration duration) {
            now = now.plus(duration);
        }

        @Override
        public Ticker ticker() {
            return real.ticker();
        }

        @Override
        public InstantSource clock() {
            return () -> now;
        }

        @Override
        public RandomGenerator random() {
            return real.random();
        }

        @Override
        public EventLoop newEventLoop(String name) {
            return real.newEventLoop(name);
        }

        @Override
        public BlockingTasks newBlockingTasks(String name, int bound) {
            return real.newBlockingTasks(name, bound);
        }
    }
}
