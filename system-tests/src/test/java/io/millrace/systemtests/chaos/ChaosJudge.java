package io.millrace.systemtests.chaos;

import static java.util.Comparator.comparingLong;
import static java.util.Objects.requireNonNull;

import io.millrace.systemtests.chaos.ChaosNote.Ownership;
import io.millrace.systemtests.chaos.ChaosNote.Way;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Judges a run from what its workers told, without a clock or a process. A record is a key and a number; the numbers of a key rise
 * in the order in which they were put. For one run; belongs to one thread.
 *
 * <ul>
 *   <li>Every acknowledged record is processed.
 *   <li>A record is processed for the first time before any later one of its key, and once within an ownership.
 *   <li>It is processed again only where the ownership before was lost or its worker killed, and where that happened after a
 *       checkpoint interval and what was in hand at most: older ones were saved.
 *   <li>Nobody processes a shard that another worker has taken, or saves once he was told of his loss.
 * </ul>
 */
final class ChaosJudge {
    private static final int EXAMPLES = 10;

    private final Map<String, BitSet> acknowledged;
    private final Map<String, BitSet> unsure;
    private final List<Told> told;
    private final List<Trouble> troubles;
    private final Bounds bounds;

    private final Map<String, Key> keys = new HashMap<>();
    private final Map<Ownership, Story> stories = new HashMap<>();
    private final Map<String, Long> epochs = new HashMap<>();
    private final List<String> examples = new ArrayList<>();
    private long violations;
    private long processed;
    private long duplicates;
    private long oldestRepeated;
    private long unexplained;

    /** A note and who told it. */
    record Told(String worker, ChaosNote note) {}

    /**
     * Something that was done to a worker, after which it may not be able to save what it processed.
     *
     * @param worker whom it met
     * @param at when it began
     * @param until until when leases may be lost by it
     * @param deadly whether the worker was killed
     * @param exact whether nothing comes again that was processed before {@code at}, instead of what the bounds allow
     */
    record Trouble(String worker, long at, long until, boolean deadly, boolean exact) {
        /** It was killed. */
        static Trouble death(String worker, long at) {
            return new Trouble(worker, at, Long.MAX_VALUE, true, false);
        }

        /** It was stopped for a while. */
        static Trouble sleep(String worker, long at, long until) {
            return new Trouble(worker, at, until, false, false);
        }
    }

    /**
     * How much may come again.
     *
     * @param unsaved how long before a trouble a record may have been processed that comes again
     * @param silence how long before a loss without a trouble that was
     */
    record Bounds(Duration unsaved, Duration silence) {}

    /** An ownership by all accounts. */
    private static final class Story {
        private final String worker;
        private @Nullable Way way;
        private long over;

        Story(String worker) {
            this.worker = worker;
        }
    }

    /** The records of a key so far: which were processed, when at last and by whom. */
    private static final class Key {
        private final BitSet seen = new BitSet();
        private int highest = -1;
        private int latest = -1;
        private @Nullable Ownership owner;
        private long[] at = new long[64];
        private Ownership[] by = new Ownership[64];

        void processed(int number, ChaosNote.Batch batch) {
            if (number >= at.length) {
                at = Arrays.copyOf(at, 2 * number);
                by = Arrays.copyOf(by, 2 * number);
            }
            seen.set(number);
            highest = Math.max(highest, number);
            latest = number;
            owner = batch.of();
            at[number] = batch.at();
            by[number] = batch.of();
        }
    }

    /**
     * A judge of one run.
     *
     * @param acknowledged the numbers of each key that were put
     * @param unsure those of which nobody knows whether they were put
     */
    ChaosJudge(
            Map<String, BitSet> acknowledged,
            Map<String, BitSet> unsure,
            List<Told> told,
            List<Trouble> troubles,
            Bounds bounds) {
        this.acknowledged = acknowledged;
        this.unsure = unsure;
        this.told = told;
        this.troubles = troubles;
        this.bounds = bounds;
    }

    ChaosVerdict judge() {
        List<Told> inOrder = new ArrayList<>(told);
        inOrder.sort(comparingLong(each -> each.note().at()));
        Map<String, Long> byPipe = new HashMap<>();
        for (Told each : inOrder) {
            hear(each);
            if (each.note() instanceof ChaosNote.Batch batch) {
                byPipe.merge(each.worker(), batch.byPipe(), Math::max);
            }
        }
        // Whether a record may come again is known only once its former owner's end was heard, however late it was
        // told.
        for (Told each : inOrder) {
            if (each.note() instanceof ChaosNote.Batch batch) {
                judge(each.worker(), batch);
            } else if (each.note() instanceof ChaosNote.Taken taken) {
                epochs.merge(taken.of().shard(), taken.of().epoch(), Math::max);
            } else if (each.note() instanceof ChaosNote.SavedAfterLoss saved) {
                violation(each.worker() + " saved a checkpoint of " + saved.of() + " after its loss");
            }
        }
        return new ChaosVerdict(
                count(acknowledged),
                processed,
                duplicates,
                lost(),
                oldestRepeated,
                unexplained,
                byPipe.values().stream().mapToLong(Long::longValue).sum(),
                violations,
                examples);
    }

