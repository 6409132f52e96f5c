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
     * The shards that may hold records which arrived at {@code since} or later; there may be others among them. In the order
     * of their ids. Fails as above.
     *
     * @param since a moment of the service's clock, as {@link #serviceTime} tells it
     */
    default CompletableFuture<List<Shard>> listShardsSince(StreamName stream, Instant since) {
        return listShards(stream);
    }

    /**
     * A moment of the service's own clock, by which it stamps records with their arrival: every record of the stream that
     * is put after the answer came arrives then or later. A few seconds early at most. Fails as above, and with
     * {@link ServiceTimeMissingException} when the service tells no time.
     */
    default CompletableFuture<Instant> serviceTime(StreamName stream) {
        return CompletableFuture.failedFuture(
                new ServiceTimeMissingException("stream " + stream + ": its service tells no time", null));
    }

    /**
     * Tells a stream from another of the same name that was deleted or lives elsewhere.
     *
     * @param arn the stream's ARN
     * @param created when it was created, to the second
     */
    record StreamIdentity(String arn, Instant created) {}
}
