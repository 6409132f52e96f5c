package io.millrace.systemtests.clients;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.consumer.Worker;
import io.millrace.consumer.mapping.OnFailure;
import io.millrace.model.StreamArn;
import io.millrace.model.StreamName;
import io.millrace.multilang.MultilangDaemon;
import io.millrace.multilang.child.ChildListener;
import io.millrace.multilang.settings.DaemonSettings;
import io.millrace.multilang.settings.FailureDestination;
import io.millrace.multilang.settings.PropertiesText;
import io.millrace.runtime.SystemPlatform;
import io.millrace.systemtests.process.Waiting;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;

/**
 * Lambda handlers, unmodified, on the real server: one table of cases for the same handler in Python and for Node.js. Each case has a
 * stream and a worker of its own; what its function is called with, and what is written of records that are given up, is compared
 * with Lambda's documents, whole.
 */
@Timeout(180)
class LambdaTest {
    /** A language that handlers are written in. */
    private enum Language {
        PYTHON("python3", "lambda_cases.py"),
        NODE("node", "lambda_cases.mjs");

        private final String interpreter;
        private final String handler;

        Language(String interpreter, String handler) {
            this.interpreter = interpreter;
            this.handler = handler;
        }
    }

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit fills it before all tests
    private static Path folder;

    @SuppressWarnings("NullAway.Init") // before all tests
    private static LocalServices services;

    @BeforeAll
    static void startServices() throws Exception {
        services = LocalServices.start(folder);
        for (Language language : Language.values()) {
            Path code = Files.createDirectory(code(language));
            Path unused = new ClientProcess(code).resource(language.handler);
        }
    }

    @AfterAll
    static void stopServices() {
        services.close();
    }

    private static Path code(Language language) {
        return folder.resolve(language.name().toLowerCase(Locale.ROOT));
    }

    private static void assumePresent(Language language) throws Exception {
        new ClientProcess(folder).assumePresent(language.name(), List.of(language.interpreter, "--version"));
    }

    /** Those of every build: what is not about the language is run in one of them. */
    static Stream<Arguments> quick() {
        return rows().filter(row -> isQuick(row.get()));
    }

    static Stream<Arguments> others() {
        return rows().filter(row -> !isQuick(row.get()));
    }

    private static boolean isQuick(Object[] row) {
        LambdaCase one = (LambdaCase) row[1];
        return one.isOfLanguages() || row[0] == Language.PYTHON;
    }

    private static Stream<Arguments> rows() {
        return Stream.of(Language.values())
                .flatMap(language -> LambdaCase.all().map(one -> Arguments.of(language, one)));
    }

    @ParameterizedTest(name = "{1} in {0}")
    @MethodSource("quick")
    void functionIsCalledAsDocumented(Language language, LambdaCase one) throws Exception {
        check(language, one);
    }

    @Tag("slow")
    @ParameterizedTest(name = "{1} in {0}")
    @MethodSource("others")
    void functionIsCalledAsDocumentedInTheOtherLanguage(Language language, LambdaCase one) throws Exception {
        check(language, one);
    }

    private void check(Language language, LambdaCase one) throws Exception {
        assumePresent(language);
        Run run = new Run(language, one.name(), one.options(), one.windowSeconds());
        services.put(run.name, one.records());
        try (Function function = run.start()) {
            function.runUntil(() -> run.notes().size() >= one.calls().size()
                    && run.givenUp().size() >= one.givenUp().size());
        }
        assertThat(run.notes()).isEqualTo(one.calls());
        assertThat(run.events()).isEqualTo(run.documentedEvents(one.calls()));
        LambdaEvents documents = run.documents();
        assertThat(run.givenUp().stream()
                        .map(LambdaEvents::without)
                        .map(CanonicalJson::of)
                        .toList())
                .isEqualTo(one.givenUp().stream()
                        .map(documents::documentWithPayload)
                        .map(CanonicalJson::of)
                        .toList());
    }

