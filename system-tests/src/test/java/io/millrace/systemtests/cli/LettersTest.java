package io.millrace.systemtests.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.consumer.letters.Letter;
import io.millrace.consumer.letters.LetterSink;
import io.millrace.consumer.letters.LetterSinks;
import io.millrace.model.Bytes;
import io.millrace.model.RecordPosition;
import io.millrace.model.SequenceNumber;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import io.millrace.model.StreamRecord;
import io.millrace.streamcore.StreamServer;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.GetRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.Record;
import software.amazon.awssdk.services.kinesis.model.Shard;

/** {@code millrace letters} and the sinks, on a server that refuses a part of all records and reads. */
@Timeout(120) // what is refused is waited for
class LettersTest {
    private static final Letter ODD =
            letter("orders-odd", 0, 0, "schlüssel\n\u001b[31m", Bytes.wrap(new byte[] {0, -1, 10, 27, 91, -61, 40}));

    @TempDir
    static Path folder;

    private static StreamServer server;
    private static KinesisAsyncClient kinesis;

    @BeforeAll
    static void startServer() {
        server = StreamServer.builder()
                .port(0)
                .dataDirectory(folder.resolve("data"))
                .transitionTime(Duration.ZERO)
                .faults("PutRecords:throttle=0.2,GetRecords:throttle=0.1,seed=11")
                .start();
        kinesis = KinesisAsyncClient.builder()
                .endpointOverride(server.endpoint())
                .region(Region.US_EAST_1)
                .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create("local", "local")))
                .build();
    }

    @AfterAll
    static void stopServer() {
        kinesis.close();
        server.close();
    }

    @Test
    void lettersInAStreamAreShownAndTheirRecordsPutBack() throws Exception {
        create("orders-a", 2);
        create("dead-a", 2);
        List<Letter> letters = letters("orders-a", 800);
        try (LetterSink sink = LetterSinks.stream(kinesis, "dead-a")) {
            // Shards of a worker write at once.
            List<CompletableFuture<Void>> shards = IntStream.range(0, 4)
                    .mapToObj(shard -> CompletableFuture.runAsync(() -> write(
                            sink,
                            letters.stream()
                                    .filter(letter -> letter.shard().equals(ShardId.of(shard)))
                                    .toList())))
                    .toList();
            shards.forEach(CompletableFuture::join);
        }

        List<Letter> shown = parse(expect(0, "letters", "show", "stream:dead-a", "--json"));
        assertThat(shown).containsExactlyInAnyOrderElementsOf(letters);
        assertThat(stored("dead-a"))
                .allSatisfy(record -> assertThat(record.partitionKey())
                        .isEqualTo(Letter.parse(record.data().asUtf8String())
                                .record()
                                .partitionKey()));

        CommandResult refused = expect(2, "letters", "replay", "stream:dead-a");
        assertThat(refused.err())
                .endsWith("millrace letters replay: 800 records would be put back: 800 into orders-a; add --yes to do"
                        + " it\n");
        assertThat(stored("orders-a")).isEmpty();

        CommandResult replayed = expect(0, "letters", "replay", "stream:dead-a", "--yes");
        assertThat(replayed.out()).isEqualTo("put back 800 records: 800 into orders-a\n");
        assertPutBack("orders-a", letters);
    }

    @Test
    void recordsOfAFilePutBackTwiceOnlyWhenAskedTo() throws Exception {
        create("orders-b", 2);
        create("other-b", 1);
        List<Letter> letters = letters("orders-b", 40);
        Path file = folder.resolve("b.jsonl");
        write(LetterSinks.file(file), letters);
        // A worker that died after it wrote and before it saved its checkpoint.
        write(LetterSinks.file(file), letters.subList(0, 2));
        String one = letters.get(3).id();

        assertThat(expect(0, "letters", "replay", file.toString(), "--only", one, "--yes")
                        .out())
                .isEqualTo("put back 1 record: 1 into orders-b\n");
        assertThat(expect(2, "letters", "replay", file.toString()).err())
                .contains(": 39 records would be put back: 39 into orders-b; left out 1 put back before");
        assertThat(expect(0, "letters", "replay", file.toString(), "--yes", "--json")
                        .out())
                .isEqualTo("{\"source\":\"" + file + "\",\"replayed\":39,\"streams\":{\"orders-b\":39},"
                        + "\"replayedBefore\":1,\"repeated\":2,\"unreadable\":0}\n");
        assertThat(expect(0, "letters", "replay", file.toString(), "--yes").out())
                .isEqualTo("put back 0 records; left out 40 put back before (--again puts them back too) and 2 that are"
                        + " kept twice\n");
        assertPutBack("orders-b", letters);

        expect(
                0,
                "letters",
                "replay",
                file.toString(),
                "--yes",
                "--again",
                "--to",
                "other-b",
                "--only",
                one + "," + letters.get(4).id());
        assertPutBack("other-b", letters.subList(3, 5));
        assertThat(Files.readAllLines(folder.resolve("b.jsonl.replayed")))
                .hasSize(42)
                .first()
                .asString()
                .startsWith("{\"application\":\"dashboard\",\"stream\":\"orders-b\",\"id\":\"" + one
                        + "\",\"to\":\"orders-b\",\"at\":\"");
    }

    @Test
    void whatIsNotPutBackIsToldAndIsPutBackByTheNextReplay() throws Exception {
        create("orders-c", 1);
        Path file = folder.resolve("c.jsonl");
        Letter first = letter("orders-c", 0, 1, "k", Bytes.utf8("one"));
        Letter lost = letter("gone-c", 0, 2, "k", Bytes.utf8("two"));
        write(LetterSinks.file(file), List.of(first, lost));

        CommandResult failed = expect(1, "letters", "replay", file.toString(), "--yes");
        assertThat(failed.out()).isEqualTo("put back 1 record: 1 into orders-c\n");
        assertThat(failed.err())
                .contains("put back 1 record, that of " + lost.id() + " is not", "what follows was not tried")
                .contains("gone-c", "not found");

        create("gone-c", 1);
        expect(0, "letters", "replay", file.toString(), "--yes");
        assertPutBack("orders-c", List.of(first));
        assertPutBack("gone-c", List.of(lost));
    }

    @Test
    void linesThatAreNoLettersAreToldAndTheOthersShown() throws Exception {
        create("orders-d", 1);
        Path file = folder.resolve("d.jsonl");
        Letter letter = letter("orders-d", 0, 1, "k", Bytes.utf8("one"));
        Files.writeString(file, "secret\n" + letter.toJson() + "\n{\"letter\":1,\"id\":\"to");

        CommandResult shown = expect(1, "letters", "show", file.toString(), "--json");
        assertThat(parse(shown)).containsExactly(letter);
        assertThat(shown.err())
                .contains(
                        "millrace: line 1: this is no letter: it is no JSON\n", "the last line of " + file + " is torn")
                .contains("millrace letters show: 1 of the entries of " + file + " cannot be read as letters\n")
                .doesNotContain("secret");
        CommandResult replayed = expect(1, "letters", "replay", file.toString(), "--yes");
        assertThat(replayed.out()).isEqualTo("put back 1 record: 1 into orders-d\n");
        assertThat(replayed.err()).contains("line 1: ", "they are left as they are");
        assertPutBack("orders-d", List.of(letter));
    }

    @Test
    void lettersAreShownForPeople() throws Exception {
        Path file = folder.resolve("e.jsonl");
        write(LetterSinks.file(file), List.of(ODD));
        write(LetterSinks.file(file), List.of(letter("orders-e", 1, 7, "k", Bytes.utf8("é".repeat(700)))));

        String shown = expect(0, "letters", "show", file.toString(), "--shard", "orders-e/shardId-000000000001")
                .out();
        assertThat(shown)
                .startsWith("shardId-000000000001:")
                .contains("\n  failed       2026-11-21T08:31:07Z after 3 attempts\n")
                .contains("\n  application  dashboard\n  stream       orders-e\n  epoch        7\n")
                .contains("\n  key          k\n  data         the first 1,000 of 1,400 bytes, --json has all\n")
                .endsWith("é".repeat(500) + "\n\n");
        assertThat(expect(0, "letters", "show", file.toString(), "--limit", "1").out())
                .contains("schlüssel\\n\u001b[31m", "\n  data         7 bytes\n");
        CommandResult watched = CommandResult.ofTerminal(endpoints(), "letters", "show", file.toString());
        assertThat(watched.out())
                .doesNotContain("\u001b")
                .contains("schlüssel\\n\\u001b[31m", "\\u0000\\xff\n\\u001b[\\xc3(\n");
        assertThat(expect(0, "letters", "show", file.toString(), "--shard", "none")
                        .err())
                .isEqualTo("millrace: there is no letter in " + file + " of shard none\n");
    }

    @Test
    void oddRecordComesBackAsItWas() throws Exception {
        create("orders-odd", 1);
        Path file = folder.resolve("odd.jsonl");
        write(LetterSinks.file(file), List.of(ODD));

        expect(0, "letters", "replay", file.toString(), "--yes");

        assertPutBack("orders-odd", List.of(ODD));
    }

    @Test
    void wrongWordsChangeNothing() throws Exception {
        create("orders-f", 1);
        Path file = folder.resolve("f.jsonl");
        Letter letter = letter("orders-f", 0, 1, "k", Bytes.utf8("one"));
        write(LetterSinks.file(file), List.of(letter));

        assertThat(oneLine(1, "letters", "show", "nowhere")).contains("no such file: nowhere");
        assertThat(oneLine(1, "letters", "replay", folder.toString(), "--yes")).contains("is a folder");
        assertThat(oneLine(2, "letters", "show", "stream:no/name")).contains("not a stream name");
        assertThat(oneLine(1, "letters", "show", "stream:nowhere")).contains("Stream nowhere", "not found");
        assertThat(oneLine(2, "letters", "show", "sqs:letters")).contains("a queue's URL");
        assertThat(oneLine(2, "letters", "show", file.toString(), "--limit", "0"))
                .contains("--limit");
        assertThat(oneLine(2, "letters", "replay", file.toString(), "--to", "no/name"))
                .contains("not a stream name");
        assertThat(oneLine(2, "letters")).contains("show or replay");
        assertThat(oneLine(1, "letters", "replay", file.toString(), "--only", letter.id() + ",x:1:0", "--yes"))
                .contains("there is no letter x:1:0 in " + file + "; nothing was put back");
        Path marks = folder.resolve("f.jsonl.replayed");
        try (FileChannel other = FileChannel.open(
                marks, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
            assertThat(other.lock().isValid()).isTrue();
            assertThat(oneLine(1, "letters", "replay", file.toString(), "--yes"))
                    .contains("another replay is at it");
        }
        Files.writeString(marks, "something else\n");
        assertThat(oneLine(1, "letters", "replay", file.toString(), "--yes")).contains("line 1 of " + marks);
        assertThat(Files.readString(marks)).isEqualTo("something else\n");
        assertThat(stored("orders-f")).isEmpty();
    }

    /** A replay that is killed in the middle of a mark puts that record back once more, and no other. */
    @Test
    void tornMarkIsMended() throws Exception {
        create("orders-g", 1);
        Path file = folder.resolve("g.jsonl");
        List<Letter> letters = letters("orders-g", 3);
        write(LetterSinks.file(file), letters);
        expect(0, "letters", "replay", file.toString(), "--yes");
        Path marks = folder.resolve("g.jsonl.replayed");
        String whole = Files.readString(marks);
        Files.writeString(marks, whole.substring(0, whole.length() - 9));

        assertThat(expect(0, "letters", "replay", file.toString(), "--yes").out())
                .startsWith("put back 1 record: 1 into orders-g; left out 2 put back before");
        assertThat(Files.readAllLines(marks)).hasSize(3);
        assertThat(stored("orders-g")).hasSize(4);
    }

    private static List<Letter> letters(String stream, int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> letter(stream, i % 4, i, "key-" + i % 29, Bytes.utf8("record " + i)))
                .toList();
    }

    private static Letter letter(String stream, int shard, int index, String key, Bytes data) {
        StreamRecord record = new StreamRecord(
                new RecordPosition(SequenceNumber.of(1_700_000_000, shard, index, 1_700_000_000), 0),
                key,
                data,
                Instant.parse("2026-11-21T08:30:00Z"));
        return new Letter(
                "dashboard",
                new StreamName(stream),
                ShardId.of(shard),
                7,
                record,
                3,
                "java.lang.Error at A.b(A.java:1)",
                Instant.parse("2026-11-21T08:31:07Z"));
    }

    private static void write(LetterSink sink, List<Letter> letters) {
        try {
            sink.write(letters);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static void create(String stream, int shards) {
        kinesis.createStream(request -> request.streamName(stream).shardCount(shards))
                .join();
    }

    /** The stream holds these records and no others, each key's of a shard in order. */
    private static void assertPutBack(String stream, List<Letter> letters) {
        List<Record> stored = stored(stream);
        assertThat(stored.stream()
                        .map(record -> record.partitionKey() + "="
                                + Bytes.wrap(record.data().asByteArray()).toUtf8()))
                .containsExactlyInAnyOrderElementsOf(letters.stream()
                        .map(letter -> letter.record().partitionKey() + "="
                                + letter.record().data().toUtf8())
                        .toList());
        assertThat(stored.stream().map(record -> Bytes.wrap(record.data().asByteArray())))
                .containsExactlyInAnyOrderElementsOf(
                        letters.stream().map(letter -> letter.record().data()).toList());
    }

    private static List<Record> stored(String stream) {
        List<Record> records = new ArrayList<>();
        for (Shard shard :
                kinesis.listShards(request -> request.streamName(stream)).join().shards()) {
            @Nullable
            String iterator = kinesis.getShardIterator(request ->
                            request.streamName(stream).shardId(shard.shardId()).shardIteratorType("TRIM_HORIZON"))
                    .join()
                    .shardIterator();
            while (iterator != null) {
                String from = iterator;
                GetRecordsResponse page = kinesis.getRecords(request -> request.shardIterator(from))
                        .join();
                records.addAll(page.records());
                iterator = page.millisBehindLatest() == 0 ? null : page.nextShardIterator();
            }
        }
        return records;
    }

    private static List<Letter> parse(CommandResult shown) {
        return shown.out().lines().map(Letter::parse).toList();
    }

    private static Map<String, String> endpoints() {
        return Map.of("AWS_ENDPOINT_URL_KINESIS", server.endpoint().toString());
    }

    private static CommandResult expect(int exitCode, String... arguments) throws IOException {
        CommandResult result = CommandResult.of(endpoints(), "", arguments);
        assertThat(result.exitCode()).as("%s %s", result.out(), result.err()).isEqualTo(exitCode);
        return result;
    }

    private static String oneLine(int exitCode, String... arguments) throws IOException {
        String err = expect(exitCode, arguments).err();
        assertThat(err.lines()).as(err).hasSize(1);
        return err;
    }
}
