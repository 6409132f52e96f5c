package io.millrace.fanout.pipe;

import io.millrace.fanout.InMemoryStream;
import io.millrace.fanout.ShardIterator;
import io.millrace.fanout.ShardPage;
import io.millrace.fanout.ShardReadException;
import io.millrace.fanout.ShardReader;
import io.millrace.fanout.ShardReaders;
import io.millrace.model.Position;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import io.millrace.sim.Simulation;
import java.time.Duration;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The pipes of one consumer to a stream, and the readers of its bridges, to which a test does {@linkplain PipeFault faults}. A fault is
 * counted when it meets something. One thread.
 */
final class FaultyPipes implements ShardPipes, ShardReaders {
    private final InMemoryStream stream;
    private final InMemoryPipes pipes;
    private final Simulation sim;
    private final Map<ShardId, Line> lines = new HashMap<>();
    private final Map<ShardId, PipeFault> awaiting = new HashMap<>();
    private final Map<PipeFault, Integer> met = new EnumMap<>(PipeFault.class);
    private PipeEnd.@Nullable Kind outage;
    private int bridgesFail;
    private int bridgesUnanswered;

    FaultyPipes(InMemoryStream stream, Simulation sim) {
        this.stream = stream;
        this.pipes = new InMemoryPipes(stream, sim, 0);
        this.sim = sim;
    }

    /** How often each fault met a pipe or a read. */
    Map<PipeFault, Integer> met() {
        return met;
    }

    private void count(PipeFault fault) {
        met.merge(fault, 1, Integer::sum);
    }

    /** Does {@code fault} to a shard, or to all where it is one of the consumer. */
    void inject(PipeFault fault, ShardId shard) {
        switch (fault) {
            case SILENCE, LATE_HEARTBEAT, TOO_LATE_HEARTBEAT -> {
                Line line = lines.get(shard);
                if (line != null && line.disturb(fault)) {
                    count(fault);
                }
            }
            case UNANSWERED, THROTTLED, POSITION_REFUSED -> {
                // Meets the next subscription, which this brings about.
                awaiting.put(shard, fault);
                end(shard, PipeEnd.Kind.COMPLETE);
            }
            case RESET -> countIf(fault, end(shard, PipeEnd.Kind.BROKEN));
            case COMPLETE -> countIf(fault, end(shard, PipeEnd.Kind.COMPLETE));
            case IN_USE -> countIf(fault, end(shard, PipeEnd.Kind.IN_USE));
            case GOAWAY -> endAll(fault, PipeEnd.Kind.BROKEN);
            case CONSUMER_DELETED -> takeAway(fault, PipeEnd.Kind.GONE);
            case PERMISSION_TAKEN -> takeAway(fault, PipeEnd.Kind.FORBIDDEN);
            case BRIDGE_FAILS -> bridgesFail++;
            case BRIDGE_UNANSWERED -> bridgesUnanswered++;
        }
    }

    private void countIf(PipeFault fault, boolean hasMet) {
        if (hasMet) {
            count(fault);
        }
    }

    private boolean end(ShardId shard, PipeEnd.Kind kind) {
        Line line = lines.get(shard);
        return line != null && line.end(new PipeEnd(kind, "on purpose"));
    }

    private void endAll(PipeFault fault, PipeEnd.Kind kind) {
        boolean hasMet = false;
        for (ShardId shard : lines.keySet().stream().sorted().toList()) {
            hasMet |= end(shard, kind);
        }
        countIf(fault, hasMet);
    }

    private void takeAway(PipeFault fault, PipeEnd.Kind kind) {
        if (outage == null) {
            outage = kind;
            endAll(fault, kind);
            sim.at(Duration.ofMillis(500 + sim.random().nextInt(40_000)), () -> outage = null);
        }
    }

