package io.millrace.consumer.shard;

import io.millrace.consumer.shard.ProcessorCalls.Outcome;
import io.millrace.consumer.watch.FailureLog;
import io.millrace.consumer.watch.FailureReports;
import io.millrace.lease.LeaseKey;
import io.millrace.model.StreamRecord;
import io.millrace.runtime.FatalErrors;
import io.millrace.runtime.Ticker;
import java.time.Duration;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The failures in a row of one lane: how many, since when, and who is told. Belongs to the worker's event loop. */
final class LaneFailures {
    private static final Logger log = LoggerFactory.getLogger(LaneFailures.class);

    private final LeaseKey key;
    private final ConsumerParts parts;
    private final FailureLog failures;
    private final ShardStatus status;
    private final LaneHost shard;
    private final Ticker ticker;
    private int count;
    /** How many of them were of other records than those that come now. */
    private int before;

    private long since;

    LaneFailures(LaneWiring wiring) {
        this.key = wiring.lease().key();
        this.parts = wiring.parts();
        this.failures = wiring.log();
        this.status = wiring.status();
        this.shard = wiring.host();
        this.ticker = parts.platform().ticker();
    }

    /** How many there were in a row. */
    int count() {
        return count;
    }

    /** How many there were in a row of the records that come now. */
    int tries() {
        return count - before;
    }

    /** Other records come now, a part of those before: their tries are counted anew. */
    void partBegins() {
        before = count;
    }

    /** How long ago the first of them was. */
    Duration time() {
        return count == 0 ? Duration.ZERO : ticker.since(since);
    }

    /** How long to wait before calling again. */
    Duration retryDelay() {
        return parts.retry().delay(Math.max(1, tries()), parts.platform().random());
    }

    /** The shortest wait there is. */
    Duration firstDelay() {
        return parts.retry().delay(1, parts.platform().random());
    }

    /** The processor threw at {@code records}, at least one: {@link #threw} comes next. */
    void at(List<StreamRecord> records) {
        failures.handed(records);
    }

    /** The user's code threw. */
    void threw(Outcome.Threw threw) {
        if (count++ == 0) {
            since = ticker.nanoTime();
        }
        String what = failures.userFailed(
                threw.call(), threw.error(), parts.platform().clock().instant());
        status.failuresChanged();
        parts.oversight()
                .reports()
                .failed(
                        FailureReports.Topic.USER_CODE,
                        key,
                        what,
                        "; the checkpoint stays where it is, and it is called again");
        if (FatalErrors.isFatal(threw.error())) {
            shard.stopWorker("the worker stops after an error that trying again does not mend: " + what);
        }
        log.debug("{}: {} threw, {} times in a row now", key, threw.call(), count, threw.error());
    }

    /** The policy stopped the shard. */
    void stopped(String range) {
        log.warn("{}: stopped at {} after {} failures, as the failure policy says", key, range, count);
    }

    /**
     * Something is done with: what failed before does not count any more, in this lane or in those that were thrown away before
     * it.
     */
    void over() {
        if (count > 0 || failures.userFailures() > 0) {
            count = 0;
            before = 0;
            if (!shard.isAnyLaneFailing()) {
                failures.userWorks();
                parts.oversight().reports().over(FailureReports.Topic.USER_CODE, key);
                status.failuresChanged();
            }
        }
    }
}
