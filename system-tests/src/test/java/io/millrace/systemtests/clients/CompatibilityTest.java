package io.millrace.systemtests.clients;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.streamcore.StreamServer;
import io.millrace.systemtests.clients.OddRecords.Odd;
import io.millrace.systemtests.clients.OddRecords.Part;
import io.millrace.systemtests.process.Tables;
import io.millrace.systemtests.process.Waiting;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;
import software.amazon.awssdk.services.kinesis.model.PutRecordsResultEntry;
import software.amazon.awssdk.services.kinesis.model.StreamStatus;

/**
 * Amazon's client libraries, as they are and by every interface they have, under {@code millrace daemon}: 10,000 odd records, through a
 * split, a handoff to a second daemon and the end of the first. Every record arrives byte for byte, once, in order per key, and
 * checkpoints that are late, refused or out of range are answered as Amazon's daemon answers them.
 */
@Tag("slow")
@Timeout(300)
class CompatibilityTest {
    private static final int RECORDS = 10_000;
    private static final Pattern FIELD = Pattern.compile("\"(\\w+)\": ?\"?([^\",}]*)\"?");

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit fills it before each test
    private Path folder;

    @SuppressWarnings("NullAway.Init") // before each test
    private ClientProcess clients;

    @SuppressWarnings("NullAway.Init") // before each test
    private StreamServer server;

    @SuppressWarnings("NullAway.Init") // before each test
    private Tables tables;

    @SuppressWarnings("NullAway.Init") // before each test
    private KinesisAsyncClient kinesis;

    /** Of the records that processors get, by sequence and sub-sequence number. */
    private final Map<Place, Part> expected = new HashMap<>();

    private record Place(BigInteger sequence, int sub) {}

    /** A record that a child noted, at a time in ns. */
    private record Note(long time, int line, Place place, Part part) {}

