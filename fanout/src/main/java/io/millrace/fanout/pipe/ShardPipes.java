package io.millrace.fanout.pipe;

import io.millrace.model.Position;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;

/** The call that subscribes to a shard: the service's, or its twin in memory. Safe for any thread; does not block. */
public interface ShardPipes {
    /**
     * Subscribes to a shard as this worker's consumer, which is registered first where it is not yet.
     *
     * @param from the first record to come
     * @param listener is told what happens, one call at a time, on any thread
     */
    Subscription subscribe(StreamName stream, ShardId shard, Position from, PipeListener listener);

    /** One subscription. Safe for any thread. */
    interface Subscription {
        /** Asks for one more event. */
        void request();

        /** Ends the subscription; what its listener is told from now on means nothing. Cancelling again does nothing. */
        void cancel();
    }

    /** Takes what a subscription brings. Called on any thread, one call at a time; must not block. */
    interface PipeListener {
        /** The service accepted the subscription; its rule of five seconds begins here. */
        void opened();

        /** One event that was asked for. */
        void event(PipeEvent event);

        /** The subscription is over; the last call. */
        void ended(PipeEnd end);
    }
}