    /** A row of which the calls are not told beforehand, or a whole one. */
    private static final class Run {
        final Language language;
        final String name;
        private final StreamArn arn;
        private final String options;
        private final long windowSeconds;

        Run(Language language, String name, String options, long windowSeconds) {
            this(language, name, options, windowSeconds, services.create(named(language, name), 1));
        }

        private Run(Language language, String name, String options, long windowSeconds, StreamArn arn) {
            this.language = language;
            this.name = named(language, name);
            this.options = options;
            this.windowSeconds = windowSeconds;
            this.arn = arn;
        }

        private static String named(Language language, String name) {
            return name + "-" + language.interpreter;
        }

        /** Another function of the same stream. */
        Run other(String function, String more) {
            return new Run(language, function, more, 0, arn);
        }

        Function start() {
            String destination = "OnFailure = " + code(language).resolve(name + ".jsonl") + "\n";
            DaemonSettings settings = DaemonSettings.of(
                    PropertiesText.parse((settings() + destination).getBytes(StandardCharsets.UTF_8)), List.of());
            MultilangDaemon daemon = MultilangDaemon.ofFunction(
                    settings,
                    Map.of(new StreamName(arn.name()), arn),
                    (to, names) -> OnFailure.file(((FailureDestination.File) to).path(), names),
                    ChildListener.NONE,
                    new SystemPlatform());
            Worker worker = daemon.worker()
                    .kinesisClient(services.kinesis())
                    .dynamoDbClient(services.dynamoDb())
                    .idleTimeBetweenReads(Duration.ofMillis(200))
                    .build();
            worker.start();
            return new Function(daemon, worker);
        }

        String settings() {
            return "handler = lambda_cases.lambda_handler\nCodeUri = " + code(language) + "\napplicationName = " + name
                    + "\nstreamName = " + arn.name() + "\n"
                    + (options.contains("retrievalMode") ? "" : "retrievalMode = POLLING\n")
                    + services.settings()
                    + options.replace("\\", "\\\\") + "\n";
        }

        List<String> notes() {
            return lines(".txt");
        }

        List<String> events() {
            return lines(".events").stream().map(CanonicalJson::of).toList();
        }

        List<String> givenUp() {
            return lines(".jsonl");
        }

        private List<String> lines(String ending) {
            Path file = code(language).resolve(name + ending);
            try {
                return Files.exists(file) ? Files.readAllLines(file) : List.of();
            } catch (IOException unreadable) {
                throw new UncheckedIOException(unreadable);
            }
        }

        LambdaEvents documents() {
            return new LambdaEvents(arn, name, services.records(arn.name(), "shardId-000000000000"), windowSeconds);
        }

        /** The events of these calls. */
        List<String> documentedEvents(List<String> notes) {
            LambdaEvents documents = documents();
            List<String> events = new ArrayList<>();
            String before = null;
            for (String note : notes) {
                events.add(CanonicalJson.of(documents.event(note, before)));
                before = note.startsWith("final") ? before : note.split(",| with ", -1)[0];
            }
            return events;
        }
    }

    /** A function at work. */
    private record Function(MultilangDaemon daemon, Worker worker) implements AutoCloseable {
        /** Lets it work until {@code condition} holds; the test's own time limit ends it. */
        void runUntil(Waiting.Condition condition) {
            Waiting.until(condition);
        }

        @Override
        public void close() {
            worker.close();
            daemon.close();
        }
    }

