package io.millrace.systemtests.clients;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.model.StreamArn;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;

/**
 * Processors of other languages under {@code millrace daemon}, in whole processes: Amazon's client libraries for Python and Node.js
 * as they are, and scripts that speak the line protocol by themselves. Two shards, a split, 2,000 records, and a child that is
 * killed on the way: every record is there, in order per key.
 */
@Timeout(180)
class MultilangTest {
    private static final int RECORDS = 2_000;
    private static final int KEYS = 40;

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit fills it before each test
    private Path folder;

    @SuppressWarnings("NullAway.Init") // before each test
    private ClientProcess clients;

    @SuppressWarnings("NullAway.Init") // before each test
    private LocalServices services;

    private int put;

    @BeforeEach
    void startServices() throws Exception {
        clients = new ClientProcess(folder);
        Files.createDirectory(folder.resolve("notes"));
        services = LocalServices.start(folder);
        StreamArn unused = services.create("orders", 2);
    }

    @AfterEach
    void stopServices() {
        services.close();
    }

    @Tag("slow")
    @Test
    void scriptInPythonProcessesEverything() throws Exception {
        clients.assumePresent("Python", List.of("python3", "--version"));
        process("python3 " + clients.resource("multilang_lines.py"), Map.of(), "maxRecords = 50");
    }

    @Tag("slow")
    @Test
    void scriptForNodeProcessesEverything() throws Exception {
        clients.assumePresent("Node.js", List.of("node", "--version"));
        process("node " + clients.resource("multilang_lines.mjs"), Map.of(), "retrievalMode = FANOUT\nmaxRecords = 50");
    }

    @Test
    void amazonsLibraryForNodeProcessesEverything() throws Exception {
        AmazonsLibraries.installForNode(clients, folder);
        process("node " + clients.resource("multilang_aws_kcl.js"), Map.of(), "maxRecords = 50");
    }

    @Test
    void amazonsLibraryForPythonProcessesEverything() throws Exception {
        Map<String, String> where = AmazonsLibraries.environmentOfPython(clients, folder);
        process("python3 " + clients.resource("multilang_kclpy.py"), where, "maxRecords = 50");
    }

    @Test
    void ourPackageForPythonProcessesEverythingAndFailuresKeepItsChildren() throws Exception {
        clients.assumePresent("Python", List.of("python3", "--version"));
        Path handler = clients.resource("multilang_own.py");
        String path = PackagesTest.PYTHON.resolve("src") + ":" + handler.getParent();
        process(
                "python3 -m millrace child multilang_own:Notes",
                Map.of("PYTHONPATH", path, "PYTHONDONTWRITEBYTECODE", "1"),
                "maxRecords = 50");
    }

    /** One process serves both shards: when it is killed, each begins again at its own checkpoint. */
    @Test
    void processOfTwoShardsThatIsKilledBeginsAgainAtTheCheckpointOfEach() throws Exception {
        clients.assumePresent("Python", List.of("python3", "--version"));
        Path handler = clients.resource("multilang_own.py");
        String path = PackagesTest.PYTHON.resolve("src") + ":" + handler.getParent();
        Path properties =
                settings("python3 -m millrace child multilang_own:Notes", "maxRecords = 50\nshardsPerProcess = 10");
        putUpTo(RECORDS / 2);
        try (DaemonRun daemon =
                DaemonRun.start(folder, Map.of("PYTHONPATH", path, "PYTHONDONTWRITEBYTECODE", "1"), properties)) {
            daemon.await(() -> noted().size() == RECORDS / 2 && daemon.living().size() == 2);
            long killed = daemon.living().get(0);
            assertThat(daemon.living()).as("one process").containsOnly(killed);
            ProcessHandle.of(killed).orElseThrow().destroyForcibly();
            putUpTo(RECORDS);
            daemon.await(() -> noted().size() == RECORDS && daemon.living().size() == 2);

            for (int shard = 0; shard < 2; shard++) {
                assertThat(daemon.tells(
                                "child-ended",
                                "\"shard\":\"shardId-00000000000" + shard + "\",\"pid\":" + killed
                                        + ",\"failed\":true"))
                        .isTrue();
            }
            try (Stream<Path> files = Files.list(folder.resolve("notes"))) {
                // The handler has waited for a checkpoint within the first batch of each.
                assertThat(files.map(file -> String.valueOf(file.getFileName())))
                        .as("shard, process and place")
                        .filteredOn(name -> !name.contains("-" + killed + "-"))
                        .hasSizeGreaterThanOrEqualTo(2)
                        .noneMatch(name -> name.endsWith("TRIM_HORIZON"));
            }
            assertThat(orders().values())
                    .allSatisfy(numbers -> assertThat(numbers).isSorted());
            daemon.terminate();
            assertThat(daemon.exitCode()).as("%s", daemon).isZero();
            assertThat(daemon.living()).isEmpty();
            assertThat(daemon.hasPrintedEvents()).isTrue();
        }
    }

