package io.millrace.streamcore.stream;

import static io.millrace.streamcore.stream.StreamsFixture.FIRST;
import static io.millrace.streamcore.stream.StreamsFixture.ORDERS;
import static io.millrace.streamcore.stream.StreamsFixture.PAGE;
import static io.millrace.streamcore.stream.StreamsFixture.await;
import static io.millrace.streamcore.stream.StreamsFixture.record;
import static io.millrace.streamcore.stream.StreamsFixture.texts;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.model.Bytes;
import io.millrace.model.ChildShard;
import io.millrace.model.Position;
import io.millrace.model.SequenceNumber;
import io.millrace.model.Shard;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import io.millrace.model.StreamRecord;
import io.millrace.runtime.SystemPlatform;
import io.millrace.streamcore.log.CorruptLogException;
import io.millrace.streamcore.log.LogInUseException;
import io.millrace.streamcore.stream.StreamException.Kind;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DurableStreamsTest {
    @TempDir
    private Path directory;

    private StreamsFixture fixture;

    @BeforeEach
    void open() {
        fixture = new StreamsFixture(directory);
    }

    @AfterEach
    void close() {
        fixture.close();
    }

    @Test
    void whatIsPutIsReadBackInOrder() throws Exception {
        fixture.create(1);
        List<SequenceNumber> numbers = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            Streams.PutAnswer answer = fixture.put("key", "record " + i);
            assertThat(answer.shard()).isEqualTo(FIRST);
            numbers.add(answer.sequenceNumber());
        }
        List<StreamRecord> read = fixture.readAll(FIRST, Position.trimHorizon(), 7, PAGE);
        assertThat(read).extracting(StreamRecord::sequenceNumber).isEqualTo(numbers);
        assertThat(numbers).isSorted().doesNotHaveDuplicates();
        assertThat(read.get(3).partitionKey()).isEqualTo("key");
        assertThat(read.get(3).data()).isEqualTo(Bytes.utf8("record 3"));
        assertThat(numbers.get(0))
                .isGreaterThan(fixture.openShards().get(0).sequenceNumbers().starting());
    }

    @Test
    void aPutOfManyRecordsIsAnsweredInItsOrder() throws Exception {
        fixture.create(4);
        List<NewRecord> records = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            records.add(record("key-" + i, "record " + i));
        }
        List<Streams.PutAnswer> answers =
                await(fixture.streams().put(ORDERS, records)).answers();
        assertThat(answers).hasSize(100);
        for (int i = 0; i < 100; i++) {
            Streams.PutAnswer answer = answers.get(i);
            List<StreamRecord> found = await(fixture.streams()
                            .read(
                                    fixture.seek(
                                            answer.shard(), new Position.AtSequenceNumber(answer.sequenceNumber())),
                                    1,
                                    PAGE))
                    .records();
            assertThat(texts(found)).containsExactly("record " + i);
        }
    }

    @Test
    void everyPositionIsExact() throws Exception {
        fixture.create(1);
        SequenceNumber first = fixture.put("k", "a").sequenceNumber();
        fixture.put("k", "b");
        assertThat(texts(fixture.readAll(FIRST, Position.trimHorizon(), 1, PAGE)))
                .containsExactly("a", "b");
        assertThat(texts(fixture.readAll(FIRST, new Position.AtSequenceNumber(first), 1, PAGE)))
                .containsExactly("a", "b");
        assertThat(texts(fixture.readAll(FIRST, new Position.AfterSequenceNumber(first), 1, PAGE)))
                .containsExactly("b");
        ShardCursor latest = fixture.seek(FIRST, Position.latest());
        fixture.put("k", "c");
        assertThat(texts(await(fixture.streams().read(latest, 10, PAGE)).records()))
                .containsExactly("c");
        assertThat(texts(fixture.readAll(FIRST, new Position.AtTimestamp(Instant.EPOCH), 10, PAGE)))
                .containsExactly("a", "b", "c");
        SequenceNumber starting = fixture.openShards().get(0).sequenceNumbers().starting();
        assertThat(texts(fixture.readAll(FIRST, new Position.AtSequenceNumber(starting), 10, PAGE)))
                .containsExactly("a", "b", "c");
    }

    @Test
    void aTimestampWithNothingNewerStillGetsACursor() throws Exception {
        fixture.create(1);
        fixture.put("k", "old");
        ShardCursor cursor = fixture.seek(
                FIRST,
                new Position.AtTimestamp(fixture.readAll(FIRST, Position.trimHorizon(), 1, PAGE)
                        .get(0)
                        .arrival()
                        .plusMillis(1)
                        .minusMillis(1)));
        assertThat(texts(await(fixture.streams().read(cursor, 10, PAGE)).records()))
                .containsExactly("old");
        Streams empty = fixture.streams();
        StreamName other = new StreamName("empty");
        await(empty.create(other, 1));
        ShardCursor nothing = await(empty.seek(other, FIRST, new Position.AtTimestamp(Instant.EPOCH)));
        await(empty.put(other, List.of(record("k", "new"))));
        assertThat(texts(await(empty.read(nothing, 10, PAGE)).records())).containsExactly("new");
    }

    @Test
    void aSplitParentEndsWithItsChildren() throws Exception {
        fixture.create(1);
        SequenceNumber before = fixture.put("k", "parent").sequenceNumber();
        Shard parent = fixture.openShards().get(0);
        await(fixture.streams().split(ORDERS, FIRST, parent.hashKeyRange().middle()));
        assertThat(fixture.streams().get(ORDERS).status()).isEqualTo(StreamState.Status.ACTIVE);
        List<Shard> children = fixture.openShards();
        assertThat(children).extracting(Shard::id).containsExactly(ShardId.of(1), ShardId.of(2));
        assertThat(children).allSatisfy(child -> assertThat(child.parents()).containsExactly(FIRST));
        Streams.PutAnswer after = fixture.put("k", "child");
        Shard closed = fixture.streams().get(ORDERS).shards().get(0);
        SequenceNumber ending = closed.sequenceNumbers().ending().orElseThrow();
        assertThat(before).isLessThan(ending);
        assertThat(ending).isLessThan(after.sequenceNumber());
        assertThat(ending.parts().index()).isEqualTo(Long.MAX_VALUE);
        ReadPage last = await(fixture.streams().read(fixture.seek(FIRST, Position.trimHorizon()), 10, PAGE));
        assertThat(texts(last.records())).containsExactly("parent");
        assertThat(last.next()).isEmpty();
        assertThat(last.childShards()).extracting(ChildShard::id).containsExactly(ShardId.of(1), ShardId.of(2));
    }

    @Test
    void aMergedPairHasOneChild() throws Exception {
        fixture.create(2);
        await(fixture.streams().merge(ORDERS, FIRST, ShardId.of(1)));
        assertThat(fixture.openShards()).hasSize(1);
        assertThat(fixture.openShards().get(0).parents()).containsExactly(FIRST, ShardId.of(1));
        assertThat(fixture.put("k", "x").shard()).isEqualTo(ShardId.of(2));
    }

    @Test
    void aRestartKeepsEverything() throws Exception {
        fixture.create(1);
        SequenceNumber before = fixture.put("k", "a").sequenceNumber();
        await(fixture.streams()
                .split(ORDERS, FIRST, fixture.openShards().get(0).hashKeyRange().middle()));
        fixture.put("k", "b");
        StreamState state = fixture.streams().get(ORDERS);
        ShardCursor cursor = fixture.seek(FIRST, new Position.AtSequenceNumber(before));
        fixture.restart();
        assertThat(fixture.streams().get(ORDERS)).isEqualTo(state);
        assertThat(texts(await(fixture.streams().read(cursor, 10, PAGE)).records()))
                .containsExactly("a");
        Streams.PutAnswer after = fixture.put("k", "c");
        assertThat(fixture.texts(after.shard())).containsExactly("b", "c");
    }

    @Test
    void aStreamBeingMadeIsSeenButNotUsable() throws Exception {
        fixture.close();
        fixture = new StreamsFixture(
                StreamsSettings.in(directory, new SystemPlatform()).withTransitionTime(Duration.ofHours(1)));
        fixture.create(2);
        assertThat(fixture.streams().names()).containsExactly(ORDERS);
        assertThat(fixture.streams().get(ORDERS).status()).isEqualTo(StreamState.Status.CREATING);
        assertThat(fixture.streams().get(ORDERS).shards()).isEmpty();
        refused(
                Kind.RESOURCE_NOT_FOUND,
                "Stream orders under account 000000000000 not found.",
                () -> fixture.put("k", "x"));
        refused(
                Kind.RESOURCE_IN_USE,
                "Stream orders under account 000000000000 not ACTIVE, instead in state CREATING",
                () -> await(fixture.streams().merge(ORDERS, FIRST, ShardId.of(1))));
        refused(
                Kind.RESOURCE_NOT_FOUND,
                "Shard shardId-000000000000 in stream orders under account 000000000000 does not exist",
                () -> fixture.seek(FIRST, Position.latest()));
        fixture.close();
        fixture = new StreamsFixture(
                StreamsSettings.in(directory, new SystemPlatform()).withTransitionTime(Duration.ZERO));
        assertThat(fixture.put("k", "x").shard()).isNotNull();
    }

    @Test
    void aStreamMadeAgainIsAnother() throws Exception {
        fixture.create(1);
        fixture.put("k", "old");
        ShardCursor old = fixture.seek(FIRST, Position.trimHorizon());
        await(fixture.streams().delete(ORDERS));
        assertThat(fixture.streams().names()).isEmpty();
        refused(
                Kind.RESOURCE_NOT_FOUND,
                "Shard shardId-000000000000 in stream orders under account 000000000000 does not exist",
                () -> await(fixture.streams().read(old, 10, PAGE)));
        fixture.create(1);
        refused(
                Kind.RESOURCE_NOT_FOUND,
                "Shard shardId-000000000000 in stream orders under account 000000000000 does not exist",
                () -> await(fixture.streams().read(old, 10, PAGE)));
        assertThat(fixture.texts(FIRST)).isEmpty();
    }

    @Test
    void refusalsHaveTheServicesTexts() throws Exception {
        fixture.create(2);
        refused(
                Kind.RESOURCE_IN_USE,
                "Stream orders under account 000000000000 already exists.",
                () -> fixture.create(1));
        Streams streams = fixture.streams();
        refused(
                Kind.RESOURCE_NOT_FOUND,
                "Could not find shard shardId-000000000009 in stream orders under account 000000000000.",
                () -> await(streams.merge(ORDERS, ShardId.of(0), ShardId.of(9))));
        refused(
                Kind.RESOURCE_NOT_FOUND,
                "Could not find shard nothing in stream orders under account 000000000000.",
                () -> await(streams.merge(ORDERS, new ShardId("nothing"), ShardId.of(1))));
        refused(
                Kind.INVALID_ARGUMENT,
                "Shards shardId-000000000001 and shardId-000000000000 in stream orders under account 000000000000"
                        + " are not an adjacent pair of shards eligible for merging",
                () -> await(streams.merge(ORDERS, ShardId.of(1), new ShardId("shardId-0"))));
        Instant future = Instant.ofEpochMilli(Long.MAX_VALUE / 2);
        assertThatThrownBy(() -> fixture.seek(FIRST, new Position.AtTimestamp(future)))
                .hasMessageStartingWith("The timestampInMillis parameter cannot be greater");
        SequenceNumber other = fixture.openShards().get(1).sequenceNumbers().starting();
        refused(
                Kind.INVALID_ARGUMENT,
                "Invalid StartingSequenceNumber. It encodes shardId-000000000001, while it was used in a call to a shard"
                        + " with shardId-000000000000",
                () -> fixture.seek(FIRST, new Position.AtSequenceNumber(other)));
        SequenceNumber foreign = SequenceNumber.of(12, 0, 1, 12);
        refused(
                Kind.INVALID_ARGUMENT,
                "StartingSequenceNumber " + foreign
                        + " used in GetShardIterator on shard shardId-000000000000 in stream"
                        + " orders under account 000000000000 is invalid because it did not come from this stream.",
                () -> fixture.seek(FIRST, new Position.AfterSequenceNumber(foreign)));
    }

    @Test
    void aDirectoryHasOneServer() {
        assertThatThrownBy(() -> new StreamsFixture(directory)).isInstanceOf(LogInUseException.class);
    }

    @Test
    void streamsWithoutTheirCatalogAreDamage() throws Exception {
        fixture.create(1);
        fixture.close();
        Path catalog = directory.resolve("catalog.log");
        Path away = directory.resolve("catalog.away");
        Files.move(catalog, away);
        assertThatThrownBy(() -> new StreamsFixture(directory))
                .isInstanceOf(CorruptLogException.class)
                .hasMessageContaining("missing");
        Files.move(away, catalog);
        fixture = new StreamsFixture(directory);
        assertThat(fixture.streams().names()).containsExactly(ORDERS);
    }

    private static void refused(Kind kind, String text, ThrowingCallable call) {
        assertThatThrownBy(call).satisfies(error -> {
            Throwable cause =
                    error instanceof ExecutionException && error.getCause() != null ? error.getCause() : error;
            assertThat(cause)
                    .hasMessage(text)
                    .isInstanceOfSatisfying(
                            StreamException.class,
                            refusal -> assertThat(refusal.kind()).isEqualTo(kind));
        });
    }
}
