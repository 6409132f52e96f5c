package io.millrace.cli.streams;

import static java.util.Objects.requireNonNull;

import io.millrace.cli.terminal.CommandFailure;
import io.millrace.fanout.RecordSource;
import io.millrace.fanout.RecordSourceListener;
import io.millrace.fanout.RecordSources;
import io.millrace.fanout.ShardReadException;
import io.millrace.fanout.SourceBatch;
import io.millrace.fanout.SourceTrouble;
import io.millrace.model.ChildShard;
import io.millrace.model.HashKeyRange;
import io.millrace.model.Position;
import io.millrace.model.SequenceNumber;
import io.millrace.model.Shard;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import io.millrace.model.StreamRecord;
import io.millrace.runtime.EventLoop;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads all shards of a stream at once from sources that hold a pipe each, a child after its parents. Everything here happens on
 * the event loop of the sources, the sink included: while the sink blocks nothing more is asked for.
 */
public final class PipedTail {
    private final RecordSources sources;
    private final EventLoop loop;
    private final StreamName stream;
    private final Position from;
    private final Patience patience;
    private final BiConsumer<ShardId, List<StreamRecord>> sink;
    private final ShardOrder order = new ShardOrder();
    private final Map<ShardId, HashKeyRange> hashKeys = new HashMap<>();
    private final CompletableFuture<@Nullable Void> ended = new CompletableFuture<>();
    private boolean pipesFail;

    /**
     * Hands the records of {@code stream} from {@code from} on to {@code sink}, on {@code loop}, to which the sources belong.
     *
     * @param from where to begin, for children as well; not the latest record, which no source finds again after an outage
     */
    public PipedTail(
            RecordSources sources,
            EventLoop loop,
            StreamName stream,
            Position.Initial from,
            Patience patience,
            BiConsumer<ShardId, List<StreamRecord>> sink) {
        this.sources = requireNonNull(sources, "sources");
        this.loop = requireNonNull(loop, "loop");
        this.stream = stream;
        this.from = from;
        this.patience = patience;
        this.sink = sink;
    }

    /** Begins with these shards. */
    public void start(List<Shard> shards) {
        loop.execute(() -> {
            shards.forEach(shard -> add(shard.asChild()));
            beginWhatCan();
        });
    }

    /** Completes when every shard has ended and none follows, or fails with whatever stops the tail. */
    public CompletableFuture<@Nullable Void> ended() {
        return ended;
    }

    private void add(ChildShard shard) {
        hashKeys.put(shard.id(), shard.hashKeyRange());
        order.add(shard.id().value(), values(shard.parents()));
    }

    private void beginWhatCan() {
        order.begin().forEach(shard -> new Reading(new ShardId(shard)).begin());
        if (order.isOver()) {
            ended.complete(null);
        }
    }

    private static List<String> values(List<ShardId> shards) {
        return shards.stream().map(ShardId::value).toList();
    }

    /** One shard. */
    private final class Reading implements RecordSourceListener {
        private final ShardId shard;
        private @Nullable RecordSource source;
        private @Nullable SequenceNumber last;
        private boolean failing;
        private long failsSince;

        Reading(ShardId shard) {
            this.shard = shard;
        }

        void begin() {
            source = sources.open(stream, shard, requireNonNull(hashKeys.get(shard)), from, this);
            source.request();
        }

        @Override
        public void batch(SourceBatch batch) {
            failing = false;
            try {
                sink.accept(shard, batch.records());
            } catch (RuntimeException e) {
                ended.completeExceptionally(e);
                return;
            }
            last = batch.lastRecord().sequenceNumber();
            requireNonNull(source).release(batch);
            requireNonNull(source).request();
        }

        @Override
        public void shardEnded(List<ChildShard> children) {
            requireNonNull(source).close();
            order.finish(shard.value());
            children.forEach(PipedTail.this::add);
            beginWhatCan();
        }

        @Override
        public void idle(long millisBehindLatest, @Nullable Instant readUpTo) {
            failing = false;
        }

        @Override
        public void trimmed(SequenceNumber lastRead, @Nullable StreamRecord oldestOrNull) {
            patience.notes().accept(shard + ": records after " + lastRead + " have passed retention unread");
        }

        /** Both the pipe and polling fail. */
        @Override
        public void trouble(SourceTrouble trouble) {
            CommandFailure failure = CommandFailure.failed(trouble.message());
            boolean mayPass = trouble.kind() != ShardReadException.Kind.GONE
                    && trouble.kind() != ShardReadException.Kind.POSITION_REFUSED;
            if (!mayPass) {
                ended.completeExceptionally(failure);
            } else if (!failing) {
                failing = true;
                failsSince = patience.ticker().nanoTime();
            } else if (patience.isOver(failsSince)) {
                String place = last == null ? "no record of it was printed" : "the last one printed is " + last;
                ended.completeExceptionally(CommandFailure.failed(
                        patience.gaveUp(failure) + "; reading stopped in " + shard + ", " + place));
            }
        }

        @Override
        public void pipeFails(SourceTrouble trouble) {
            if (!pipesFail) {
                pipesFail = true;
                patience.notes()
                        .accept("no pipe for " + shard + ", it is polled until there is one: " + trouble.message());
            }
        }

        @Override
        public void pipeWorks() {
            pipesFail = false;
        }
    }
}