    /** TRIM_HORIZON begins with all that is kept, AT_TIMESTAMP at its time, to the ms, and LATEST with what comes from now on. */
    @Test
    void functionBeginsAtItsStartingPosition() throws Exception {
        assumePresent(Language.PYTHON);
        Run first = new Run(Language.PYTHON, "start", "StartingPosition = TRIM_HORIZON", 0);
        services.put(first.name, List.of("early"));
        long early = arrivals(first).get(0);
        for (int i = 0; arrivals(first).get(arrivals(first).size() - 1) == early; i++) {
            services.put(first.name, List.of("then" + i));
        }
        List<Long> arrivals = arrivals(first);
        String then = "then" + (arrivals.size() - 2);
        Run at = first.other(
                "start-at",
                "StartingPosition = AT_TIMESTAMP\nStartingPositionTimestamp = "
                        + BigDecimal.valueOf(arrivals.get(arrivals.size() - 1), 3));
        Run latest = first.other("start-latest", "StartingPosition = LATEST");
        try (Function one = first.start();
                Function two = at.start();
                Function three = latest.start()) {
            one.runUntil(() -> !first.notes().isEmpty());
            two.runUntil(() -> !at.notes().isEmpty());
            assertThat(first.notes().get(0)).startsWith("early");
            assertThat(at.notes()).containsExactly(then);
            assertThat(at.events()).isEqualTo(at.documentedEvents(List.of(then)));
            int[] put = {0};
            three.runUntil(() -> {
                services.put(first.name, List.of("late" + put[0]++));
                return !latest.notes().isEmpty();
            });
            assertThat(latest.notes().get(0)).startsWith("late");
        }
    }

    private static List<Long> arrivals(Run run) {
        return services.records(run.name, "shardId-000000000000").stream()
                .map(record -> record.approximateArrivalTimestamp().toEpochMilli())
                .toList();
    }

    /** A batch that is not full is called when its window has passed since its first record came, and not before. */
    @Test
    void batchingWindowGathersWhatComesWithinIt() throws Exception {
        assumePresent(Language.PYTHON);
        Run run = new Run(Language.PYTHON, "gather", "BatchSize = 10\nMaximumBatchingWindowInSeconds = 2", 0);
        try (Function function = run.start()) {
            long began = System.nanoTime();
            services.put(run.name, List.of("a"));
            services.put(run.name, List.of("b"));
            function.runUntil(() -> !run.notes().isEmpty());
            assertThat(Duration.ofNanos(System.nanoTime() - began)).isGreaterThanOrEqualTo(Duration.ofSeconds(2));
        }
        assertThat(run.notes()).containsExactly("a,b");
        assertThat(run.events()).isEqualTo(run.documentedEvents(List.of("a,b")));
    }

    /** By pipe it is an event that was waited for which tells that the window's end has passed. */
    @Test
    @Tag("slow")
    void windowOfAShardThatIsReadByPipeIsClosedByItsTime() throws Exception {
        assumePresent(Language.PYTHON);
        Run run = new Run(Language.PYTHON, "piped", "TumblingWindowInSeconds = 1\nretrievalMode = FANOUT", 1);
        services.put(run.name, List.of("a", "b"));
        List<String> calls = List.of("a,b with nothing", "final with ab");
        try (Function function = run.start()) {
            function.runUntil(() -> run.notes().size() >= calls.size());
        }
        assertThat(run.notes()).isEqualTo(calls);
        assertThat(run.events()).isEqualTo(run.documentedEvents(calls));
    }

    /** Records that fail for ever are given up by their age, and so are those that they have held up. */
    @Test
    @Tag("slow")
    void recordsThatAreTooOldAreGivenUp() throws Exception {
        for (Language language : Language.values()) {
            assumePresent(language);
        }
        String options = "MaximumRecordAgeInSeconds = 60\nBatchSize = 2";
        Run python = new Run(Language.PYTHON, "old", options, 0);
        Run node = new Run(Language.NODE, "old", options, 0);
        try (Function one = python.start();
                Function two = node.start()) {
            for (Run run : List.of(python, node)) {
                services.put(run.name, List.of("a", "throw", "c"));
            }
            one.runUntil(() -> python.givenUp().size() == 2);
            two.runUntil(() -> node.givenUp().size() == 2);
            for (Run run : List.of(python, node)) {
                services.put(run.name, List.of("young"));
            }
            one.runUntil(() -> python.notes().contains("young"));
            two.runUntil(() -> node.notes().contains("young"));
        }
        for (Run run : List.of(python, node)) {
            List<String> notes = run.notes();
            assertThat(notes).endsWith("young");
            assertThat(notes.subList(0, notes.size() - 1)).hasSizeGreaterThan(3).containsOnly("a,throw");
            assertThat(run.events()).isEqualTo(run.documentedEvents(notes));
            LambdaEvents documents = run.documents();
            int calls = notes.size() - 1;
            assertThat(run.givenUp())
                    .extracting(document -> CanonicalJson.of(LambdaEvents.without(document)))
                    .containsExactly(
                            CanonicalJson.of(
                                    documents.documentWithPayload("RecordAgeExceeded of a,throw after " + calls)),
                            CanonicalJson.of(documents.documentWithPayload("RecordAgeExceeded of c after 1")));
        }
    }

