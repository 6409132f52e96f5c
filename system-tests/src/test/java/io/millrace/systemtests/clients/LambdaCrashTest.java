package io.millrace.systemtests.clients;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.model.StreamArn;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A tumbling window across deaths, with whole processes: a child that is killed between two calls and within one, a daemon that is
 * killed, and a lease that moves to another daemon. Whoever has the shard then builds the window again from where it began, and its
 * last call comes once, with all of it.
 */
@Tag("slow")
@Timeout(240)
class LambdaCrashTest {
    private static final String STREAM = "crash";

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit fills it before each test
    private Path folder;

    @SuppressWarnings("NullAway.Init") // before each test
    private LocalServices services;

    @BeforeEach
    void startServices() {
        services = LocalServices.start(folder);
    }

    @AfterEach
    void stopServices() {
        services.close();
    }

    @ParameterizedTest
    @CsvSource({"python3, lambda_cases.py", "node, lambda_cases.mjs"})
    void windowIsBuiltAgainAfterEachDeathAndClosedOnce(String interpreter, String handler) throws Exception {
        ClientProcess clients = new ClientProcess(folder);
        clients.assumePresent(interpreter, List.of(interpreter, "--version"));
        Path unused = clients.resource(handler);
        StreamArn arn = services.create(STREAM, 1);
        long seconds = LambdaEvents.windowThatLasts();
        Path settings = Files.writeString(
                folder.resolve("crash.properties"),
                "handler = lambda_cases.lambda_handler\nCodeUri = " + folder + "\napplicationName = " + STREAM
                        + "\nstreamName = " + STREAM
                        + "\nretrievalMode = POLLING\nfailoverTimeMillis = 3000\nTimeout = 60\nTumblingWindowInSeconds = "
                        + seconds + "\n" + services.settings());

        services.put(STREAM, List.of("a", "b"));
        List<String> expected = new ArrayList<>(List.of("a,b with nothing"));
        try (DaemonRun first = DaemonRun.start(folder, Map.of(), settings)) {
            first.await(() -> steps().equals(expected));

            // A child that dies between two calls, or while it returns: the state is not the child's.
            kill(first.living().get(0));
            services.put(STREAM, List.of("c"));
            expected.add("c with ab");
            first.await(() -> steps().equals(expected));

            // A child that dies within a call: that call comes again, with the state of before.
            services.put(STREAM, List.of("hang-once"));
            expected.add("hang-once with abc");
            first.await(() -> steps().equals(expected));
            kill(first.living().get(0));
            first.await(() -> steps().equals(expected) && Collections.frequency(notes(), "hang-once with abc") == 2);

            // The daemon dies, and takes its child with it.
            long child = first.living().get(0);
            first.kill();
            assertThat(first.exitCode()).isEqualTo(137);
            awaitEnd(child);
        }
        try (DaemonRun second = DaemonRun.start(folder, Map.of(), settings)) {
            expected.add("a,b,c,hang-once with nothing");
            second.await(() -> steps().equals(expected));
            services.put(STREAM, List.of("d"));
            expected.add("d with abchang-once");
            second.await(() -> steps().equals(expected));

            // The lease moves, because its daemon is told to end.
            try (DaemonRun third = DaemonRun.start(folder, Map.of(), settings)) {
                second.terminate();
                assertThat(second.exitCode()).as("%s", second).isZero();
                assertThat(second.living()).isEmpty();
                expected.add("a,b,c,hang-once,d with nothing");
                third.await(() -> steps().equals(expected));

                String parent = services.split(STREAM);
                expected.add("final with abchang-onced");
                third.await(() -> third.tells("shard-ended", parent));
                assertThat(steps()).isEqualTo(expected);
                assertThat(events()).isEqualTo(documented(arn, seconds));
                third.terminate();
                assertThat(third.exitCode()).as("%s", third).isZero();
                assertThat(third.living()).isEmpty();
            }
        }
        assertThat(steps()).as("nothing comes after the last call").isEqualTo(expected);
        assertThat(notes()).filteredOn(note -> note.startsWith("final")).hasSize(1);
    }

    /** The calls, each once where it came again and again. */
    private List<String> steps() {
        List<String> steps = new ArrayList<>();
        for (String note : notes()) {
            if (steps.isEmpty() || !steps.get(steps.size() - 1).equals(note)) {
                steps.add(note);
            }
        }
        return steps;
    }

    private List<String> documented(StreamArn arn, long seconds) {
        LambdaEvents documents =
                new LambdaEvents(arn, STREAM, services.records(STREAM, "shardId-000000000000"), seconds);
        return notes().stream()
                .map(note -> CanonicalJson.of(documents.event(note, "a")))
                .toList();
    }

    private static void kill(long pid) {
        ProcessHandle.of(pid).orElseThrow().destroyForcibly();
        awaitEnd(pid);
    }

    private static void awaitEnd(long pid) {
        ProcessHandle.of(pid)
                .ifPresent(handle ->
                        handle.onExit().orTimeout(10, TimeUnit.SECONDS).join());
    }

    private List<String> notes() {
        return lines(".txt");
    }

    private List<String> events() {
        return lines(".events").stream().map(CanonicalJson::of).toList();
    }

    private List<String> lines(String ending) {
        Path file = folder.resolve(STREAM + ending);
        try {
            return Files.exists(file) ? Files.readAllLines(file) : List.of();
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }
}
