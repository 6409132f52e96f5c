package io.millrace.consumer.streams;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.millrace.fanout.InMemoryStream;
import io.millrace.fanout.ShardIterator;
import io.millrace.fanout.ShardPage;
import io.millrace.fanout.ShardReadException;
import io.millrace.fanout.ShardReader;
import io.millrace.lease.ShardDirectory;
import io.millrace.lease.StreamNotFoundException;
import io.millrace.model.Position;
import io.millrace.model.Shard;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import io.millrace.sim.Simulation;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class StreamGuardTest {
    private static final StreamName STREAM = new StreamName("orders");

    private final Simulation sim = new Simulation(1);
    private final InMemoryStream records = new InMemoryStream(STREAM, 2, sim.clock());
    private final Service service = new Service();
    private final List<String> told = new ArrayList<>();
    private final StreamGuard guard = new StreamGuard(STREAM, service, records, sim.newEventLoop("worker"), told::add);

    @BeforeEach
    void begin() {
        assertThat(outcome(guard.identify(STREAM))).isNull();
        service.calls = 0;
    }

    @Test
    void theStreamThatItBeganWithIsListedAndRead() {
        assertThat(outcome(guard.listShards(STREAM))).isNull();
        assertThat(outcome(read())).isNull();
        assertThat(told).isEmpty();
    }

    @Test
    void aDeletedStreamIsToldOnceAndNothingIsFoundInIt() {
        service.created = null;
        assertThat(outcome(guard.listShards(STREAM))).isInstanceOf(StreamNotFoundException.class);
        assertThat(kind(outcome(read()))).isEqualTo(ShardReadException.Kind.GONE);
        assertThat(told).containsExactly("stream orders was deleted; nothing more to consume");
    }

    @Test
    void aStreamMadeAnewUnderTheNameIsNeitherListedNorRead() {
        service.created = Instant.EPOCH.plusSeconds(9);
        assertThat(kind(outcome(read()))).isEqualTo(ShardReadException.Kind.GONE);
        assertThat(outcome(guard.listShards(STREAM))).isInstanceOf(StreamNotFoundException.class);
        assertThat(told).hasSize(1).first().asString().contains("orders was deleted", "1970-01-01T00:00:09Z");
    }

    @Test
    void whatAnIteratorOfAnotherStreamReadsIsNotGivenOut() {
        CompletableFuture<ShardPage> found = read();
        service.created = Instant.EPOCH.plusSeconds(9);
        assertThat(kind(outcome(found))).isEqualTo(ShardReadException.Kind.GONE);
    }

    @Test
    void aServiceThatDoesNotAnswerIsTroubleThatPasses() {
        service.silent = true;
        ShardReader reader = guard.reader(STREAM, ShardId.of(0));
        ShardIterator iterator = reader.getIterator(Position.trimHorizon()).join();
        CompletableFuture<ShardPage> unchecked = reader.getRecords(iterator, 10);
        sim.run(Duration.ofSeconds(6));
        assertThat(kind(outcome(unchecked))).isEqualTo(ShardReadException.Kind.TRANSIENT);
        service.silent = false;
        assertThat(outcome(reader.getRecords(iterator, 10))).isNull();
        assertThat(told).isEmpty();
    }

    @Test
    void manyAskersShareACall() {
        List<CompletableFuture<ShardPage>> reads = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            reads.add(read());
        }
        reads.forEach(read -> assertThat(outcome(read)).isNull());
        assertThat(service.calls).isLessThanOrEqualTo(2);
    }

    private CompletableFuture<ShardPage> read() {
        ShardReader reader = guard.reader(STREAM, ShardId.of(0));
        return reader.getIterator(Position.trimHorizon()).thenCompose(iterator -> reader.getRecords(iterator, 10));
    }

    private @Nullable Throwable outcome(CompletableFuture<?> answer) {
        sim.runUntil(answer::isDone, Duration.ofSeconds(30));
        Throwable thrown = catchThrowable(answer::join);
        return thrown instanceof CompletionException ? thrown.getCause() : thrown;
    }

    private static ShardReadException.@Nullable Kind kind(@Nullable Throwable error) {
        return error instanceof ShardReadException refused ? refused.kind() : null;
    }

    /** Knows the stream by name, as the service does. */
    private final class Service implements ShardDirectory {
        @Nullable
        Instant created = Instant.EPOCH;

        boolean silent;
        int calls;

        @Override
        public CompletableFuture<StreamIdentity> identify(StreamName stream) {
            calls++;
            CompletableFuture<StreamIdentity> answer = new CompletableFuture<>();
            if (!silent) {
                sim.at(Duration.ofMillis(2), () -> {
                    Instant now = created;
                    if (now == null) {
                        answer.completeExceptionally(new StreamNotFoundException(stream));
                    } else {
                        answer.complete(new StreamIdentity("arn", now));
                    }
                });
            }
            return answer;
        }

        @Override
        public CompletableFuture<List<Shard>> listShards(StreamName stream) {
            return created == null
                    ? CompletableFuture.failedFuture(new IllegalStateException("it is being deleted"))
                    : CompletableFuture.completedFuture(records.shards());
        }
    }
}
