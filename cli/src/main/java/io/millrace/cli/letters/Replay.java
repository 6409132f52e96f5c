package io.millrace.cli.letters;

import io.millrace.cli.letters.LetterSource.Entry;
import io.millrace.cli.streams.BatchWriter;
import io.millrace.cli.streams.Patience;
import io.millrace.cli.terminal.CommandFailure;
import io.millrace.consumer.letters.Letter;
import io.millrace.runtime.Platform;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;

/**
 * Puts the records of letters back, in the order of the source for each key. What is stored is marked, and deleted from a
 * queue, before the next letters are read; so whatever ends it, the next replay goes on there. For one thread.
 */
final class Replay {
    private final LetterChoice choice;
    private final @Nullable String to;
    private final @Nullable ReplayMarks marks;
    private final boolean again;
    private final Consumer<String> notes;
    private final Set<String> seen = new HashSet<>();
    private final Set<String> found = new HashSet<>();
    private final Map<String, Long> perStream = new TreeMap<>();
    private long before;
    private long repeated;
    private long unreadable;

    /**
     * Replays some letters.
     *
     * @param to the stream for all records; null for each to go where it is from
     * @param marks remembers what was put back; null where nothing does
     * @param again true to put back also what was put back before
     * @param notes is told what is no letter
     */
    Replay(
            LetterChoice choice,
            @Nullable String to,
            @Nullable ReplayMarks marks,
            boolean again,
            Consumer<String> notes) {
        this.choice = choice;
        this.to = to;
        this.marks = marks;
        this.again = again;
        this.notes = notes;
    }

    /** A letter that is to be put back, and what the source knows it by. */
    private record Chosen(Entry entry, Letter letter, String stream) {}

    /** Reads the source and counts what would be put back. */
    void plan(LetterSource source) throws IOException {
        for (List<Entry> entries = source.next(); !entries.isEmpty(); entries = source.next()) {
            choose(entries, new ArrayList<>()).forEach(chosen -> perStream.merge(chosen.stream(), 1L, Long::sum));
        }
    }

    /**
     * Puts back.
     *
     * @throws CommandFailure if some records could not be stored; those that were are marked
     */
    void run(LetterSource source, KinesisAsyncClient kinesis, Patience patience, Platform platform) throws IOException {
        for (List<Entry> entries = source.next(); !entries.isEmpty(); entries = source.next()) {
            List<Entry> done = new ArrayList<>();
            List<Chosen> chosen = choose(entries, done);
            List<Chosen> stored = new ArrayList<>();
            @Nullable RuntimeException failure = null;
            try {
                put(chosen, stored, kinesis, patience, platform);
            } catch (RuntimeException e) {
                failure = e;
            }
            mark(stored, platform);
            if (failure != null) {
                // One that came twice is perhaps the only one left.
                source.putBack(stored.stream().map(Chosen::entry).toList());
                throw CommandFailure.after(stopped(chosen, stored), failure);
            }
            stored.forEach(letter -> done.add(letter.entry()));
            source.putBack(done);
        }
    }

    /** Those to put back; {@code done} gets what needs no putting back because it was put back before. */
    private List<Chosen> choose(List<Entry> entries, List<Entry> done) {
        List<Chosen> chosen = new ArrayList<>();
        for (Entry entry : entries) {
            Letter letter = entry.letterOrNull();
            if (letter == null) {
                unreadable++;
                notes.accept(entry.place() + ": " + entry.problem());
            } else if (choice.takes(letter)) {
                found.add(letter.id());
                if (!seen.add(ReplayMarks.key(letter))) {
                    repeated++;
                    done.add(entry);
                } else if (!again && marks != null && marks.knows(letter)) {
                    before++;
                    done.add(entry);
                } else {
                    chosen.add(new Chosen(
                            entry, letter, to == null ? letter.stream().value() : to));
                }
            }
        }
        return chosen;
    }

    private void put(
            List<Chosen> chosen,
            List<Chosen> stored,
            KinesisAsyncClient kinesis,
            Patience patience,
            Platform platform) {
        Map<String, List<Chosen>> streams = new LinkedHashMap<>();
        chosen.forEach(letter -> streams.computeIfAbsent(letter.stream(), unused -> new ArrayList<>())
                .add(letter));
        streams.forEach((stream, letters) -> {
            try (BatchWriter writer =
                    new BatchWriter(kinesis, stream, false, platform, patience, (number, key, shard) -> {
                        stored.add(letters.get((int) number - 1));
                        perStream.merge(stream, 1L, Long::sum);
                    })) {
                for (Chosen letter : letters) {
                    writer.add(
                            letter.letter().record().partitionKey(),
                            letter.letter().record().explicitHashKey(),
                            letter.letter().record().data());
                }
                writer.drain();
            }
        });
    }

    private void mark(List<Chosen> stored, Platform platform) throws IOException {
        if (marks != null && !stored.isEmpty()) {
            marks.add(
                    stored.stream().map(Chosen::letter).toList(),
                    stored.stream().map(Chosen::stream).toList(),
                    platform.clock().instant());
        }
    }

    private String stopped(List<Chosen> chosen, List<Chosen> stored) {
        List<String> missing = chosen.stream()
                .filter(letter -> !stored.contains(letter))
                .map(letter -> letter.letter().id())
                .toList();
        return "put back " + records(replayed()) + ", "
                + (missing.isEmpty() ? "the next one is not" : "that of " + missing.get(0) + " is not")
                + (missing.size() > 1 ? ", nor " + (missing.size() - 1) + " that were tried with it" : "")
                + ", and what follows was not tried";
    }

    /** A number of records in words. */
    static String records(long count) {
        return count + (count == 1 ? " record" : " records");
    }

    /** How many records were put back, or would be. */
    long replayed() {
        return perStream.values().stream().mapToLong(Long::longValue).sum();
    }

    /** How many of them went, or would go, where. */
    Map<String, Long> perStream() {
        return new TreeMap<>(perStream);
    }

    /** How many letters the marks know. */
    long before() {
        return before;
    }

    /** How many letters came again in the source. */
    long repeated() {
        return repeated;
    }

    /** How many entries are no letters. */
    long unreadable() {
        return unreadable;
    }

    /** The ids that were met, put back before or not. */
    Set<String> found() {
        return Set.copyOf(found);
    }
}
