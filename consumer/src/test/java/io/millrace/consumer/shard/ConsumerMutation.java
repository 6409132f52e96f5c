package io.millrace.consumer.shard;

import io.millrace.fanout.RecordSourceListener;
import io.millrace.fanout.RecordSources;
import io.millrace.fanout.SourceBatch;
import io.millrace.model.ChildShard;
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
                    new ForgetfulSource(listener).open(taker -> sources.open(stream, shard, keys, from, taker));
        }

        @Override
        int firstSeed() {
            return 10;
        }
    },
    /** Nobody is told what retention took of a shard that was closed meanwhile. */
    CLOSED_SHARD_UNTOLD {
        @Override
        RecordSources sources(RecordSources sources) {
            return (PlainSources) (stream, shard, keys, from, listener) ->
                    new DeafSource(listener).open(taker -> sources.open(stream, shard, keys, from, taker));
        }

        @Override
        int firstSeed() {
            return 15;
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

        @Override
        int firstSeed() {
            return 94;
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
    private static final class ForgetfulSource extends PassingSource {
        private boolean ends;

        ForgetfulSource(RecordSourceListener listener) {
            super(listener);
        }

        @Override
        public Optional<SequenceNumber> end(List<ChildShard> children) {
            ends = true;
            return super.end(children);
        }

        @Override
        public void batch(SourceBatch batch) {
            if (ends) {
                release(batch);
                request();
            } else {
                super.batch(batch);
            }
        }
    }

    /** Does not hear that nothing is kept. */
    private static final class DeafSource extends PassingSource {
        DeafSource(RecordSourceListener listener) {
            super(listener);
        }

        @Override
        public void trimmed(SequenceNumber lastRead, @Nullable StreamRecord oldest) {
            if (oldest != null) {
                super.trimmed(lastRead, oldest);
            }
        }
    }
}
