package io.millrace.consumer.shard;

import io.millrace.fanout.RecordSources;
import io.millrace.runtime.EventLoop;

/** Sources of a test in which a loop has no views of its own. */
@FunctionalInterface
interface PlainSources extends RecordSources {
    @Override
    default RecordSources on(EventLoop view) {
        return this;
    }
}
