package io.millrace.multilang.child;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import io.millrace.model.Bytes;
import io.millrace.model.Checkpoint;
import io.millrace.model.Position;
import io.millrace.model.RecordPosition;
import io.millrace.model.SequenceNumber;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import io.millrace.model.StreamRecord;
import io.millrace.multilang.line.FromChild;
import io.millrace.multilang.line.ToChild;
import io.millrace.runtime.SystemPlatform;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** Real processes of our own packages, which speak frames, one or several shards each. */
@Timeout(120)
class FramedChildrenTest {
    private static final String PYTHON = """
            import os, sys
            class Handler:
                def __init__(self, shard):
                    self.name = shard.stream + "/" + shard.id + " " + str(shard.sequence_number)
                    self.note("starts")
                def process(self, batch):
                    for record in batch:
                        if record.data == b"fail":
                            raise ValueError("secret")
                        if record.data == b"hang":
                            import time
                            time.sleep(1000)
                        if record.data == b"wait":
                            self.note("waits")
                            import time
                            time.sleep(1000)
                        if record.data == b"die":
                            os._exit(9)
                        if record.data == b"part":
                            batch.checkpoint(record)
                        self.note(record.partition_key + " " + str(len(record.data)))
                    print("print", end="")
                def shard_ended(self, checkpointer):
                    os._exit(9)
                def note(self, text):
                    with open(os.environ["NOTES"], "a", encoding="utf-8") as file:
                        file.write(self.name + " " + text + "\\n")
            """;

    private static final String NODE = """
            const { appendFileSync } = require('node:fs');
            class Handler {
              constructor(shard) {
                this.name = `${shard.stream}/${shard.id} ${shard.sequenceNumber}`;
                this.note('starts');
              }
              async process(batch) {
                for (const record of batch) {
                  if (record.text() === 'fail') throw new TypeError('secret');
                  if (record.text() === 'hang') await new Promise(() => setInterval(() => {}, 1000));
                  if (record.text() === 'part') await batch.checkpoint(record);
                  this.note(record.partitionKey + ' ' + record.data.length);
                }
                process.stdout.write('print');
              }
              note(text) {
                appendFileSync(process.env.NOTES, this.name + ' ' + text + '\\n');
              }
            }
            module.exports = { Handler };
            """;

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit fills it before each test
    private Path folder;

    private final ConcurrentHashMap<ChildName, Long> pids = new ConcurrentHashMap<>();
    private final AtomicLong toChildren = new AtomicLong();
    private final Queue<ILoggingEvent> logged = new ConcurrentLinkedQueue<>();
    private final AppenderBase<ILoggingEvent> appender = new AppenderBase<>() {
        @Override
        protected void append(ILoggingEvent event) {
            logged.add(event);
        }
    };

    @BeforeEach
    void listen() {
        appender.start();
        logger().addAppender(appender);
        logger().setLevel(Level.DEBUG);
    }

    @AfterEach
    void listenNoMore() {
        logger().detachAppender(appender);
        logger().setLevel(null);
    }

    private static Logger logger() {
        return (Logger) LoggerFactory.getLogger("io.millrace.multilang.child");
    }

    @Test
    void childInPythonTakesFramesAndCheckpoints() throws Exception {
        speaks(python(1));
    }

    @Test
    void childForNodeTakesFramesAndCheckpoints() throws Exception {
        speaks(node(1));
    }

    @Test
    void processInPythonServesSeveralShards() throws Exception {
        shares(python(3));
    }

    @Test
    void processForNodeServesSeveralShards() throws Exception {
        shares(node(3));
    }

    /** Its time is over, and so is that of the others in its process: each begins again where it is told to. */
    @Test
    void shardThatHangsEndsItsProcessAndNoOther() throws Exception {
        ChildLimits quick = new ChildLimits(
                Duration.ofSeconds(30), Duration.ofSeconds(1), Duration.ofSeconds(10), Duration.ofSeconds(10));
        try (Children children = Children.of(python(2), quick, listener(), new SystemPlatform())) {
            Child hanging = started(children, 0, "TRIM_HORIZON");
            Child beside = started(children, 1, "TRIM_HORIZON");
            Child elsewhere = started(children, 2, "TRIM_HORIZON");
            assertThat(pids.get(name(1))).isEqualTo(pids.get(name(0))).isNotEqualTo(pids.get(name(2)));

            CompletableFuture<?> stuck = hanging.tell(records("hang"), Checkpoints.refused("no"));
            assertThatThrownBy(() -> await(stuck))
                    .hasMessageContaining("sent nothing for 1 s while it had processRecords in hand");
            assertThat(await(beside.ended())).isEqualTo("was ended by signal 15");
            processed(elsewhere, "a");

            // The first finds a place beside the third, and there is none left for the other.
            started(children, 0, "10");
            Child again = started(children, 1, "20");
            assertThat(pids.get(name(2))).isEqualTo(pids.get(name(0))).isNotEqualTo(pids.get(name(1)));
            processed(again, "a");
        }
        assertThat(notes()).contains("orders/shardId-000000000000 10 starts", "orders/shardId-000000000001 20 starts");
    }

