package io.millrace.cli.streams;

import io.millrace.model.HashKey;
import io.millrace.model.HashKeyRange;
import java.math.BigInteger;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How to come from any open shards to evenly sized ones.
 *
 * <p>A split makes one boundary and a merge removes one, so the fewest steps are those that make every missing boundary
 * and remove every superfluous one; this plan has no others. Their order is chosen from the lowest key up, so that a
 * shard never grows far beyond what it will be, and so that no split makes a sliver: where an old boundary lies just
 * beside a new one, it goes before the new one comes.
 *
 * <p>For one thread.
 */
final class ScalePlan {
    /** A piece of less than this part of a target's width is a sliver. */
    private static final BigInteger SLIVERS = BigInteger.valueOf(8);

    private final List<HashKeyRange> targets;
    private final Set<HashKey> targetStarts = new HashSet<>();
    private final BigInteger sliver;
    private final Deque<HashKeyRange> above;
    private final List<Step> steps = new ArrayList<>();

    private ScalePlan(List<HashKeyRange> tiling, List<HashKeyRange> targets) {
        this.targets = targets;
        targets.forEach(target -> targetStarts.add(target.start()));
        this.sliver = size(targets.get(0)).divide(SLIVERS);
        this.above = new ArrayDeque<>(tiling);
    }

    /** One change of the stream. */
    sealed interface Step {}

    /** Divides a shard; {@code at} starts the upper part. */
    record Split(HashKeyRange shard, HashKey at) implements Step {}

    /** Makes one of two neighbours. */
    record Merge(HashKeyRange lower, HashKeyRange upper) implements Step {}

    /**
     * The steps, in order, after which the shards are {@link HashKeyRange#evenly} sized.
     *
     * @param tiling the open shards, in the order of their keys, which together cover all keys
     * @param count how many shards there shall be
     */
    static List<Step> of(List<HashKeyRange> tiling, int count) {
        requireTiling(tiling);
        ScalePlan plan = new ScalePlan(tiling, HashKeyRange.evenly(count));
        plan.targets.forEach(plan::reach);
        return List.copyOf(plan.steps);
    }

    private static void requireTiling(List<HashKeyRange> shards) {
        boolean whole = !shards.isEmpty()
                && shards.get(0).start().equals(HashKey.MIN)
                && shards.get(shards.size() - 1).end().equals(HashKey.MAX);
        for (int i = 1; i < shards.size(); i++) {
            whole &= shards.get(i - 1).isJustBelow(shards.get(i));
        }
        if (!whole) {
            throw new IllegalArgumentException("these shards do not cover all hash keys once: " + shards);
        }
    }

    /** All shards below the target are done; the lowest of the others starts where it does. */
    private void reach(HashKeyRange target) {
        HashKeyRange shard = above.remove();
        while (!shard.equals(target)) {
            HashKeyRange next = above.peek();
            if (shard.end().compareTo(target.end()) < 0) {
                if (next != null && splitsWell(next, target.end())) {
                    above.remove();
                    above.push(split(next, target.end().next()));
                    above.push(new HashKeyRange(next.start(), target.end()));
                }
                shard = merge(shard, above.remove());
            } else if (next != null && leavesSliver(shard, target.end())) {
                shard = merge(shard, above.remove());
            } else {
                above.push(split(shard, target.end().next()));
                shard = target;
            }
        }
    }

    private boolean splitsWell(HashKeyRange shard, HashKey end) {
        return shard.contains(end)
                && !shard.end().equals(end)
                && !isSliver(new HashKeyRange(shard.start(), end))
                && !leavesSliver(shard, end);
    }

    /** True when what is above {@code end} is too small to stand alone and, its boundary being none that stays, need not. */
    private boolean leavesSliver(HashKeyRange shard, HashKey end) {
        return !shard.end().equals(HashKey.MAX)
                && !targetStarts.contains(shard.end().next())
                && isSliver(new HashKeyRange(end.next(), shard.end()));
    }

    private boolean isSliver(HashKeyRange range) {
        return size(range).compareTo(sliver) < 0;
    }

    private HashKeyRange merge(HashKeyRange lower, @Nullable HashKeyRange upper) {
        if (upper == null) {
            throw new IllegalStateException("nothing above " + lower);
        }
        steps.add(new Merge(lower, upper));
        return new HashKeyRange(lower.start(), upper.end());
    }

    /** Returns the upper part. */
    private HashKeyRange split(HashKeyRange shard, HashKey at) {
        steps.add(new Split(shard, at));
        return new HashKeyRange(at, shard.end());
    }

    private static BigInteger size(HashKeyRange range) {
        return range.end().toBigInteger().subtract(range.start().toBigInteger()).add(BigInteger.ONE);
    }
}