    @Test
    void ourPackageForNodeProcessesEverythingAndFailuresKeepItsChildren() throws Exception {
        clients.assumePresent("Node.js", List.of("node", "--version"));
        Path handler = clients.resource("multilang_own.mjs");
        String command = PackagesTest.NODE.resolve("bin").resolve("millrace-node.cjs") + " child " + handler + "#Notes";
        process("node " + command, Map.of(), "maxRecords = 50");
    }

    /** Each ends its child with exit code 0, which is no success: two tries, and the record alone becomes a letter. */
    @Test
    void recordThatEndsEveryChildBecomesALetterAndNothingElseIsLost() throws Exception {
        clients.assumePresent("Python", List.of("python3", "--version"));
        String poison = Base64.getEncoder().encodeToString("77".getBytes(StandardCharsets.UTF_8));
        services.kinesis()
                .createStream(request -> request.streamName("letters").shardCount(1))
                .join();
        Path properties = settings(
                "python3 " + clients.resource("multilang_lines.py"),
                "maxRecords = 50\nfailureAction = LETTER\nfailureTries = 2\nfailureIsolate = true\nfailureDestination = stream:letters");
        putUpTo(200);
        try (DaemonRun daemon = DaemonRun.start(folder, Map.of("POISON", poison), properties)) {
            daemon.await(() -> noted().size() == 199);
            assertThat(noted()).doesNotContain(77);
            daemon.await(() -> daemon.tells("letter", "\"records\":1"));
            assertThat(letters())
                    .singleElement()
                    .asString()
                    .contains(poison, "exited with code 0 with processRecords in hand");
            assertThat(orders().values())
                    .allSatisfy(numbers -> assertThat(numbers).isSorted());
        }
    }

    @Test
    void shardsGoFromDaemonToDaemonAndNothingIsProcessedTwice() throws Exception {
        clients.assumePresent("Python", List.of("python3", "--version"));
        Path properties = settings("python3 " + clients.resource("multilang_lines.py"), "maxRecords = 50");
        putUpTo(200);
        try (DaemonRun first = DaemonRun.start(folder, Map.of(), properties)) {
            first.await(() -> noted().size() == 200);
            try (DaemonRun second = DaemonRun.start(folder, Map.of(), properties)) {
                second.await(() -> second.tells("child-started", "pid") && first.tells("lease-lost", "released"));
                putUpTo(400);
                second.await(() -> noted().size() == 400);
                first.terminate();
                assertThat(first.exitCode()).as("%s", first).isZero();
                putUpTo(600);
                second.await(() -> noted().size() == 600);
                assertThat(notes()).hasSize(600);
                assertThat(orders().values())
                        .allSatisfy(numbers -> assertThat(numbers).isSorted());

                List<Long> children = second.living();
                assertThat(children).hasSize(2);
                second.kill();
                assertThat(second.exitCode()).isEqualTo(137);
                for (long child : children) {
                    ProcessHandle.of(child)
                            .ifPresent(handle -> handle.onExit()
                                    .orTimeout(10, TimeUnit.SECONDS)
                                    .join());
                }
            }
        }
    }