    /** Of two records one has ended their process: each has one of its own then, so that the policy counts what is its fault. */
    @Test
    void recordsThatAreInHandWhenTheirProcessDiesAreTriedApart() throws Exception {
        try (Children children = Children.of(python(5), ChildLimits.DEFAULT, listener(), new SystemPlatform())) {
            Child poisoned = started(children, 0, "TRIM_HORIZON");
            Child beside = started(children, 1, "TRIM_HORIZON");
            Child idle = started(children, 2, "TRIM_HORIZON");
            CompletableFuture<?> waits = beside.tell(records("wait"), Checkpoints.refused("no"));
            awaitNote(1, "waits");
            CompletableFuture<?> dies = poisoned.tell(records("die"), Checkpoints.refused("no"));
            assertThat(isToBlame(dies)).as("it is not known yet").isFalse();
            assertThat(isToBlame(waits)).isFalse();
            await(idle.ended());

            Child again = started(children, 0, "TRIM_HORIZON");
            Child apart = started(children, 1, "TRIM_HORIZON");
            processed(started(children, 2, "TRIM_HORIZON"), "a");
            assertThat(pids.values()).doesNotHaveDuplicates();
            assertThat(isToBlame(again.tell(records("die"), Checkpoints.refused("no"))))
                    .isTrue();
            processed(apart, "a");
            await(apart.end("its shard is left"));
            started(children, 1, "TRIM_HORIZON");
            assertThat(pids.get(name(1)))
                    .as("a place beside others, once it has got on")
                    .isEqualTo(pids.get(name(2)));
        }
    }

    /** An action other than records may have ended the process. */
    @Test
    void recordsAreNotToBlameForWhatMayBeTheEndOfAnotherShard() throws Exception {
        try (Children children = Children.of(python(2), ChildLimits.DEFAULT, listener(), new SystemPlatform())) {
            Child ends = started(children, 0, "TRIM_HORIZON");
            Child beside = started(children, 1, "TRIM_HORIZON");
            CompletableFuture<?> innocent = beside.tell(records("wait"), Checkpoints.refused("no"));
            awaitNote(1, "waits");
            CompletableFuture<?> unused = ends.tell(new ToChild.ShardEnded(), Checkpoints.refused("no"));
            assertThat(isToBlame(innocent)).isFalse();

            started(children, 0, "TRIM_HORIZON");
            started(children, 1, "TRIM_HORIZON");
            assertThat(pids.get(name(0))).as("which it is will be seen").isNotEqualTo(pids.get(name(1)));
        }
    }

