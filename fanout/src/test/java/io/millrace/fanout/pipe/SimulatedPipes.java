package io.millrace.fanout.pipe;

import static java.util.Objects.requireNonNull;

import io.millrace.fanout.InMemoryStream;
import io.millrace.fanout.ShardIterator;
import io.millrace.fanout.ShardPage;
import io.millrace.fanout.ShardReadException;
import io.millrace.fanout.ShardReader;
import io.millrace.model.Position;
import io.millrace.model.SequenceNumber;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import io.millrace.sim.Simulation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Subscriptions to a stream in memory as the service has them: heartbeats, the rule of five seconds, takeover, five minutes of
 * life; and with the ends, delays and silences that the simulation's seed draws.
 */
final class SimulatedPipes implements ShardPipes {
    private static final Duration HEARTBEAT = Duration.ofSeconds(5);
    private static final Duration RULE = Duration.ofSeconds(5);
    private static final Duration LIFE = Duration.ofMinutes(5);

    private final InMemoryStream stream;
    private final Simulation sim;
    private final int faultPercent;
    private final Map<ShardId, Live> live = new HashMap<>();
    private final Map<ShardId, Duration> acceptedAt = new HashMap<>();

    /** Every end that a listener was told. */
    final List<PipeEnd> ends = new ArrayList<>();

    final List<Position> positions = new ArrayList<>();
    int cancelled;

    /** Ends every subscription at once while it is set. */
    PipeEnd.@Nullable Kind refusal;

    /** Subscriptions bring nothing while it is true. */
    boolean silent;

    SimulatedPipes(InMemoryStream stream, Simulation sim, int faultPercent) {
        this.stream = stream;
        this.sim = sim;
        this.faultPercent = faultPercent;
    }

    @Override
    public Subscription subscribe(StreamName name, ShardId shard, Position from, PipeListener listener) {
        positions.add(from);
        Live pipe = new Live(shard, listener);
        sim.at(moment(), () -> accept(pipe, from));
        return pipe;
    }

    /** Breaks the pipe of a shard, if one is open. */
    void breakPipe(ShardId shard) {
        Live pipe = live.get(shard);
        if (pipe != null) {
            pipe.end(PipeEnd.Kind.BROKEN, "reset");
        }
    }

    private void accept(Live pipe, Position from) {
        Duration before = acceptedAt.get(pipe.shard);
        if (refusal != null) {
            pipe.end(refusal, "refused by the test");
        } else if (happens()) {
            PipeEnd.Kind[] kinds = PipeEnd.Kind.values();
            pipe.end(kinds[sim.random().nextInt(kinds.length)], "drawn");
        } else if (before != null && sim.elapsed().minus(before).compareTo(RULE) < 0) {
            pipe.end(PipeEnd.Kind.IN_USE, "within five seconds");
        } else {
            acceptedAt.put(pipe.shard, sim.elapsed());
            Live older = live.put(pipe.shard, pipe);
            if (older != null) {
                older.end(PipeEnd.Kind.IN_USE, "taken over");
            }
            pipe.begin(from);
        }
    }

    private boolean happens() {
        return sim.random().nextInt(100) < faultPercent;
    }

    private Duration moment() {
        return Duration.ofMillis(1 + sim.random().nextInt(20));
    }

    /** One subscription. */
    private final class Live implements Subscription {
        private final ShardId shard;
        private final PipeListener listener;
        private final ShardReader reader;
        private boolean over;
        private int asked;
        private boolean sending;
        private @Nullable ShardIterator next;
        private @Nullable SequenceNumber continuation;
        private Duration lastEventAt = Duration.ZERO;

        Live(ShardId shard, PipeListener listener) {
            this.shard = shard;
            this.listener = listener;
            this.reader = stream.reader(stream.name(), shard);
        }

        void begin(Position from) {
            if (over) {
                return;
            }
            continuation = stream.shards().stream()
                    .filter(described -> described.id().equals(shard))
                    .map(described -> described.sequenceNumbers().starting())
                    .findFirst()
                    .orElse(null);
            lastEventAt = sim.elapsed();
            listener.opened();
            sim.at(LIFE, () -> end(PipeEnd.Kind.COMPLETE, "five minutes"));
            var unused = reader.getIterator(from).whenComplete((found, error) -> {
                if (error != null) {
                    end(PipeEnd.Kind.GONE, "no such shard");
                } else {
                    next = found;
                    send();
                }
            });
        }

        @Override
        public void request() {
            asked++;
            sim.at(moment(), this::send);
        }

        @Override
        public void cancel() {
            cancelled++;
            over = true;
            // The service learns of it later, and keeps the place until then.
            sim.at(moment(), () -> live.remove(shard, this));
        }

        void end(PipeEnd.Kind kind, String message) {
            if (!over) {
                over = true;
                live.remove(shard, this);
                PipeEnd end = new PipeEnd(kind, message);
                ends.add(end);
                listener.ended(end);
            }
        }

        private void send() {
            ShardIterator from = next;
            if (over || asked == 0 || sending || from == null || silent) {
                return;
            }
            if (faultPercent > 0 && sim.random().nextInt(400) < faultPercent) {
                // Silent for ever, or broken.
                if (sim.random().nextBoolean()) {
                    end(PipeEnd.Kind.BROKEN, "drawn");
                }
                sending = true;
                return;
            }
            sending = true;
            sim.at(moment(), () -> {
                sending = false;
                if (!over) {
                    send(from);
                }
            });
        }

        private void send(ShardIterator from) {
            ShardPage page = page(from);
            if (page == null) {
                end(PipeEnd.Kind.GONE, "no such shard");
                return;
            }
            boolean isDue = sim.elapsed().minus(lastEventAt).compareTo(HEARTBEAT) >= 0;
            if (page.records().isEmpty() && page.nextOrNull() != null && !isDue) {
                sim.at(Duration.ofMillis(50), this::send);
                return;
            }
            asked--;
            lastEventAt = sim.elapsed();
            next = page.nextOrNull();
            if (!page.records().isEmpty()) {
                continuation = page.records().get(page.records().size() - 1).sequenceNumber();
            }
            listener.event(new PipeEvent(
                    page.records(),
                    next == null ? null : requireNonNull(continuation),
                    page.millisBehindLatest(),
                    page.children()));
            if (next == null) {
                end(PipeEnd.Kind.COMPLETE, "the shard is read out");
            } else {
                send();
            }
        }

        private @Nullable ShardPage page(ShardIterator from) {
            try {
                return reader.getRecords(fresh(from), 1 + sim.random().nextInt(200))
                        .getNow(null);
            } catch (java.util.concurrent.CompletionException gone) {
                if (gone.getCause() instanceof ShardReadException) {
                    return null;
                }
                throw gone;
            }
        }

        /** The service's own cursor does not expire as an iterator does. */
        private ShardIterator fresh(ShardIterator old) {
            String index = old.value().substring(0, old.value().indexOf('@'));
            return new ShardIterator(index + "@" + sim.clock().instant().getEpochSecond());
        }
    }
}
