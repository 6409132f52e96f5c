package io.millrace.consumer.shard;

import io.millrace.fanout.RecordSource;
import io.millrace.fanout.RecordSourceListener;
import io.millrace.fanout.RecordSources;
import io.millrace.fanout.SourceBatch;
import io.millrace.fanout.SourceTrouble;
import io.millrace.lease.LeaseKey;
import io.millrace.model.ChildShard;
import io.millrace.model.HashKeyRange;
import io.millrace.model.Position;
import io.millrace.model.SequenceNumber;
import io.millrace.model.StreamRecord;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** An error made on purpose, seen from the sources, the leases or the readers of the consumers that have it. */
enum ConsumerMutation {
    /** No error. */
    NONE,
    /** A shard that is taken again begins beside the calls of its lost ownership. */
    NO_TURNS {
        @Override
        ShardTurns turns(ShardTurns shared) {
            return new ShardTurns();
        }
    },
    /** A shard that retention takes takes the records with it that were read of it. */
    FORGETS_WHAT_WAS_READ {
        @Override
        RecordSources sources(RecordSources sources) {
            return (PlainSources) (stream, shard, keys, from, listener) ->
                    new ForgetfulSource(sources, new LeaseKey(stream, shard), keys, from, listener);
        }
    },
    /** Nobody is told what retention took of a shard that was closed meanwhile. */
    CLOSED_SHARD_UNTOLD {
        @Override
        RecordSources sources(RecordSources sources) {
            return (PlainSources) (stream, shard, keys, from, listener) ->
                    sources.open(stream, shard, keys, from, new DeafListener(listener));
        }
    },
    /** Nobody is told what retention took of a shard that nobody had begun. */
    BEGINNING_UNTOLD {
        @Override
        boolean knowsParents() {
            return false;
        }

        @Override
        int firstSeed() {
            return 230;
        }
    },
    /** Nobody is told of shards that came and went while no worker looked. */
    UNREAD_PARENTS_UNTOLD {
        @Override
        boolean tellsUnreadParents() {
            return false;
        }
    };

    /** From which seed on the search begins: shortly before the first that meets a case which is rare. */
    int firstSeed() {
        return 0;
    }

    ShardTurns turns(ShardTurns shared) {
        return shared;
    }

    RecordSources sources(RecordSources sources) {
        return sources;
    }

    boolean knowsParents() {
        return true;
    }

    boolean tellsUnreadParents() {
        return true;
    }

    /** Gives out nothing any more once it is told to end. */
    private static final class ForgetfulSource implements RecordSource, RecordSourceListener {
        private final RecordSource source;
        private final RecordSourceListener listener;
        private boolean ends;

        ForgetfulSource(
                RecordSources sources,
                LeaseKey shard,
                HashKeyRange keys,
                Position from,
                RecordSourceListener listener) {
            this.listener = listener;
            this.source = sources.open(shard.stream(), shard.shard(), keys, from, this);
        }

        @Override
        public void request() {
            source.request();
        }

        @Override
        public void release(SourceBatch batch) {
            source.release(batch);
        }

        @Override
        public Optional<SequenceNumber> end(List<ChildShard> children) {
            ends = true;
            return source.end(children);
        }

        @Override
        public void close() {
            source.close();
        }

        @Override
        public void batch(SourceBatch batch) {
            if (ends) {
                source.release(batch);
                source.request();
            } else {
                listener.batch(batch);
            }
        }

        @Override
        public void shardEnded(List<ChildShard> children) {
            listener.shardEnded(children);
        }

        @Override
        public void idle(long millisBehindLatest) {
            listener.idle(millisBehindLatest);
        }

        @Override
        public void trimmed(SequenceNumber lastRead, @Nullable StreamRecord oldest) {
            listener.trimmed(lastRead, oldest);
        }

        @Override
        public void trouble(SourceTrouble trouble) {
            listener.trouble(trouble);
        }
    }

    /** Does not hear that nothing is kept. */
    private record DeafListener(RecordSourceListener listener) implements RecordSourceListener {
        @Override
        public void batch(SourceBatch batch) {
            listener.batch(batch);
        }

        @Override
        public void shardEnded(List<ChildShard> children) {
            listener.shardEnded(children);
        }

        @Override
        public void idle(long millisBehindLatest) {
            listener.idle(millisBehindLatest);
        }

        @Override
        public void trimmed(SequenceNumber lastRead, @Nullable StreamRecord oldest) {
            if (oldest != null) {
                listener.trimmed(lastRead, oldest);
            }
        }

        @Override
        public void trouble(SourceTrouble trouble) {
            listener.trouble(trouble);
        }
    }
}