    @Override
    public Subscription subscribe(StreamName name, ShardId shard, Position from, PipeListener listener) {
        Line line = new Line(listener);
        PipeFault fault = awaiting.remove(shard);
        PipeEnd.Kind refusal = outage;
        if (fault == PipeFault.UNANSWERED) {
            count(fault);
            line.isOver = true;
        } else if (refusal != null || fault != null) {
            PipeEnd.Kind kind = refusal != null ? refusal : PipeEnd.Kind.valueOf(String.valueOf(fault));
            if (fault != null && refusal == null) {
                count(fault);
            }
            sim.at(moment(), () -> line.end(new PipeEnd(kind, "refused on purpose")));
        } else {
            lines.put(shard, line);
            line.inner = pipes.subscribe(name, shard, from, line);
        }
        return line;
    }

    private Duration moment() {
        return Duration.ofMillis(1 + sim.random().nextInt(20));
    }

    /** Between a subscription and its listener. */
    private final class Line implements Subscription, PipeListener {
        private final PipeListener listener;
        private @Nullable Subscription inner;
        private boolean isOver;
        private boolean isSilent;
        private long heldUntil;

        Line(PipeListener listener) {
            this.listener = listener;
        }

        boolean disturb(PipeFault fault) {
            if (isOver || isSilent) {
                return false;
            }
            switch (fault) {
                case SILENCE -> isSilent = true;
                case LATE_HEARTBEAT -> hold(6_000, 8_000);
                default -> hold(16_000, 20_000);
            }
            return true;
        }

        private void hold(int least, int more) {
            heldUntil = sim.elapsed().toMillis() + least + sim.random().nextInt(more);
        }

        boolean end(PipeEnd end) {
            if (isOver) {
                return false;
            }
            isOver = true;
            Subscription open = inner;
            if (open != null) {
                open.cancel();
            }
            listener.ended(end);
            return true;
        }

        @Override
        public void request() {
            Subscription open = inner;
            if (open != null) {
                open.request();
            }
        }

        @Override
        public void cancel() {
            isOver = true;
            Subscription open = inner;
            if (open != null) {
                open.cancel();
            }
        }

        @Override
        public void opened() {
            pass(listener::opened);
        }

        @Override
        public void event(PipeEvent event) {
            pass(() -> listener.event(event));
        }

        @Override
        public void ended(PipeEnd end) {
            pass(() -> {
                isOver = true;
                listener.ended(end);
            });
        }

        /** In the order in which it came, later while the line is held. */
        private void pass(Runnable call) {
            if (isOver || isSilent) {
                return;
            }
            long wait = heldUntil - sim.elapsed().toMillis();
            if (wait > 0) {
                sim.at(Duration.ofMillis(wait), () -> pass(call));
            } else {
                call.run();
            }
        }
    }

    // The bridges.

    @Override
    public ShardReader reader(StreamName name, ShardId shard) {
        ShardReader reader = stream.reader(name, shard);
        return new ShardReader() {
            @Override
            public CompletableFuture<ShardIterator> getIterator(Position position) {
                return answer(() -> reader.getIterator(position));
            }

            @Override
            public CompletableFuture<ShardPage> getRecords(ShardIterator iterator, int limit) {
                return answer(() -> reader.getRecords(iterator, limit));
            }
        };
    }

    private <T> CompletableFuture<T> answer(Supplier<CompletableFuture<T>> call) {
        CompletableFuture<T> told = new CompletableFuture<>();
        if (bridgesUnanswered > 0) {
            bridgesUnanswered--;
            count(PipeFault.BRIDGE_UNANSWERED);
            return told;
        }
        if (bridgesFail > 0) {
            bridgesFail--;
            count(PipeFault.BRIDGE_FAILS);
            sim.at(
                    moment(),
                    () -> told.completeExceptionally(
                            new ShardReadException(ShardReadException.Kind.TRANSIENT, "on purpose", null)));
            return told;
        }
        sim.at(moment(), () -> {
            CompletableFuture<T> unused = call.get().whenComplete((value, error) -> {
                if (error != null) {
                    told.completeExceptionally(error);
                } else {
                    told.complete(value);
                }
            });
        });
        return told;
    }
}
