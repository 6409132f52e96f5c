package io.millrace.multilang.child;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

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
import io.millrace.multilang.line.ToChild;
import io.millrace.runtime.SystemPlatform;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/** Real processes: scripts of the shell that speak the protocol. */
class SystemChildrenTest {
    private static final ToChild.Initialize INITIALIZE =
            ToChild.Initialize.at(ShardId.of(0), Checkpoint.notStarted(Position.trimHorizon()));
    private static final Checkpoints NONE = Checkpoints.refused("InvalidStateException");

    /** Answers each action. */
    private static final String OBEDIENT = "while read -r line; do a=${line#*:\\\"}; a=${a%%\\\"*};"
            + " printf '\\n{\"action\":\"status\",\"responseFor\":\"%s\"}\\n' \"$a\"; done";

    private final ConcurrentHashMap<ChildName, Long> pids = new ConcurrentHashMap<>();
    private final Queue<ILoggingEvent> logged = new ConcurrentLinkedQueue<>();
    private final AppenderBase<ILoggingEvent> appender = new AppenderBase<>() {
        @Override
        protected void append(ILoggingEvent event) {
            logged.add(event);
        }
    };

    @BeforeEach
    void listen() {
        assumeTrue(Files.isExecutable(Path.of("/bin/sh")), "SKIPPED: no /bin/sh here");
        appender.start();
        logger().addAppender(appender);
        logger().setLevel(ch.qos.logback.classic.Level.DEBUG);
    }

    @AfterEach
    void listenNoMore() {
        logger().detachAppender(appender);
        logger().setLevel(null);
    }

    @Test
    void childIsToldAndAnswersAndEndsAtTheEndOfItsInput() throws Exception {
        try (Children children = children(OBEDIENT, ChildLimits.DEFAULT)) {
            Child child = children.newChild(name(0));
            await(child.start(INITIALIZE));
            await(child.tell(new ToChild.ProcessRecords(List.of(record(300_000)), 0), NONE));
            await(child.tell(new ToChild.LeaseLost(), NONE));
            await(child.end("done"));
            assertThat(child.ended()).isCompletedWithValue("done");
        }
    }

    @Test
    void childSeesItsShardAndHasASessionOfItsOwn() throws Exception {
        String tells = "echo \"$MILLRACE_APPLICATION $MILLRACE_STREAM $MILLRACE_SHARD ERROR\" >&2; " + OBEDIENT;
        try (Children children = children(tells, ChildLimits.DEFAULT)) {
            Child child = children.newChild(name(0));
            await(child.start(INITIALIZE));
            long pid = requireNonNull(pids.get(name(0)));
            awaitLog("child " + pid + " of orders/shardId-000000000000: app orders shardId-000000000000 ERROR");
            assumeTrue(ChildCommand.find("setsid", System.getenv("PATH")).isPresent(), "SKIPPED: no setsid here");
            assertThat(statOf(pid).get(5)).as("its session").isEqualTo(Long.toString(pid));
        }
    }

    @Test
    void childThatExitsTellsItsCode() {
        try (Children children = children("exit 7", ChildLimits.DEFAULT)) {
            assertThatThrownBy(() -> await(children.newChild(name(0)).start(INITIALIZE)))
                    .hasMessageContaining("exited with code 7 with initialize in hand");
        }
    }

    @Test
    void childThatIsKilledTellsTheSignal() throws Exception {
        try (Children children = children(OBEDIENT, ChildLimits.DEFAULT)) {
            Child child = children.newChild(name(0));
            await(child.start(INITIALIZE));
            ProcessHandle.of(requireNonNull(pids.get(name(0)))).orElseThrow().destroyForcibly();
            assertThat(await(child.ended())).isEqualTo("was ended by signal 9");
        }
    }

    @Test
    void programThatIsNotThereFails() {
        try (Children children = Children.of(
                new ChildCommand(List.of("/no/such/program"), "app"),
                ChildLimits.DEFAULT,
                ChildListener.NONE,
                new SystemPlatform())) {
            assertThatThrownBy(() -> await(children.newChild(name(0)).start(INITIALIZE)))
                    .hasMessageContaining("the child of orders/shardId-000000000000");
        }
    }

