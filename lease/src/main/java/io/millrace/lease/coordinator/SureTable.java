package io.millrace.lease.coordinator;

import static java.util.Objects.requireNonNull;

import io.millrace.lease.table.LeaseTable;
import io.millrace.lease.table.Row;
import io.millrace.lease.table.TableUnavailableException;
import io.millrace.lease.table.WriteOutcome;
import io.millrace.runtime.Backoff;
import io.millrace.runtime.EventLoop;
import io.millrace.runtime.FatalErrors;
import io.millrace.runtime.Platform;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The table as one life of a worker uses it: every call has a time limit, and a write goes on until its outcome is
 * known. A write whose answer was lost is sent again as it was: the table applies it at most once, because it names the
 * revision it saw, and when the first sending was applied the conflict shows a row with our content under the next
 * revision.
 *
 * <p>Belongs to the loop; futures complete there. Writes never fail; after {@link #abandon} nothing completes any more.
 */
final class SureTable {
    private static final Logger log = LoggerFactory.getLogger(SureTable.class);

    private final LeaseTable table;
    private final EventLoop loop;
    private final Platform platform;
    private final Duration timeLimit;
    private final Backoff backoff;
    private boolean abandoned;
    private @Nullable Throwable lastTrouble;

    SureTable(LeaseTable table, EventLoop loop, Platform platform, Duration failoverTime) {
        this.table = table;
        this.loop = loop;
        this.platform = platform;
        this.timeLimit = failoverTime.dividedBy(5);
        this.backoff = new Backoff(Duration.ofMillis(50), failoverTime.dividedBy(10));
    }

    /**
     * A write's end.
     *
     * @param outcome what became of it
     * @param sentAt a tick before which the row certainly did not look like this
     * @param firstSentAt when it was sent for the first time
     */
    record Settled(WriteOutcome outcome, long sentAt, long firstSentAt) {}

    /** Why the last call that failed did, if one has. */
    Optional<String> lastTrouble() {
        return Optional.ofNullable(lastTrouble).map(Throwable::getMessage);
    }

    /** No call goes out from now on, and no future completes. */
    void abandon() {
        abandoned = true;
    }

    CompletableFuture<Settled> put(Row row) {
        return settle(new Write(() -> table.put(row), conflict -> isOurs(row, conflict)));
    }

    /** Deletes {@code seen}; that it is gone already counts as applied. */
    CompletableFuture<Settled> delete(Row seen) {
        return settle(new Write(
                () -> table.delete(seen), conflict -> conflict.current().isEmpty()));
    }

    /** One read within the time limit. */
    <T> CompletableFuture<T> read(Function<LeaseTable, CompletableFuture<T>> call) {
        return bounded("the lease table", () -> call.apply(table));
    }

    /** One call of another service within the same time limit. */
    <T> CompletableFuture<T> ask(String whom, Supplier<CompletableFuture<T>> call) {
        return bounded(whom, call);
    }

    private static boolean isOurs(Row row, WriteOutcome.Conflict conflict) {
        Optional<Row> current = conflict.current();
        return current.filter(found -> found.revision() == row.revision() + 1 && found.sameContent(row))
                .isPresent();
    }

    private CompletableFuture<Settled> settle(Write write) {
        send(write, platform.ticker().nanoTime(), 1);
        return write.settled;
    }

    private void send(Write write, long firstSentAt, int attempt) {
        if (abandoned) {
            return;
        }
        long sentAt = platform.ticker().nanoTime();
        loop.whenComplete(bounded("the lease table", write.call), (outcome, error) -> {
            if (abandoned) {
                return;
            }
            if (error != null && FatalErrors.isFatal(error)) {
                throw new IllegalStateException("the lease table cannot be written: " + error, error);
            } else if (error != null) {
                log.debug("Sending a write again, its {}. attempt got no answer: {}", attempt, error.getMessage());
                loop.schedule(backoff.delay(attempt, platform.random()), () -> send(write, firstSentAt, attempt + 1));
            } else if (outcome instanceof WriteOutcome.Conflict conflict && write.isOurs(conflict)) {
                // Also at our first attempt: the client may have sent it twice by itself.
                write.settled.complete(new Settled(WriteOutcome.applied(), firstSentAt, firstSentAt));
            } else {
                write.settled.complete(new Settled(requireNonNull(outcome), sentAt, firstSentAt));
            }
        });
    }

    private <T> CompletableFuture<T> bounded(String whom, Supplier<CompletableFuture<T>> call) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        if (abandoned) {
            return answer;
        }
        EventLoop.Cancellable limit = loop.schedule(timeLimit, () -> {
            lastTrouble = new TableUnavailableException(whom + " did not answer within " + timeLimit, null);
            answer.completeExceptionally(lastTrouble);
        });
        CompletableFuture<T> sent;
        try {
            sent = call.get();
        } catch (RuntimeException error) {
            sent = CompletableFuture.failedFuture(error);
        }
        loop.whenComplete(sent, (value, error) -> {
            limit.cancel();
            if (abandoned) {
                return;
            }
            if (error != null) {
                lastTrouble = error;
                answer.completeExceptionally(error);
            } else {
                answer.complete(value);
            }
        });
        return answer;
    }

    private record Write(
            Supplier<CompletableFuture<WriteOutcome>> call,
            Function<WriteOutcome.Conflict, Boolean> ours,
            CompletableFuture<Settled> settled) {
        Write(Supplier<CompletableFuture<WriteOutcome>> call, Function<WriteOutcome.Conflict, Boolean> ours) {
            this(call, ours, new CompletableFuture<>());
        }

        boolean isOurs(WriteOutcome.Conflict conflict) {
            return ours.apply(conflict);
        }
    }
}
