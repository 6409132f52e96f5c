package io.millrace.lease.coordinator;

import static java.util.Objects.requireNonNull;

import io.millrace.lease.table.BulkWrites;
import io.millrace.lease.table.LeaseTable;
import io.millrace.lease.table.Row;
import io.millrace.lease.table.TableThrottledException;
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
 * revision. A heartbeat is sent at once, whatever else waits; other writes when the {@link WritePacer} lets them.
 *
 * <p>Belongs to the loop; futures complete there. Writes never fail; after {@link #abandon} nothing completes any more.
 */
final class SureTable {
    private static final Logger log = LoggerFactory.getLogger(SureTable.class);

    private final LeaseTable table;
    private final BulkWrites bulk;
    private final EventLoop loop;
    private final Platform platform;
    private final WritePacer pacer;
    private final Duration timeLimit;
    private final Backoff backoff;
    private boolean heartbeatRefused;
    private boolean abandoned;
    private @Nullable Throwable lastTrouble;

    SureTable(LeaseTable table, EventLoop loop, Platform platform, WritePacer pacer, Duration failoverTime) {
        this.table = table;
        this.bulk = new BulkWrites(table, loop);
        this.loop = loop;
        this.platform = platform;
        this.pacer = pacer;
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
        bulk.abandon();
        heartbeatIsRefused(false);
    }

    CompletableFuture<Settled> put(WriteKind kind, Row row) {
        return put(kind, () -> row).settled();
    }

    /** Writes what {@code row} gives when its turn has come. */
    Write put(WriteKind kind, Supplier<Row> row) {
        return start(new Put(kind, row));
    }

    /**
     * Writes a worker's row.
     *
     * @param pause how long to wait before it is sent again when the table refuses it because there are too many writes
     */
    CompletableFuture<Settled> beat(Row row, Supplier<Duration> pause) {
        return start(new Put(WriteKind.HEARTBEAT, () -> row) {
                    @Override
                    Duration pause(int attempt) {
                        heartbeatIsRefused(true);
                        return pause.get();
                    }
                })
                .settled();
    }

    /** Deletes {@code seen}; that it is gone already counts as applied. */
    CompletableFuture<Settled> delete(WriteKind kind, Row seen) {
        return start(new Write(kind) {
                    @Override
                    CompletableFuture<WriteOutcome> call() {
                        return table.delete(seen);
                    }

                    @Override
                    boolean isOurs(WriteOutcome.Conflict conflict) {
                        return conflict.current().isEmpty();
                    }
                })
                .settled();
    }

    /** One read within the time limit. */
    <T> CompletableFuture<T> read(Function<LeaseTable, CompletableFuture<T>> call) {
        return ask("the lease table", () -> call.apply(table));
    }

    /** One call of another service within the same time limit. */
    <T> CompletableFuture<T> ask(String whom, Supplier<CompletableFuture<T>> call) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        if (!abandoned) {
            loop.whenComplete(bounded(whom, call), (value, error) -> {
                if (abandoned) {
                    return;
                }
                if (error != null) {
                    answer.completeExceptionally(error);
                } else {
                    answer.complete(value);
                }
            });
        }
        return answer;
    }

    private Write start(Write write) {
        write.begin(false);
        return write;
    }

    /** As long as a heartbeat is refused all other writes wait, those of other lives of this worker too. */
    private void heartbeatIsRefused(boolean refused) {
        if (heartbeatRefused == refused) {
            return;
        }
        heartbeatRefused = refused;
        if (refused) {
            pacer.heartbeatRefused();
        } else {
            pacer.heartbeatWentThrough();
        }
    }

    /** Completes in any case, also when this table was abandoned meanwhile. */
    private <T> CompletableFuture<T> bounded(String whom, Supplier<CompletableFuture<T>> call) {
        CompletableFuture<T> answer = new CompletableFuture<>();
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
            if (error != null) {
                lastTrouble = error;
                answer.completeExceptionally(error);
            } else {
                answer.complete(value);
            }
        });
        return answer;
    }

    /** One write from its beginning until its outcome is known. */
    abstract class Write {
        private final WriteKind kind;
        private final CompletableFuture<Settled> settled = new CompletableFuture<>();
        private WritePacer.@Nullable Turn turn;
        private int attempts;
        private long firstSentAt;

        private Write(WriteKind kind) {
            this.kind = kind;
        }

        CompletableFuture<Settled> settled() {
            return settled;
        }

        WriteKind kind() {
            return kind;
        }

        boolean wasSent() {
            return attempts > 0;
        }

        /** Waits no more. Returns false, and changes nothing, when it was sent already; else it never completes. */
        boolean giveUp() {
            WritePacer.Turn waiting = turn;
            return !wasSent() && waiting != null && waiting.giveUp();
        }

        abstract CompletableFuture<WriteOutcome> call();

        abstract boolean isOurs(WriteOutcome.Conflict conflict);

        /** How long to wait after the table has refused it. */
        Duration pause(int attempt) {
            return backoff.delay(attempt, platform.random());
        }

        private void begin(boolean again) {
            if (!kind.isPaced()) {
                send(null);
            } else if (again) {
                turn = pacer.askAgain(kind, this::send);
            } else {
                turn = pacer.ask(kind, this::send);
            }
        }

        private void send(WritePacer.@Nullable Turn own) {
            if (abandoned) {
                if (own != null) {
                    own.endUnused();
                }
                return;
            }
            long sentAt = platform.ticker().nanoTime();
            if (attempts++ == 0) {
                firstSentAt = sentAt;
            }
            loop.whenComplete(bounded("the lease table", this::call), (outcome, error) -> {
                if (error == null) {
                    pacer.budget().applied();
                } else if (error instanceof TableThrottledException) {
                    pacer.budget().refused(sentAt);
                }
                if (own != null) {
                    own.end();
                }
                if (!abandoned) {
                    answered(outcome, error, sentAt);
                }
            });
        }

        private void answered(@Nullable WriteOutcome outcome, @Nullable Throwable error, long sentAt) {
            if (error != null && FatalErrors.isFatal(error)) {
                throw new IllegalStateException("the lease table cannot be written: " + error, error);
            }
            if (error != null) {
                log.debug("Sending a write again, its {}. attempt failed: {}", attempts, error.getMessage());
                sendAgain(error);
                return;
            }
            if (kind == WriteKind.HEARTBEAT) {
                heartbeatIsRefused(false);
            }
            if (outcome instanceof WriteOutcome.Conflict conflict && isOurs(conflict)) {
                // Also at our first attempt: the client may have sent it twice by itself.
                settled.complete(new Settled(WriteOutcome.applied(), firstSentAt, firstSentAt));
            } else {
                settled.complete(new Settled(requireNonNull(outcome), sentAt, firstSentAt));
            }
        }

        /** What waits for its turn need not wait besides: the budget has shrunk. */
        private void sendAgain(Throwable error) {
            boolean refused = error instanceof TableThrottledException;
            if (refused && kind.isPaced()) {
                begin(true);
            } else {
                Duration wait = refused ? pause(attempts) : backoff.delay(attempts, platform.random());
                loop.schedule(wait, () -> begin(true));
            }
        }
    }

    /** A write of a row, which is made when its turn has come and stays the same then. */
    private class Put extends Write {
        private final Supplier<Row> source;
        private @Nullable Row row;

        Put(WriteKind kind, Supplier<Row> source) {
            super(kind);
            this.source = source;
        }

        @Override
        CompletableFuture<WriteOutcome> call() {
            Row sent = row == null ? source.get() : row;
            row = sent;
            return kind().isInBulk() ? bulk.put(sent) : table.put(sent);
        }

        @Override
        boolean isOurs(WriteOutcome.Conflict conflict) {
            Row sent = requireNonNull(row);
            Optional<Row> current = conflict.current();
            return current.filter(found -> found.revision() == sent.revision() + 1 && found.sameContent(sent))
                    .isPresent();
        }
    }
}
