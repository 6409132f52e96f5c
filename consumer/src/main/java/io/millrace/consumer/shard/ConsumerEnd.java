package io.millrace.consumer.shard;

import io.millrace.model.ChildShard;
import java.util.List;

/** How the consumption of a shard came to its end. */
public sealed interface ConsumerEnd {
    /** The lease was given back. */
    record Released() implements ConsumerEnd {}

    /** The consumer broke; the lease was given back at what was processed, unless it was lost before. */
    record Broken(boolean released) implements ConsumerEnd {}

    /** The lease was lost. */
    record Lost(String reason) implements ConsumerEnd {}

    /** The shard was processed to its end. */
    record Ended(List<ChildShard> children) implements ConsumerEnd {
        /** Copies the list. */
        public Ended {
            children = List.copyOf(children);
        }
    }
}