    private void hear(Told each) {
        Story story = stories.computeIfAbsent(each.note().of(), unused -> new Story(each.worker()));
        if (!story.worker.equals(each.worker())) {
            violation(each.note().of() + " belongs to both " + story.worker + " and " + each.worker());
        }
        if (each.note() instanceof ChaosNote.Over over) {
            story.way = over.way();
            story.over = over.at();
            if (over.way() == Way.LOST && trouble(story, over.at()).isEmpty()) {
                unexplained++;
            }
        }
    }

    private void judge(String worker, ChaosNote.Batch batch) {
        Story story = requireNonNull(stories.get(batch.of()));
        long epoch = epochs.merge(batch.of().shard(), batch.of().epoch(), Math::max);
        if (epoch > batch.of().epoch()) {
            violation(worker + " processed " + batch.of() + " when epoch " + epoch + " had begun");
        }
        if (story.way != null && story.over < batch.at()) {
            violation(worker + " processed " + batch.of() + " when it was over");
        }
        int start = 0;
        String records = batch.records();
        while (start < records.length()) {
            int colon = records.indexOf(':', start);
            int comma = records.indexOf(',', colon);
            int end = comma < 0 ? records.length() : comma;
            judge(batch, records.substring(start, colon), Integer.parseInt(records, colon + 1, end, 10));
            start = end + 1;
        }
    }

    private void judge(ChaosNote.Batch batch, String name, int number) {
        Key key = keys.computeIfAbsent(name, unused -> new Key());
        if (!has(acknowledged, name, number) && !has(unsure, name, number)) {
            violation(number + " of " + name + " was never put");
        }
        if (batch.of().equals(key.owner) && number <= key.latest) {
            violation(number + " of " + name + " came after " + key.latest + " within " + batch.of());
        } else if (key.seen.get(number)) {
            judgeRepeated(key, name, number, batch);
        } else if (number < key.highest) {
            violation(number + " of " + name + " came first after " + key.highest + ", in " + batch.of());
        }
        if (key.seen.get(number)) {
            duplicates++;
        } else {
            processed++;
        }
        key.processed(number, batch);
    }

    private void judgeRepeated(Key key, String name, int number, ChaosNote.Batch batch) {
        Ownership before = key.by[number];
        Story story = requireNonNull(stories.get(before));
        Optional<Trouble> cause = cause(story);
        if (cause.isEmpty()) {
            violation(number + " of " + name + " came again in " + batch.of() + " though " + before + " was "
                    + (story.way == null ? "not over" : story.way));
            return;
        }
        long age = Duration.ofNanos(cause.get().at() - key.at[number]).toMillis();
        oldestRepeated = Math.max(oldestRepeated, age);
        if (age > (cause.get().exact() ? 0 : bounds.unsaved().toMillis())) {
            violation(number + " of " + name + " came again in " + batch.of() + " though it was processed " + age
                    + " ms before the end of " + before);
        }
    }

    /** Why an ownership may have been unable to save; empty where it ended well or goes on. */
    private Optional<Trouble> cause(Story story) {
        if (story.way == Way.LOST) {
            return Optional.of(trouble(story, story.over)
                    .orElseGet(() -> Trouble.death(
                            story.worker, story.over - bounds.silence().toNanos())));
        }
        return story.way != null
                ? Optional.empty()
                : troubles.stream()
                        .filter(trouble -> trouble.deadly() && trouble.worker().equals(story.worker))
                        .findFirst();
    }

    /** The last thing that was done to the owner before. */
    private Optional<Trouble> trouble(Story story, long before) {
        return troubles.stream()
                .filter(trouble ->
                        trouble.worker().equals(story.worker) && trouble.at() <= before && before <= trouble.until())
                .max(comparingLong(Trouble::at));
    }

    private long lost() {
        long lost = 0;
        for (Map.Entry<String, BitSet> put : acknowledged.entrySet()) {
            BitSet missing = (BitSet) put.getValue().clone();
            Key key = keys.get(put.getKey());
            if (key != null) {
                missing.andNot(key.seen);
            }
            lost += missing.cardinality();
        }
        return lost;
    }

    private static long count(Map<String, BitSet> numbers) {
        return numbers.values().stream().mapToLong(BitSet::cardinality).sum();
    }

    private static boolean has(Map<String, BitSet> numbers, String key, int number) {
        BitSet all = numbers.get(key);
        return all != null && all.get(number);
    }

    private void violation(String line) {
        violations++;
        if (examples.size() < EXAMPLES) {
            examples.add(line);
        }
    }
}
