package io.millrace.systemtests.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.streamcore.StreamServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Commands beside a service that refuses calls or loses answers: their work is done and they say so. */
@Timeout(120)
class RefusedCallsTest {
    private static final String DESCRIBES =
            "DescribeStreamSummary:throttle=0.33,DescribeStream:throttle=0.33,ListShards:throttle=0.33,ListStreams:throttle=0.33";

    @TempDir
    private Path folder;

    /** The standard error of the commands. */
    private final StringBuilder notes = new StringBuilder();

    @Test
    void everyCommandEndsWellThoughAThirdOfAllDescribesIsRefused() throws IOException {
        try (StreamServer server = start(DESCRIBES + ",seed=3")) {
            Path lines = Files.write(folder.resolve("lines"), List.of("one", "two", "three"));

            assertThat(expect(server, 0, "stream", "create", "s", "--shards", "2"))
                    .startsWith("created s: ACTIVE, 2 open");
            assertThat(expect(server, 0, "stream", "split", "s", "0")).startsWith("split s: ACTIVE, 3 open");
            assertThat(expect(server, 0, "stream", "merge", "s", "2", "3")).startsWith("merged s: ACTIVE, 2 open");
            assertThat(expect(server, 0, "stream", "scale", "s", "--shards", "5"))
                    .startsWith("scaled s: ACTIVE, 5 open");
            assertThat(expect(server, 0, "stream", "list")).isEqualTo("s\n");
            assertThat(expect(server, 0, "stream", "describe", "s")).startsWith("s: ACTIVE, 5 open");
            assertThat(expect(server, 0, "put", "s", "--file", lines.toString()))
                    .startsWith("put 3 records");
            assertThat(expect(server, 0, "stream", "delete", "s")).isEqualTo("deleted s\n");
            assertThat(expect(server, 0, "stream", "list")).isEmpty();
        }
        assertThat(notes.toString())
                .contains("millrace: Kinesis takes no more calls for now, waiting and trying again: Rate exceeded")
                .contains("(LimitExceededException)");
    }

    @Test
    void waitingIsToldOnceACommand() throws IOException {
        try (StreamServer server = start("ListStreams:throttle=0.7,seed=1")) {
            expect(server, 0, "stream", "list");
        }
        assertThat(notes.toString().lines().filter(line -> line.contains("waiting")))
                .hasSize(1);
    }

    @Test
    void changesWhoseAnswersAreLostAreNotToldAsFailed() throws IOException {
        String lost =
                "CreateStream:internal=0.6,SplitShard:internal=0.6,MergeShards:internal=0.6,DeleteStream:internal=0.6";
        for (int seed = 0; seed < 3; seed++) {
            Path data = folder.resolve("seed-" + seed);
            try (StreamServer server = start(data, lost + ",DescribeStreamSummary:throttle=0.3,seed=" + seed)) {
                assertThat(expect(server, 0, "stream", "create", "s", "--shards", "1"))
                        .startsWith("created s: ACTIVE, 1 open");
                assertThat(expect(server, 0, "stream", "split", "s", "0")).startsWith("split s: ACTIVE, 2 open of 3");
                assertThat(expect(server, 0, "stream", "merge", "s", "1", "2"))
                        .startsWith("merged s: ACTIVE, 1 open of 4");
                expect(server, 0, "stream", "delete", "s");
            }
        }
    }

    @Test
    void streamThatIsThereAlreadyIsNotCreated() throws IOException {
        try (StreamServer server = start("CreateStream:throttle=0.5,DescribeStreamSummary:throttle=0.5,seed=2")) {
            expect(server, 0, "stream", "create", "s", "--shards", "1");
            expect(server, 1, "stream", "create", "s", "--shards", "1");
            assertThat(notes.toString()).contains("already exists");
        }
    }

    @Test
    void failureWithoutAMessageIsToldInWords() throws IOException {
        try (StreamServer server = start("ListStreams:internal=1")) {
            expect(server, 1, "stream", "list");
        }
        assertThat(notes.toString()).contains("InternalFailure").doesNotContain("null");
    }

    private StreamServer start(String faults) {
        return start(folder.resolve("data"), faults);
    }

    private static StreamServer start(Path data, String faults) {
        return StreamServer.builder()
                .port(0)
                .dataDirectory(data)
                .transitionTime(Duration.ofMillis(50))
                .faults(faults)
                .start();
    }

    /** The command's output. */
    private String expect(StreamServer server, int exitCode, String... arguments) {
        CommandResult result = CommandResult.of(
                Map.of("AWS_ENDPOINT_URL_KINESIS", server.endpoint().toString()), "", arguments);
        notes.append(result.err());
        assertThat(result.exitCode()).as("%s: %s", List.of(arguments), notes).isEqualTo(exitCode);
        return result.out();
    }
}