    @BeforeEach
    void startServices() throws Exception {
        clients = new ClientProcess(folder);
        Files.createDirectory(folder.resolve("notes"));
        server = StreamServer.builder()
                .port(0)
                .dataDirectory(folder.resolve("data"))
                .transitionTime(Duration.ZERO)
                .start();
        tables = Tables.open();
        kinesis = KinesisAsyncClient.builder()
                .endpointOverride(server.endpoint())
                .region(Region.US_EAST_1)
                .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create("local", "local")))
                .build();
        kinesis.createStream(request -> request.streamName("orders").shardCount(2))
                .join();
        awaitActive();
        String arn = kinesis.describeStreamSummary(request -> request.streamName("orders"))
                .join()
                .streamDescriptionSummary()
                .streamARN();
        kinesis.updateMaxRecordSize(request -> request.streamARN(arn).maxRecordSizeInKiB(10 << 10))
                .join();
        awaitActive();
    }

    @AfterEach
    void stopServices() {
        kinesis.close();
        tables.close();
        server.close();
    }

    @ParameterizedTest
    @CsvSource({"1, POLLING", "2, FANOUT", "3, POLLING", "3, FANOUT"})
    void everyInterfaceOfTheLibraryForPythonGetsEverything(String version, String retrieval) throws Exception {
        Map<String, String> environment = new HashMap<>(AmazonsLibraries.environmentOfPython(clients, folder));
        environment.put("VERSION", version);
        environment.put("PYTHONDONTWRITEBYTECODE", "1");
        process("python3 " + clients.resource("compatibility_kclpy.py"), environment, retrieval);
    }

    @ParameterizedTest
    @CsvSource({"1, FANOUT", "2, POLLING", "2, FANOUT"})
    void everyInterfaceOfTheLibraryForNodeGetsEverything(String version, String retrieval) throws Exception {
        AmazonsLibraries.installForNode(clients, folder);
        process("node " + clients.resource("compatibility_aws_kcl.js"), Map.of("VERSION", version), retrieval);
    }

    private void process(String command, Map<String, String> environment, String retrieval) throws Exception {
        Path properties = settings(command, retrieval);
        List<Odd> records = OddRecords.make(13, RECORDS);
        int half = records.size() / 2;
        long begun = System.nanoTime();
        put(records.subList(0, half));
        try (DaemonRun first = DaemonRun.start(folder, environment, properties)) {
            first.await(() -> noted() >= RECORDS / 10);
            String parent = split();
            put(records.subList(half, half + half / 2));
            first.await(
                    () -> first.tells("shard-ended", parent) && first.living().size() == 3);
            try (DaemonRun second = DaemonRun.start(folder, environment, properties)) {
                second.await(() -> second.tells("child-started", "pid") && first.tells("lease-lost", "released"));
                put(records.subList(half + half / 2, records.size()));
                second.await(() -> noted() >= RECORDS * 9 / 10);
                first.terminate();
                assertThat(first.exitCode()).as("%s", first).isZero();
                second.await(() -> noted() >= RECORDS);
                assertThat(first.living()).as("children of the first").isEmpty();
                second.terminate();
                assertThat(second.exitCode()).as("%s", second).isZero();
                assertThat(second.living()).as("children of the second").isEmpty();
                assertThat(first.errors() + second.errors()).doesNotContain("\u65e5", "quote\"s");
            }
        }
        judge();
        System.out.println("compatibility: " + command.substring(0, command.indexOf(' ')) + " of interface "
                + environment.get("VERSION") + " by " + retrieval + ": " + RECORDS + " records in "
                + (System.nanoTime() - begun) / 1_000_000 + " ms; checkpoints: " + checks());
    }

    private void judge() {
        List<Note> notes = new ArrayList<>(notes());
        assertThat(notes).as("each once: all moves were planned").hasSize(RECORDS);
        assertThat(expected).hasSize(RECORDS);
        notes.forEach(note -> assertThat(note.part).as("%s", note.place).isEqualTo(expected.get(note.place)));
        notes.sort((one, other) ->
                one.time == other.time ? Integer.compare(one.line, other.line) : Long.compare(one.time, other.time));
        Map<String, List<BigInteger>> orders = new TreeMap<>();
        notes.forEach(note -> orders.computeIfAbsent(note.part.key(), key -> new ArrayList<>())
                .add(note.place.sequence));
        assertThat(orders).hasSize(OddRecords.KEYS.size() + 2);
        assertThat(orders.values()).allSatisfy(numbers -> assertThat(numbers).isSorted());
        assertThat(lines().filter(line -> line.contains("\"wrong\""))).isEmpty();
        assertThat(checks())
                .containsKeys("beyond", "below", "late", "place", "all", "after-loss", "shard-end", "shutdown");
    }

    private Path settings(String command, String retrieval) throws IOException {
        return Files.writeString(
                folder.resolve("daemon.properties"),
                "executableName = " + command
                        + "\napplicationName = app\nstreamName = orders\nfailoverTimeMillis = 5000\nmaxRecords = 200\n"
                        + "retrievalMode = " + retrieval
                        + "\nAwsCredentialsProvider = DefaultCredentialsProvider\nregionName = us-east-1\nkinesisEndpoint = "
                        + server.endpoint() + "\ndynamoDBEndpoint = " + tables.endpoint() + "\n");
    }

    private void put(List<Odd> records) {
        List<Odd> batch = new ArrayList<>();
        int bytes = 0;
        for (Odd record : records) {
            int size = record.data().asByteArrayUnsafe().length;
            if (batch.size() == 100 || bytes + size > 1 << 20) {
                putAtOnce(batch);
                batch.clear();
                bytes = 0;
            }
            batch.add(record);
            bytes += size;
        }
        putAtOnce(batch);
    }

    private void putAtOnce(List<Odd> records) {
        if (records.isEmpty()) {
            return;
        }
        List<PutRecordsRequestEntry> entries = records.stream()
                .map(record -> PutRecordsRequestEntry.builder()
                        .partitionKey(record.key())
                        .data(record.data())
                        .build())
                .toList();
        List<PutRecordsResultEntry> results = kinesis.putRecords(
                        request -> request.streamName("orders").records(entries))
                .join()
                .records();
        for (int i = 0; i < records.size(); i++) {
            assertThat(results.get(i).errorCode()).isNull();
            BigInteger number = new BigInteger(results.get(i).sequenceNumber());
            List<Part> parts = records.get(i).parts();
            for (int sub = 0; sub < parts.size(); sub++) {
                expected.put(new Place(number, sub), parts.get(sub));
            }
        }
    }

    /** The shard that is closed by it. */
    private String split() {
        var parent = kinesis.listShards(request -> request.streamName("orders"))
                .join()
                .shards()
                .get(0);
        String middle = new BigInteger(parent.hashKeyRange().endingHashKey())
                .shiftRight(1)
                .toString();
        kinesis.splitShard(request -> request.streamName("orders")
                        .shardToSplit(parent.shardId())
                        .newStartingHashKey(middle))
                .join();
        awaitActive();
        return parent.shardId();
    }

    private void awaitActive() {
        Waiting.until(() -> kinesis.describeStreamSummary(request -> request.streamName("orders"))
                        .join()
                        .streamDescriptionSummary()
                        .streamStatus()
                == StreamStatus.ACTIVE);
    }

    private long noted() {
        return lines().filter(line -> line.contains("\"digest\"")).count();
    }

    private List<Note> notes() {
        List<Note> notes = new ArrayList<>();
        lines().filter(line -> line.contains("\"digest\"")).forEach(line -> {
            Map<String, String> fields = fields(line);
            notes.add(new Note(
                    Long.parseLong(fields.get("time")),
                    notes.size(),
                    new Place(new BigInteger(fields.get("sequence")), Integer.parseInt(fields.get("sub"))),
                    new Part(
                            new String(HexFormat.of().parseHex(fields.get("key")), StandardCharsets.UTF_8),
                            Integer.parseInt(fields.get("length")),
                            fields.getOrDefault("digest", ""))));
        });
        return notes;
    }

    /** How often each kind of checkpoint was answered as it should be. */
    private Map<String, Integer> checks() {
        Map<String, Integer> checks = new TreeMap<>();
        lines().filter(line -> line.contains("\"check\""))
                .forEach(line -> checks.merge(fields(line).get("check"), 1, Integer::sum));
        return checks;
    }

    private Stream<String> lines() {
        try (Stream<Path> files = Files.list(folder.resolve("notes"))) {
            return files.sorted().toList().stream().flatMap(file -> {
                String text = read(file);
                return text.substring(0, text.lastIndexOf('\n') + 1).lines();
            });
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    private static Map<String, String> fields(String line) {
        Map<String, String> fields = new HashMap<>();
        Matcher matcher = FIELD.matcher(line);
        while (matcher.find()) {
            fields.put(matcher.group(1), matcher.group(2));
        }
        return fields;
    }
}