    /** The first worker ends within the window; what it had gathered is gathered again, and the shard's end closes the window. */
    @Test
    void windowIsBuiltAgainByANewOwnerAndItsShardsEndClosesIt() throws Exception {
        assumePresent(Language.PYTHON);
        long seconds = LambdaEvents.windowThatLasts();
        Run run = new Run(Language.PYTHON, "moved", "TumblingWindowInSeconds = " + seconds, seconds);
        services.put(run.name, List.of("a", "b"));
        try (Function first = run.start()) {
            first.runUntil(() -> run.notes().size() == 1);
        }
        try (Function second = run.start()) {
            second.runUntil(() -> run.notes().size() == 2);
            services.put(run.name, List.of("c"));
            second.runUntil(() -> run.notes().size() == 3);
            assertThat(services.split(run.name)).isEqualTo("shardId-000000000000");
            second.runUntil(() -> run.notes().size() == 4);
        }
        services.put(run.name, List.of("d"));
        try (Function third = run.start()) {
            third.runUntil(() -> run.notes().size() == 5);
        }
        assertThat(run.notes())
                .containsExactly(
                        "a,b with nothing", "a,b with nothing", "c with ab", "final with abc", "d with nothing");
        assertThat(run.events().subList(0, 4))
                .isEqualTo(run.documentedEvents(run.notes().subList(0, 4)));
    }

    /** Two batches of a shard at once, in a daemon that is a process of its own. */
    @Test
    void daemonRunsAHandlerInParallelAndRefusesOneThatIsNotThere() throws Exception {
        assumePresent(Language.PYTHON);
        Run run = new Run(Language.PYTHON, "whole", "ParallelizationFactor = 2\nBatchSize = 10", 0);
        Map<String, List<String>> putByKey = new TreeMap<>();
        List<PutRecordsRequestEntry> entries = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            String key = "k" + i % 10;
            putByKey.computeIfAbsent(key, none -> new ArrayList<>()).add(key + "/" + i);
            entries.add(LocalServices.entry(key, key + "/" + i));
        }
        services.putEntries(run.name, entries);
        Path settings = folder.resolve("whole.properties");
        Files.writeString(settings, run.settings());
        try (DaemonRun daemon = DaemonRun.start(folder, Map.of(), settings)) {
            daemon.await(() -> String.join(",", run.notes()).split(",", -1).length == 100);
            Map<String, List<String>> noted = new TreeMap<>();
            for (String note : String.join(",", run.notes()).split(",", -1)) {
                noted.computeIfAbsent(note.replaceFirst("/.*", ""), none -> new ArrayList<>())
                        .add(note);
            }
            assertThat(noted).as("in order by key").isEqualTo(putByKey);
            assertThat(daemon.living()).hasSize(2);
            daemon.terminate();
            assertThat(daemon.exitCode()).as("%s", daemon).isZero();
            assertThat(daemon.living()).isEmpty();
        }
        Files.writeString(settings, run.settings().replace("lambda_handler", "nobody"));
        try (DaemonRun daemon = DaemonRun.start(folder, Map.of(), settings)) {
            assertThat(daemon.exitCode()).isEqualTo(1);
            assertThat(daemon.errors().strip())
                    .endsWith("handler lambda_cases.nobody cannot be run: module lambda_cases has no function nobody")
                    .doesNotContain("\n");
        }
    }
}
