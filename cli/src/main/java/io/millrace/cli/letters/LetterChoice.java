package io.millrace.cli.letters;

import io.millrace.consumer.letters.Letter;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The choice among the letters of a source. Immutable.
 *
 * @param shardOrNull of this shard alone: its id, or STREAM/ID
 * @param only these ids alone; empty for all
 */
record LetterChoice(@Nullable String shardOrNull, Set<String> only) {
    /** Copies the ids. */
    LetterChoice {
        only = Set.copyOf(only);
    }

    boolean takes(Letter letter) {
        String shard = letter.shard().value();
        boolean isShard =
                shardOrNull == null || shard.equals(shardOrNull) || (letter.stream() + "/" + shard).equals(shardOrNull);
        return isShard && (only.isEmpty() || only.contains(letter.id()));
    }
}
