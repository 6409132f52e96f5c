package io.millrace.consumer.shard;

import io.millrace.lease.LeaseKey;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;

/**
 * Lets the ownerships of one shard in this worker follow each other. A shard may be taken again while the user's code of an
 * ownership that was lost still runs; the next one begins when all that the one before does is over. So the user's calls
 * of a shard never overlap, and other shards wait for nothing.
 *
 * <p>Belongs to the worker's event loop.
 */
public final class ShardTurns {
    private final Map<LeaseKey, Deque<Turn>> turns = new HashMap<>();

    /** Nobody has a turn yet. */
    public ShardTurns() {}

    /** Asks for the next turn at {@code shard}. If nobody has one it is taken at once, and {@code begin} not run. */
    Turn ask(LeaseKey shard, long epoch, Runnable begin) {
        Turn turn = new Turn(shard, epoch, begin);
        turns.computeIfAbsent(shard, key -> new ArrayDeque<>()).add(turn);
        return turn;
    }

    /** One ownership's place in the row. */
    final class Turn {
        private final LeaseKey shard;
        private final long epoch;
        private final Runnable begin;

        private Turn(LeaseKey shard, long epoch, Runnable begin) {
            this.shard = shard;
            this.epoch = epoch;
            this.begin = begin;
        }

        /** True when all ownerships before are over. */
        boolean hasCome() {
            return first().equals(this);
        }

        /** The epoch of the ownership that has the turn. */
        long awaitedEpoch() {
            return first().epoch;
        }

        /** This ownership is over; the next one begins. Ending again does nothing. */
        void end() {
            Deque<Turn> row = turns.get(shard);
            if (row == null) {
                return;
            }
            boolean had = this == row.peek();
            row.remove(this);
            if (row.isEmpty()) {
                turns.remove(shard);
            } else if (had) {
                row.element().begin.run();
            }
        }

        private Turn first() {
            Deque<Turn> row = turns.get(shard);
            return row == null ? this : row.element();
        }
    }
}