    private Path settings(String command, String more) throws IOException {
        return Files.writeString(
                folder.resolve("daemon.properties"),
                "executableName = " + command
                        + "\napplicationName = app\nstreamName = orders\nfailoverTimeMillis = 5000\n"
                        + "AwsCredentialsProvider = DefaultCredentialsProvider\n" + services.settings() + more + "\n");
    }

    private void process(String command, Map<String, String> environment, String more) throws Exception {
        Path properties = settings(command, more);
        putUpTo(RECORDS / 2);
        try (DaemonRun daemon = DaemonRun.start(folder, environment, properties)) {
            daemon.await(() -> noted().size() >= RECORDS / 10);
            String parent = services.split("orders");
            // The parent's may be about to end by itself.
            long killed = daemon.livingElsewhere(parent);
            ProcessHandle.of(killed).orElseThrow().destroyForcibly();
            putUpTo(RECORDS);
            daemon.await(() -> noted().size() == RECORDS && daemon.tells("shard-ended", parent));

            assertThat(daemon.tells("child-ended", "\"pid\":" + killed + ",\"failed\":true"))
                    .isTrue();
            assertThat(orders().values())
                    .allSatisfy(numbers -> assertThat(numbers).isSorted());
            daemon.terminate();
            assertThat(daemon.exitCode()).as("%s", daemon).isZero();
            assertThat(daemon.living())
                    .as("children of a daemon that has ended")
                    .isEmpty();
            assertThat(daemon.errors()).doesNotContain("customer-");
        }
    }

    private void putUpTo(int end) {
        while (put < end) {
            List<PutRecordsRequestEntry> entries = new ArrayList<>();
            for (; entries.size() < 100; put++) {
                entries.add(LocalServices.entry("customer-\u00e4\u20ac-" + put % KEYS, Integer.toString(put)));
            }
            services.putEntries("orders", entries);
        }
    }

    /** Those that lie in the stream of letters. */
    private List<String> letters() {
        String iterator = services.kinesis()
                .getShardIterator(request -> request.streamName("letters")
                        .shardId("shardId-000000000000")
                        .shardIteratorType(ShardIteratorType.TRIM_HORIZON))
                .join()
                .shardIterator();
        return services.kinesis().getRecords(request -> request.shardIterator(iterator)).join().records().stream()
                .map(record -> record.data().asUtf8String())
                .toList();
    }

    /** The numbers of the records that were noted. */
    private Set<Integer> noted() {
        Set<Integer> numbers = new HashSet<>();
        notes().forEach(note -> numbers.add(note.number));
        return numbers;
    }

    /** The numbers of each key's records, in the order in which they were noted for the first time. */
    private Map<String, List<Integer>> orders() {
        Map<String, List<Integer>> orders = new TreeMap<>();
        Set<Integer> seen = new HashSet<>();
        notes().stream().sorted().forEach(note -> {
            assertThat(note.key).isEqualTo("customer-\u00e4\u20ac-" + note.number % KEYS);
            if (seen.add(note.number)) {
                orders.computeIfAbsent(note.key, key -> new ArrayList<>()).add(note.number);
            }
        });
        return orders;
    }

    private List<Note> notes() {
        List<Note> notes = new ArrayList<>();
        try (Stream<Path> files = Files.list(folder.resolve("notes"))) {
            for (Path file : files.toList()) {
                String text = Files.readString(file);
                // A child that was killed may have torn its last line.
                text.substring(0, text.lastIndexOf('\n') + 1)
                        .lines()
                        .forEach(line -> notes.add(Note.of(line, notes.size())));
            }
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
        return notes;
    }

    /**
     * A record that a child noted.
     *
     * @param time when, in ns
     * @param place among those that were read
     */
    private record Note(long time, int place, int number, String key) implements Comparable<Note> {
        static Note of(String line, int place) {
            String[] parts = line.split("\t", -1);
            String number = new String(Base64.getDecoder().decode(parts[1]), StandardCharsets.UTF_8);
            return new Note(Long.parseLong(parts[0]), place, Integer.parseInt(number), parts[2]);
        }

        @Override
        public int compareTo(Note other) {
            int byTime = Long.compare(time, other.time);
            return byTime != 0 ? byTime : Integer.compare(place, other.place);
        }
    }
}
