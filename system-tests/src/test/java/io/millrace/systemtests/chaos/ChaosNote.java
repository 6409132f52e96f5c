package io.millrace.systemtests.chaos;

import static java.util.Objects.requireNonNull;

import com.google.common.base.Splitter;
import java.util.List;
import java.util.Optional;

/**
 * Something that a {@link ChaosWorker} or a child of a daemon tells, a line each: of one ownership of a shard, and when by the
 * machine's monotonic clock, which all processes of it share. A child does not know of its daemon's ownership, and tells of its own
 * life with the shard instead, whose epoch is the time of its beginning.
 */
sealed interface ChaosNote {
    /** The beginning of each line, which tells it from what else is printed. */
    String PREFIX = "chaos-note ";

    /** The end of each line, without which it is not whole. */
    String END = " .";

    /** When, in nanoseconds. */
    long at();

    /** The ownership that it is about. */
    Ownership of();

    /** The words of its line. */
    String words();

    /** One ownership of one shard. */
    record Ownership(String shard, long epoch) {
        public Ownership {
            requireNonNull(shard, "shard");
        }
    }

    /** How an ownership was over by its worker's account. */
    enum Way {
        /** Given back at the end of a batch. */
        RELEASED,
        /** The shard was processed to its end. */
        ENDED,
        /** Lost without the worker's doing. */
        LOST
    }

    /** The lease was taken. */
    record Taken(long at, Ownership of) implements ChaosNote {
        @Override
        public String words() {
            return "taken";
        }
    }

    /**
     * A batch is about to be processed.
     *
     * @param at when its processor was called
     * @param of the ownership
     * @param byPipe how many records had come to the worker through pipes by then
     * @param records the records, {@code key:number} each, commas between them
     */
    record Batch(long at, Ownership of, long byPipe, String records) implements ChaosNote {
        @Override
        public String words() {
            return "batch " + byPipe + " " + records;
        }
    }

    /** The processor was told that its shard is processed to the end. */
    record AtEnd(long at, Ownership of) implements ChaosNote {
        @Override
        public String words() {
            return "at-end";
        }
    }

    /** The lease is not the worker's any more. */
    record Over(long at, Ownership of, Way way) implements ChaosNote {
        @Override
        public String words() {
            return "over " + way;
        }
    }

    /** A checkpoint was accepted after the processor had been told that the lease is lost. */
    record SavedAfterLoss(long at, Ownership of) implements ChaosNote {
        @Override
        public String words() {
            return "saved-after-loss";
        }
    }

    /** A child begins with a shard. */
    record Begun(long at, Ownership of, long pid) implements ChaosNote {
        @Override
        public String words() {
            return "begun " + pid;
        }
    }

    /** A child is about to do itself what it was asked to. */
    record Does(long at, Ownership of, ChildDeed deed) implements ChaosNote {
        @Override
        public String words() {
            return "does " + deed;
        }
    }

    /** The line of it. */
    default String line() {
        return PREFIX + at() + " " + of().shard() + " " + of().epoch() + " " + words() + END;
    }

    /** The note of a line; empty where the line is none, or was torn when its worker was killed. */
    static Optional<ChaosNote> of(String line) {
        if (!line.startsWith(PREFIX) || !line.endsWith(END)) {
            return Optional.empty();
        }
        List<String> words = Splitter.on(' ').splitToList(line.substring(PREFIX.length()));
        long at = Long.parseLong(words.get(0));
        Ownership of = new Ownership(words.get(1), Long.parseLong(words.get(2)));
        return Optional.of(
                switch (words.get(3)) {
                    case "taken" -> new Taken(at, of);
                    case "batch" -> new Batch(at, of, Long.parseLong(words.get(4)), words.get(5));
                    case "begun" -> new Begun(at, of, Long.parseLong(words.get(4)));
                    case "does" -> new Does(at, of, ChildDeed.valueOf(words.get(4)));
                    case "at-end" -> new AtEnd(at, of);
                    case "over" -> new Over(at, of, Way.valueOf(words.get(4)));
                    case "saved-after-loss" -> new SavedAfterLoss(at, of);
                    default -> throw new IllegalArgumentException("no note: " + line);
                });
    }
}