    /** Its own children as well, and within the limit. */
    @Test
    void childThatIgnoresItsInputAndSigtermIsKilled() throws Exception {
        ChildLimits quick =
                new ChildLimits(Duration.ofSeconds(30), null, Duration.ofMillis(400), Duration.ofSeconds(10));
        String deaf = "trap '' TERM; printf '{\"action\":\"status\",\"responseFor\":\"initialize\"}\\n';"
                + " while true; do sleep 1000; done";
        try (Children children = children(deaf, quick)) {
            Child child = children.newChild(name(0));
            await(child.start(INITIALIZE));
            ProcessHandle process =
                    ProcessHandle.of(requireNonNull(pids.get(name(0)))).orElseThrow();
            await(child.end("stop"));
            assertThat(process.isAlive()).isFalse();
        }
    }

    /** A wrapper that does not {@code exec}: signals of the system reach the shell alone. */
    @Test
    void grandchildOfAWrapperThatIgnoresSigtermIsGoneBeforeTheChildIs() throws Exception {
        ChildLimits quick =
                new ChildLimits(Duration.ofSeconds(30), null, Duration.ofMillis(400), Duration.ofSeconds(10));
        String deaf = "trap \"\" TERM; echo grandchild $$ >&2;"
                + " printf \"{\\\"action\\\":\\\"status\\\",\\\"responseFor\\\":\\\"initialize\\\"}\\n\";"
                + " while true; do sleep 1; done";
        try (Children children = children("/bin/sh -c '" + deaf + "'; exit 3", quick)) {
            Child child = children.newChild(name(0));
            await(child.start(INITIALIZE));
            ProcessHandle grandchild = grandchild();
            await(child.end("stop"));
            assertThat(isRunning(grandchild)).as("a grandchild that runs").isFalse();
        }
    }

    @Test
    void grandchildOfAWrapperGetsSigtermAndItsTime() throws Exception {
        ChildLimits quick =
                new ChildLimits(Duration.ofSeconds(30), null, Duration.ofSeconds(20), Duration.ofSeconds(10));
        String slow = "trap \"sleep 2; echo saved >&2; exit 0\" TERM; echo grandchild $$ >&2;"
                + " printf \"{\\\"action\\\":\\\"status\\\",\\\"responseFor\\\":\\\"nonsense\\\"}\\n\";"
                + " while true; do sleep 0.1; done";
        try (Children children = children("/bin/sh -c '" + slow + "'; exit 3", quick)) {
            Child child = children.newChild(name(0));
            CompletableFuture<?> started = child.start(INITIALIZE);
            assertThatThrownBy(() -> await(started)).hasMessageContaining("answered something else");
            awaitLog("saved");
            assertThat(isRunning(grandchild())).isFalse();
        }
    }

    private ProcessHandle grandchild() {
        awaitLog(": grandchild ");
        String line = logged.stream()
                .map(ILoggingEvent::getFormattedMessage)
                .filter(text -> text.contains(": grandchild "))
                .findFirst()
                .orElseThrow();
        return ProcessHandle.of(Long.parseLong(line.substring(line.lastIndexOf(' ') + 1)))
                .orElseThrow();
    }

    /** False for one that has ended, though nobody may have asked for its code. */
    private static boolean isRunning(ProcessHandle process) throws IOException {
        return process.isAlive() && !statOf(process.pid()).get(2).equals("Z");
    }

    /** A pipe holds 64 KiB: a child that does not read must hold up nobody else. */
    @Test
    void childThatDoesNotReadHoldsUpNobodyElse() throws Exception {
        ChildLimits quick =
                new ChildLimits(Duration.ofSeconds(30), null, Duration.ofMillis(400), Duration.ofSeconds(10));
        String deaf = "if [ $MILLRACE_SHARD = shardId-000000000000 ]; then"
                + " printf '{\"action\":\"status\",\"responseFor\":\"initialize\"}\\n'; sleep 1000; else " + OBEDIENT
                + "; fi";
        CompletableFuture<?> stuck;
        try (Children children = children(deaf, quick)) {
            Child silent = children.newChild(name(0));
            Child other = children.newChild(name(1));
            await(silent.start(INITIALIZE));
            await(other.start(INITIALIZE));
            stuck = silent.tell(new ToChild.ProcessRecords(List.of(record(1_000_000)), 0), NONE);
            for (int i = 0; i < 20; i++) {
                await(other.tell(new ToChild.ProcessRecords(List.of(record(100_000)), 0), NONE));
            }
            assertThat(stuck).isNotDone();
        }
        assertThatThrownBy(() -> await(stuck)).hasMessageContaining("the daemon ends");
    }

