package io.millrace.lease;

import io.millrace.model.Shard;
import io.millrace.model.StreamName;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** What lease coordination asks of the stream service. Safe for any thread; calls do not block. */
public interface ShardDirectory {
    /**
     * Which stream this is.
     *
     * @return fails with {@link StreamNotFoundException} when there is none of this name
     */
    CompletableFuture<StreamIdentity> identify(StreamName stream);

    /** All shards that the service still lists, closed ones included, in the order of their ids. Fails as above. */
    CompletableFuture<List<Shard>> listShards(StreamName stream);

    /**
     * Tells a stream from another of the same name that was deleted or lives elsewhere.
     *
     * @param arn the stream's ARN
     * @param created when it was created, to the second
     */
    record StreamIdentity(String arn, Instant created) {}
}
