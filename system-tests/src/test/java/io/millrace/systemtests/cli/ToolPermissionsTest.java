package io.millrace.systemtests.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.consumer.letters.Letter;
import io.millrace.consumer.letters.LetterSinks;
import io.millrace.model.Bytes;
import io.millrace.model.RecordPosition;
import io.millrace.model.SequenceNumber;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import io.millrace.model.StreamRecord;
import io.millrace.systemtests.house.Checkout;
import io.millrace.systemtests.process.CallLog;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.core.SdkBytes;

/** What docs/iam.md says of each of the {@code leases} and {@code letters} commands beside the calls that it makes. */
class ToolPermissionsTest {
    private static final Pattern ACTION = Pattern.compile("`((?:kinesis|dynamodb):\\w+)`");
    private static final String OURS = " millrace";
    private static final String KCLS = " kcl";

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit fills it before each test
    private Path folder;

    @Tag("slow")
    @Test
    @Timeout(180)
    void toolsCallNothingButWhatTheDocsSay() throws Exception {
        try (LocalStack stack = new LocalStack(folder)) {
            stack.createStream("watched", 1);
            String number = stack.kinesis
                    .putRecord(request ->
                            request.streamName("watched").partitionKey("k").data(SdkBytes.fromUtf8String("one")))
                    .join()
                    .sequenceNumber();
            try (CommandRun worker = stack.start(Map.of(), "consume", "watched", "--app", "first")) {
                worker.awaitOutput(text -> text.contains("one"));
                worker.terminate();
                assertThat(worker.exitCode()).isZero();
            }

            assertCallsOfLetters(stack);
            assertCalls(stack, "leases", OURS, "leases");
            assertCalls(stack, "leases APP", OURS, "leases", "first");
            String[] exporting = {"leases", "export", "first", "--to-kcl-table", "kcl", "--failover", "1", "--overwrite"
            };
            // The first time the KCL's table is missing and made, the second time it is read.
            Set<String> calls = calls(stack, exporting);
            calls.addAll(calls(stack, exporting));
            assertThat(calls).isEqualTo(documented("leases export", OURS));
            String[] importing = {
                "leases", "import", "second", "--from-kcl-table", "kcl", "--stream", "watched", "--failover", "1"
            };
            List<String> elsewhere = new ArrayList<>(List.of(importing));
            elsewhere.addAll(List.of("--table", "another"));
            assertCalls(stack, "leases import", " another", elsewhere.toArray(String[]::new));
            assertCalls(stack, "leases reset --shard", OURS, reset("--shard", "shardId-000000000000"));
            assertCalls(stack, "leases reset --all", OURS, reset("--all"));
            assertCalls(stack, "skip", OURS, "skip", "first", "shardId-000000000000", "--to", number, "--yes");
            assertCalls(stack, "leases pause", OURS, "leases", "pause", "first");
            assertCalls(stack, "leases resume", OURS, "leases", "resume", "first");

            List<String> dry = new ArrayList<>(List.of(importing));
            dry.add("--dry-run");
            assertThat(calls(stack, dry.toArray(String[]::new)))
                    .noneMatch(call -> call.contains("Update") || call.contains("Create"));

            String[] deleting = {"leases", "delete", "first", "--failover", "1", "--stream", "watched"};
            assertCalls(stack, "leases delete --stream", OURS, deleting);
            // What the application has besides, and of its stream what the import made.
            assertCalls(stack, "leases delete", " another", "leases", "delete", "second", "--table", "another");
        }
    }

    private void assertCallsOfLetters(LocalStack stack) throws Exception {
        stack.createStream("dead", 1);
        Path letters = folder.resolve("letters");
        LetterSinks.file(letters)
                .write(List.of(new Letter(
                        "first",
                        new StreamName("dead"),
                        ShardId.of(0),
                        1,
                        new StreamRecord(
                                new RecordPosition(SequenceNumber.ZERO, 0), "key", Bytes.empty(), Instant.EPOCH),
                        1,
                        "java.lang.Error",
                        Instant.EPOCH)));
        assertCalls(stack, "letters show stream:", OURS, "letters", "show", "stream:dead");
        assertCalls(stack, "letters replay", OURS, "letters", "replay", letters.toString(), "--yes");
    }

    private static String[] reset(String... which) {
        List<String> arguments =
                new ArrayList<>(List.of("leases", "reset", "first", "--to", "trim_horizon", "--failover", "1"));
        arguments.addAll(List.of(which));
        return arguments.toArray(String[]::new);
    }

    private void assertCalls(LocalStack stack, String command, String ours, String... arguments) throws IOException {
        assertThat(calls(stack, arguments)).as(command).isEqualTo(documented(command, ours));
    }

    private static Set<String> documented(String command, String ours) throws IOException {
        Set<String> documented = new TreeSet<>();
        String[] cells = row(command);
        addActions(cells[2], ours, documented);
        addActions(cells[3], KCLS, documented);
        addActions(cells[4], "", documented);
        return documented;
    }

    private Set<String> calls(LocalStack stack, String... arguments) throws IOException {
        Path file = Files.createTempFile(folder, "calls", "");
        stack.expect(0, Map.of(CallLog.FILE, file.toString()), arguments);
        return CallLog.read(file);
    }

    private static void addActions(String cell, String table, Set<String> to) {
        ACTION.matcher(cell).results().forEach(found -> to.add(found.group(1) + table));
    }

    private static String[] row(String command) throws IOException {
        return Files.readAllLines(Checkout.top().resolve("docs/iam.md")).stream()
                .filter(line -> line.startsWith("| `" + command + "` |"))
                .findFirst()
                .orElseThrow()
                .split("\\|", -1);
    }
}