    @Test
    void printsNeverBreakTheProtocolAndAreNotLogged() throws Exception {
        String prints = "echo secret; printf secret; head -c 3000000 /dev/zero | tr '\\0' s; " + OBEDIENT;
        try (Children children = children(prints, ChildLimits.DEFAULT)) {
            Child child = children.newChild(name(0));
            await(child.start(INITIALIZE));
            await(child.tell(new ToChild.ShutdownRequested(), NONE));
        }
        assertThat(logged)
                .anyMatch(event -> event.getFormattedMessage().contains("printed 6 bytes that are no message"));
        assertThat(logged)
                .anyMatch(event -> event.getFormattedMessage().contains("printed 3000006 bytes that are no message"));
        assertThat(logged).noneMatch(event -> event.getFormattedMessage().contains("secret"));
    }

    @Test
    void floodOfErrorsIsCutAndCounted() throws Exception {
        String flood = "i=0; while [ $i -lt 1500 ]; do echo line-$i; i=$((i+1)); done >&2; " + OBEDIENT;
        try (Children children = children(flood, ChildLimits.DEFAULT)) {
            Child child = children.newChild(name(0));
            await(child.start(INITIALIZE));
            await(child.end("done"));
            awaitLog("500 more lines of its standard error are left out: at most 1000 a minute");
        }
        assertThat(logged)
                .filteredOn(event -> event.getFormattedMessage().contains(": line-"))
                .hasSize(1_000);
    }

    @Test
    void helpersThatAreMissingAreToldOnceEach() {
        assertThat(Helpers.find(Map.of("PATH", "/no/such/folder"))).isEmpty();
        assertThat(logged)
                .extracting(ILoggingEvent::getFormattedMessage)
                .satisfiesExactly(
                        line -> assertThat(line).startsWith("No setsid here: "),
                        line -> assertThat(line).startsWith("No setpriv with --pdeathsig here: "));
    }

    @Test
    void levelsAreGuessed() {
        assertThat(ChildLines.levelOf("2026-01-01 12:00:00,123 - root - INFO - hello", Level.WARN))
                .isEqualTo(Level.INFO);
        assertThat(ChildLines.levelOf("[WARNING] low disk", Level.INFO)).isEqualTo(Level.WARN);
        assertThat(ChildLines.levelOf("CRITICAL:root:x", Level.INFO)).isEqualTo(Level.ERROR);
        assertThat(ChildLines.levelOf("DEBUG x", Level.INFO)).isEqualTo(Level.DEBUG);
        assertThat(ChildLines.levelOf("Traceback (most recent call last):", Level.INFO))
                .isEqualTo(Level.ERROR);
        assertThat(ChildLines.levelOf("  File \"app.py\", line 7", Level.ERROR)).isEqualTo(Level.ERROR);
        assertThat(ChildLines.levelOf("ValueError: no", Level.INFO)).isEqualTo(Level.ERROR);
        assertThat(ChildLines.levelOf("hello", Level.DEBUG)).isEqualTo(Level.WARN);
        assertThat(ChildLines.levelOf("INFORMATION", Level.DEBUG)).isEqualTo(Level.WARN);
    }

    private Children children(String script, ChildLimits limits) {
        ChildListener listener = new ChildListener() {
            @Override
            public void started(ChildName child, long pid) {
                pids.put(child, pid);
            }
        };
        return Children.of(
                new ChildCommand(List.of("/bin/sh", "-c", script), "app"), limits, listener, new SystemPlatform());
    }

    private static ChildName name(int shard) {
        return new ChildName(new StreamName("orders"), ShardId.of(shard));
    }

    private static StreamRecord record(int bytes) {
        return new StreamRecord(
                RecordPosition.of(SequenceNumber.parse("1")), "k", Bytes.wrap(new byte[bytes]), Instant.EPOCH);
    }

    private static <T> T await(CompletableFuture<T> stage) throws Exception {
        return stage.get(30, TimeUnit.SECONDS);
    }

    /** The test's own time limit ends it. */
    private void awaitLog(String text) {
        while (logged.stream().noneMatch(event -> event.getFormattedMessage().contains(text))) {
            Thread.onSpinWait();
        }
    }

    private static List<String> statOf(long pid) throws IOException {
        return List.of(
                Files.readString(Path.of("/proc", Long.toString(pid), "stat")).split(" "));
    }

    private static Logger logger() {
        return (Logger) LoggerFactory.getLogger("io.millrace.multilang.child");
    }
}
