package io.millrace.streamcore.stream;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.model.Bytes;
import io.millrace.model.HashKey;
import io.millrace.model.ShardId;
import io.millrace.runtime.SystemPlatform;
import io.millrace.sim.ShiftedPlatform;
import io.millrace.streamcore.stream.StreamState.Status;
import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a server of the version before wrote is still read. */
class FormerVersionTest {
    /** When the data folder in the test resources was written. */
    private static final Instant WRITTEN = Instant.ofEpochMilli(1_795_238_373_292L);

    private static final String SPLITTING =
            "0100066f72646572730000018bcfe5687b03000000180000000200000002000000000000000000000000000000"
                    + "0000000000007fffffffffffffffffffffffffffffff000000006553f100ffffffffffffffff00000001008000"
                    + "0000000000000000000000000000ffffffffffffffffffffffffffffffff000000006553f100ffffffffffffff"
                    + "ff0101000000000200000000000000000000000000000000000000000000000000000000000000090000000000"
                    + "000000000000000000000a7fffffffffffffffffffffffffffffff";
    private static final String SPLIT =
            "0100066f72646572730000018bcfe5687b02000000180000000400000004000000000000000000000000000000"
                    + "0000000000007fffffffffffffffffffffffffffffff000000006553f100000000006553f16400000001008000"
                    + "0000000000000000000000000000ffffffffffffffffffffffffffffffff000000006553f100ffffffffffffff"
                    + "ff0000000201000000000000000000000000000000000000000000000000000000000000000000000009000000"
                    + "006553f164ffffffffffffffff0000000301000000000000000000000000000000000000000a7fffffffffffff"
                    + "ffffffffffffffffff000000006553f164ffffffffffffffff00";

    @Test
    void anEntryOfTheFirstVersionIsReadWithDefaultsForWhatItDoesNotSay() {
        StreamEntry split = decode(SPLIT);
        assertThat(split.name().value()).isEqualTo("orders");
        assertThat(split.createdMillis()).isEqualTo(1_700_000_000_123L);
        assertThat(split.status()).isEqualTo(Status.ACTIVE);
        assertThat(split.options()).isEqualTo(StreamOptions.DEFAULTS);
        assertThat(split.shards()).extracting(ShardEntry::index).containsExactly(0, 1, 2, 3);
        assertThat(split.shards()).extracting(ShardEntry::isOpen).containsExactly(false, true, true, true);
        assertThat(split.shards().get(2).parents()).containsExactly(0);
        assertThat(split.resharding()).isEmpty();
        assertThat(split.scaling().isUnderWay()).isFalse();
        assertThat(StreamEntryCodec.decode(StreamEntryCodec.encode(split))).isEqualTo(split);
    }

    /** The numbers were noted from the version that wrote the entry. */
    @Test
    void itsShardsKeepTheirSequenceNumbers() {
        StreamEntry split = decode(SPLIT);
        assertThat(split.shards().get(0).toShard().sequenceNumbers())
                .hasToString("SequenceNumberRange[starting=49646437577108476416916876405825929425585429676275269634,"
                        + " endingOrNull=49646437577119626789516141717395488358902146099801227266]");
        assertThat(split.shards().get(2).toShard().sequenceNumbers().starting())
                .hasToString("49646437612834270224962934678566150098368111680803569698");
    }

    @Test
    void aSplitThatItHadDecidedIsFinished() {
        StreamEntry splitting = decode(SPLITTING);
        assertThat(splitting.status()).isEqualTo(Status.UPDATING);
        StreamEntry done = splitting.resharded(1_700_000_100_000L).activated();
        assertThat(done.tiles()).hasSize(3);
        assertThat(done.shards().get(3).range().start()).isEqualTo(HashKey.parse("10"));
        assertThat(done.shards().get(3).createdSeconds()).isEqualTo(1_700_000_100L);
    }

    @Test
    void itsDataFolderOpensWithAllRecords(@TempDir Path folder) throws Exception {
        copy("/data-folder-v1", folder);
        // Its records are gone by any later clock: their retention is a day.
        ShiftedPlatform soonAfter = ShiftedPlatform.at(WRITTEN.plus(Duration.ofMinutes(1)), new SystemPlatform());
        try (StreamsFixture fixture = new StreamsFixture(folder, soonAfter)) {
            StreamState state = fixture.streams().get(StreamsFixture.ORDERS);
            assertThat(state.status()).isEqualTo(Status.ACTIVE);
            assertThat(state.openShards()).isEqualTo(3);
            assertThat(fixture.texts(ShardId.of(0))).containsExactly("before-1");
            assertThat(fixture.texts(ShardId.of(1))).containsExactly("before-0", "before-2");
            assertThat(fixture.texts(ShardId.of(2))).containsExactly("after-4");
            assertThat(fixture.texts(ShardId.of(3))).containsExactly("after-3");
            StreamsFixture.await(
                    fixture.streams().change(StreamsFixture.ORDERS, StreamChange.moreTags(Map.of("a", "b"))));
            fixture.restart();
            assertThat(fixture.streams().get(StreamsFixture.ORDERS).options().tags())
                    .containsEntry("a", "b");
            assertThat(fixture.texts(ShardId.of(3))).containsExactly("after-3");
        }
    }

    private static StreamEntry decode(String hex) {
        return StreamEntryCodec.decode(Bytes.wrap(HexFormat.of().parseHex(hex)));
    }

    private static void copy(String resource, Path target) throws IOException, URISyntaxException {
        URL url = Objects.requireNonNull(FormerVersionTest.class.getResource(resource), resource);
        Path source = Path.of(url.toURI());
        try (Stream<Path> files = Files.walk(source)) {
            for (Path file : files.toList()) {
                Path copy = target.resolve(source.relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(copy);
                } else {
                    Files.copy(file, copy);
                }
            }
        }
        assertThat(List.of(target.resolve("catalog.log"))).allMatch(Files::exists);
    }
}
