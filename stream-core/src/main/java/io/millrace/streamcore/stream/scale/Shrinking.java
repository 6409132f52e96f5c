package io.millrace.streamcore.stream.scale;

import io.millrace.model.HashKeyRange;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalDouble;

/**
 * Decides which shards of an on-demand stream are merged because nobody needed them for a long time: two neighbours that
 * together had at most half of the load at which {@link LoadScaling} would split the merged shard again.
 *
 * <p>Only the two halves of an even split are merged, of whichever shard it was: neighbours of one width that begin where
 * a shard twice as wide would. So shards stay even, and merging takes back what splitting did. No shard becomes wider than
 * those that a stream begins with. The narrowest pairs go first, others later: they are what is left of the most splits,
 * and if not all may go the stream ends even.
 */
public final class Shrinking {
    private static final double QUIET = 0.25;
    private static final BigInteger WIDEST =
            BigInteger.ONE.shiftLeft(128).divide(BigInteger.valueOf(LoadScaling.FIRST_SHARDS));
    /** Widths and starts of one level differ by a few keys, because not every number can be halved. */
    private static final int SLACK_PART = 1 << 20;

    private Shrinking() {}

    /**
     * The places of the lower shards of the pairs to merge now; no shard is in two pairs.
     *
     * @param open all open shards in the order of their hash keys
     * @param fewest how many shards the stream keeps at least
     */
    public static List<Integer> toMerge(List<Measured> open, int fewest) {
        List<Integer> pairs = new ArrayList<>();
        for (int at = 0; at + 1 < open.size(); at++) {
            if (mayMerge(open.get(at), open.get(at + 1))) {
                pairs.add(at++);
            }
        }
        if (pairs.isEmpty()) {
            return List.of();
        }
        BigInteger narrowest = pairs.stream()
                .map(at -> width(open.get(at).range()))
                .min(Comparator.naturalOrder())
                .orElseThrow();
        int most = Math.max(0, open.size() - Math.max(fewest, LoadScaling.FIRST_SHARDS));
        return pairs.stream()
                .filter(at -> isAbout(width(open.get(at).range()), narrowest))
                .limit(most)
                .toList();
    }

    private static boolean mayMerge(Measured lower, Measured upper) {
        if (lower.peak().isEmpty() || upper.peak().isEmpty()) {
            return false;
        }
        return lower.peak().getAsDouble() + upper.peak().getAsDouble() <= QUIET
                && areHalves(lower.range(), upper.range());
    }

    private static boolean areHalves(HashKeyRange lower, HashKeyRange upper) {
        BigInteger width = width(lower);
        BigInteger both = width.add(width(upper));
        BigInteger slack = slack(both);
        boolean isEven = isAbout(width, width(upper));
        boolean isNarrow = both.subtract(slack).compareTo(WIDEST) <= 0;
        BigInteger past = lower.start().toBigInteger().mod(both);
        boolean isAligned = past.compareTo(slack) <= 0 || both.subtract(past).compareTo(slack) <= 0;
        return isEven && isNarrow && isAligned;
    }

    private static boolean isAbout(BigInteger width, BigInteger other) {
        return width.subtract(other).abs().compareTo(slack(width)) <= 0;
    }

    private static BigInteger slack(BigInteger width) {
        return width.divide(BigInteger.valueOf(SLACK_PART)).add(BigInteger.TWO);
    }

    private static BigInteger width(HashKeyRange range) {
        return range.end().toBigInteger().subtract(range.start().toBigInteger()).add(BigInteger.ONE);
    }

    /**
     * An open shard with its highest load for long.
     *
     * @param range its hash keys
     * @param peak the highest load as a part of what a shard takes; empty if that is not known for long enough
     */
    public record Measured(HashKeyRange range, OptionalDouble peak) {}
}
