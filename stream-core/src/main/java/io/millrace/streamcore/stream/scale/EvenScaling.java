package io.millrace.streamcore.stream.scale;

import io.millrace.model.HashKey;
import io.millrace.model.HashKeyRange;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Finds the splits and merges that leave a stream with so many shards of equal hash key ranges (Kinesis API,
 * UpdateShardCount with UNIFORM_SCALING).
 *
 * <p>A shard has at most two parents, so some targets take several waves. In each wave a shard that a boundary of the
 * target runs through is split at the boundary nearest its middle, and two neighbours that lie within one range of the
 * target are merged. Splits only add boundaries of the target and merges only take away others, so the waves come to an
 * end, and when there is nothing left to do the shards are the target's.
 */
public final class EvenScaling {
    private EvenScaling() {}

    /**
     * What can be done at once.
     *
     * @param open the hash keys of the open shards, in order; they tile all hash keys
     * @param target how many shards there shall be in the end
     * @return steps that have no shard in common; empty when the shards are as they shall be
     */
    public static List<ScalingStep> nextWave(List<HashKeyRange> open, int target) {
        NavigableSet<HashKey> starts = new TreeSet<>();
        HashKeyRange.evenly(target).forEach(range -> starts.add(range.start()));
        List<ScalingStep> steps = new ArrayList<>();
        for (int at = 0; at < open.size(); at++) {
            HashKeyRange range = open.get(at);
            HashKey cut = cut(range, starts);
            if (cut != null) {
                steps.add(new ScalingStep(
                        List.of(at),
                        List.of(new HashKeyRange(range.start(), cut.previous()), new HashKeyRange(cut, range.end()))));
            } else if (at + 1 < open.size() && belongTogether(range, open.get(at + 1), starts)) {
                HashKeyRange both =
                        new HashKeyRange(range.start(), open.get(at + 1).end());
                steps.add(new ScalingStep(List.of(at, at + 1), List.of(both)));
                at++;
            }
        }
        return steps;
    }

    /** The boundary inside the range that is nearest its middle; null if there is none. */
    private static @Nullable HashKey cut(HashKeyRange range, NavigableSet<HashKey> starts) {
        HashKey above = starts.higher(range.start());
        if (above == null || above.compareTo(range.end()) > 0) {
            return null;
        }
        HashKey middle = range.middle();
        HashKey below = starts.lower(middle);
        HashKey upper = starts.ceiling(middle);
        boolean belowFits = below != null && below.compareTo(range.start()) > 0;
        boolean upperFits = upper != null && upper.compareTo(range.end()) <= 0;
        if (below == null || upper == null || !belowFits || !upperFits) {
            return upperFits ? upper : below;
        }
        BigInteger center = middle.toBigInteger();
        BigInteger toBelow = center.subtract(below.toBigInteger());
        BigInteger toUpper = upper.toBigInteger().subtract(center);
        return toBelow.compareTo(toUpper) < 0 ? below : upper;
    }

    private static boolean belongTogether(HashKeyRange left, HashKeyRange right, NavigableSet<HashKey> starts) {
        HashKey next = starts.higher(left.start());
        return next == null || next.compareTo(right.end()) > 0;
    }
}