    /** Else each would be started in its turn, only to be ended. */
    @Test
    void shardsThatWaitForAProcessAreNotStartedOnceNobodyNeedsThem() throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/bin/sh")), "SKIPPED: no /bin/sh here");
        ChildLimits quick =
                new ChildLimits(Duration.ofSeconds(30), null, Duration.ofMillis(400), Duration.ofSeconds(10));
        ChildCommand command = new ChildCommand(List.of("/bin/sh", "-c", "exec sleep 1000"), "app", Map.of(), 10);
        List<CompletableFuture<?>> starts = new ArrayList<>();
        try (Children children = Children.of(command, quick, listener(), new SystemPlatform())) {
            for (int shard = 0; shard < 5; shard++) {
                starts.add(children.newChild(name(shard)).start(initialize(shard, "TRIM_HORIZON")));
            }
        }
        for (CompletableFuture<?> start : starts) {
            assertThat(isToBlame(start)).isFalse();
        }
        assertThat(pids).containsOnlyKeys(name(0));
    }

    /** The start of one hangs, and that of the other one begins after it. */
    @Test
    void shardThatWaitsForAnothersProcessHasItsOwnTimeToStart() throws Exception {
        ChildLimits quick =
                new ChildLimits(Duration.ofSeconds(3), null, Duration.ofMillis(400), Duration.ofSeconds(10));
        List<String> words = new ArrayList<>(List.of(
                "/bin/sh",
                "-c",
                "mkdir \"$0\" 2>/dev/null && exec sleep 1000; exec \"$@\"",
                folder.resolve("hangs").toString()));
        words.addAll(python(5).words());
        ChildCommand command = new ChildCommand(words, "app", Map.of(), 5);
        try (Children children = Children.of(command, quick, listener(), new SystemPlatform())) {
            CompletableFuture<?> hanging = children.newChild(name(0)).start(initialize(0, "TRIM_HORIZON"));
            CompletableFuture<?> patient = children.newChild(name(1)).start(initialize(1, "TRIM_HORIZON"));
            assertThatThrownBy(() -> await(hanging)).hasMessageContaining("within 3 s of its start");
            await(patient);
        }
    }

    @Test
    void shardThatDoesNotEndTakesItsProcessAlongAndAloneIsToBlame() throws Exception {
        ChildLimits quick =
                new ChildLimits(Duration.ofSeconds(30), null, Duration.ofMillis(400), Duration.ofSeconds(10));
        try (Children children = Children.of(python(2), quick, listener(), new SystemPlatform())) {
            Child stays = started(children, 0, "TRIM_HORIZON");
            Child beside = started(children, 1, "TRIM_HORIZON");
            CompletableFuture<?> stuck = stays.tell(records("wait"), Checkpoints.refused("no"));
            CompletableFuture<?> innocent = beside.tell(records("wait"), Checkpoints.refused("no"));
            awaitNote(0, "waits");
            awaitNote(1, "waits");
            await(stays.end("its shard is left"));
            assertThat(isToBlame(innocent)).isFalse();
            assertThat(isToBlame(stuck)).isTrue();
        }
    }

    private void awaitNote(int shard, String note) throws IOException {
        while (notes().stream()
                .noneMatch(line -> line.contains(ShardId.of(shard).value()) && line.endsWith(note))) {
            Thread.onSpinWait();
        }
    }

    private static boolean isToBlame(CompletableFuture<?> failed) throws Exception {
        return failed.handle((done, error) -> error instanceof ChildFailedException known && known.isTold())
                .get(60, TimeUnit.SECONDS);
    }

    /** A process of lines serves one shard, whatever the setting says. */
    @Test
    void processOfLinesIsNotShared() throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/bin/sh")), "SKIPPED: no /bin/sh here");
        String lines = "while read -r line; do a=${line#*:\\\"}; a=${a%%\\\"*};"
                + " printf '\\n{\"action\":\"status\",\"responseFor\":\"%s\"}\\n' \"$a\"; done";
        ChildCommand command = new ChildCommand(List.of("/bin/sh", "-c", lines), "app", Map.of(), 10);
        try (Children children = Children.of(command, ChildLimits.DEFAULT, listener(), new SystemPlatform())) {
            List<CompletableFuture<?>> starts = new ArrayList<>();
            for (int shard = 0; shard < 3; shard++) {
                starts.add(children.newChild(name(shard)).start(initialize(shard, "TRIM_HORIZON")));
            }
            for (CompletableFuture<?> start : starts) {
                await(start);
            }
        }
        assertThat(pids.values()).doesNotHaveDuplicates().hasSize(3);
    }

    private void speaks(ChildCommand command) throws Exception {
        List<FromChild.Checkpoint> asked = new ArrayList<>();
        Checkpoints service = new Checkpoints() {
            @Override
            public CompletableFuture<@Nullable String> save(FromChild.Checkpoint checkpoint) {
                asked.add(checkpoint);
                return CompletableFuture.completedFuture(null);
            }

            @Override
            public boolean isLeaseLost() {
                return false;
            }
        };
        try (Children children = Children.of(command, ChildLimits.DEFAULT, listener(), new SystemPlatform())) {
            Child child = started(children, 0, "TRIM_HORIZON");
            assertThat(await(child.tell(records("a", "part", "x".repeat(900_000)), service)))
                    .isEqualTo(new FromChild.Result.Processed());
            assertThat(asked).containsExactly(new FromChild.Checkpoint("2", 0L));
            assertThat(await(child.tell(records("fail"), service)))
                    .isInstanceOfSatisfying(
                            FromChild.Result.Failed.class,
                            failed ->
                                    assertThat(failed.error() + failed.trace()).doesNotContain("secret"));
            processed(child, "b");
            await(child.tell(new ToChild.LeaseLost(), service));
            await(child.end("done"));
            assertThat(child.ended()).isCompletedWithValue("done");
        }
        assertThat(notes())
                .containsExactly(
                        "orders/shardId-000000000000 TRIM_HORIZON starts",
                        "orders/shardId-000000000000 TRIM_HORIZON key-\u00e4\u20ac 1",
                        "orders/shardId-000000000000 TRIM_HORIZON key-\u00e4\u20ac 4",
                        "orders/shardId-000000000000 TRIM_HORIZON key-\u00e4\u20ac 900000",
                        "orders/shardId-000000000000 TRIM_HORIZON key-\u00e4\u20ac 1");
        assertThat(toChildren.get()).isBetween(900_000L, 1_000_000L);
        // Of the two batches that did not fail; the test's own time limit ends it.
        while (logged.stream()
                .noneMatch(event -> event.getLevel() == Level.DEBUG
                        && event.getFormattedMessage().endsWith("of orders/shardId-000000000000: printprint"))) {
            Thread.onSpinWait();
        }
    }

    private void shares(ChildCommand command) throws Exception {
        try (Children children = Children.of(command, ChildLimits.DEFAULT, listener(), new SystemPlatform())) {
            List<Child> shards = new ArrayList<>();
            List<CompletableFuture<?>> starts = new ArrayList<>();
            for (int shard = 0; shard < 3; shard++) {
                shards.add(children.newChild(name(shard)));
                starts.add(shards.get(shard).start(initialize(shard, "TRIM_HORIZON")));
            }
            for (CompletableFuture<?> start : starts) {
                await(start);
            }
            assertThat(pids.values()).hasSize(3).containsOnly(requireNonNull(pids.get(name(0))));

            await(shards.get(0).end("its shard is left"));
            processed(shards.get(1), "a");
            processed(started(children, 0, "7"), "b");

            ProcessHandle.of(requireNonNull(pids.get(name(1)))).orElseThrow().destroyForcibly();
            assertThat(await(shards.get(1).ended())).isEqualTo("was ended by signal 9");
            assertThat(await(shards.get(2).ended())).isEqualTo("was ended by signal 9");

            Child last = started(children, 2, "8");
            ProcessHandle process =
                    ProcessHandle.of(requireNonNull(pids.get(name(2)))).orElseThrow();
            await(last.end("its shard is left"));
            assertThat(process.isAlive()).as("a process that nobody needs").isFalse();
        }
    }

    private Child started(Children children, int shard, String place) throws Exception {
        Child child = children.newChild(name(shard));
        await(child.start(initialize(shard, place)));
        return child;
    }

    private static void processed(Child child, String... data) throws Exception {
        assertThat(await(child.tell(records(data), Checkpoints.refused("InvalidStateException"))))
                .isEqualTo(new FromChild.Result.Processed());
    }

    private ChildCommand python(int shards) throws Exception {
        assumeTrue(works("python3", "-c", "import sys; assert sys.version_info >= (3, 9)"), "SKIPPED: no Python here");
        Files.writeString(folder.resolve("app.py"), PYTHON);
        String path = Path.of("python", "src").toAbsolutePath() + ":" + folder;
        return command(
                shards,
                "PYTHONDONTWRITEBYTECODE=1",
                "PYTHONPATH=" + path,
                "python3",
                "-m",
                "millrace",
                "child",
                "app:Handler");
    }

    private ChildCommand node(int shards) throws Exception {
        assumeTrue(works("node", "--version"), "SKIPPED: no Node.js here");
        Path app = Files.writeString(folder.resolve("app.cjs"), NODE);
        Path bin = Path.of("node", "bin", "millrace-node.cjs").toAbsolutePath();
        return command(shards, "node", bin.toString(), "child", app + "#Handler");
    }

    private ChildCommand command(int shards, String... words) {
        List<String> all = new ArrayList<>(List.of("env", "NOTES=" + folder.resolve("notes")));
        all.addAll(List.of(words));
        return new ChildCommand(all, "app", Map.of(), shards);
    }

    private static boolean works(String... command) throws Exception {
        try {
            return new ProcessBuilder(command).start().waitFor() == 0;
        } catch (IOException notThere) {
            return false;
        }
    }

    private List<String> notes() throws IOException {
        return Files.readAllLines(folder.resolve("notes"));
    }

    private ChildListener listener() {
        return new ChildListener() {
            @Override
            public void started(ChildName child, long pid) {
                pids.put(child, pid);
            }

            @Override
            public void moved(ChildName child, long toChild, long fromChild) {
                toChildren.addAndGet(toChild);
            }
        };
    }

    private static ToChild.Initialize initialize(int shard, String place) {
        Checkpoint at = place.equals("TRIM_HORIZON")
                ? Checkpoint.notStarted(Position.trimHorizon())
                : Checkpoint.processed(RecordPosition.of(SequenceNumber.parse(place)));
        return ToChild.Initialize.at(ShardId.of(shard), at);
    }

    private static ChildName name(int shard) {
        return new ChildName(new StreamName("orders"), ShardId.of(shard));
    }

    private static ToChild records(String... data) {
        List<StreamRecord> records = new ArrayList<>();
        for (String one : data) {
            records.add(new StreamRecord(
                    RecordPosition.of(SequenceNumber.parse(Integer.toString(records.size() + 1))),
                    "key-\u00e4\u20ac",
                    Bytes.utf8(one),
                    Instant.EPOCH));
        }
        return new ToChild.ProcessRecords(records, 0);
    }

    private static <T> T await(CompletableFuture<T> stage) throws Exception {
        return stage.get(60, TimeUnit.SECONDS);
    }
}
