package io.millrace.streamcore.log.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.millrace.model.Bytes;
import io.millrace.streamcore.log.LogFailedException;
import io.millrace.streamcore.log.LogSettings;
import io.millrace.streamcore.log.MetaChange;
import io.millrace.streamcore.log.ShardLog;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** The bytes behind the last whole batch, or change, of a server that was killed. */
final class TornTailTest {
    private static final Path CATALOG = LogRig.DATA.resolve("catalog.log");
    private static final Path ASIDE = LogRig.DATA.resolve("set-aside");

    private final Logger logger = (Logger) LoggerFactory.getLogger(TornTail.class);
    private final ListAppender<ILoggingEvent> lines = new ListAppender<>();

    /** After a kill: two records and a change, each acknowledged, and where the last of each begins. */
    private final FaultyFiles files = new FaultyFiles();

    private int lastBatch;
    private int lastChange;

    @BeforeEach
    void fill() {
        lines.start();
        logger.addAppender(lines);
        logger.setLevel(Level.WARN);
        logger.setAdditive(false);
        LogRig rig = new LogRig(files);
        ShardLog log = rig.open();
        rig.append(log, 0, "first");
        lastBatch = files.bytes(LogRig.FIRST_SEGMENT).length;
        rig.append(log, 0, "second");
        rig.await(rig.engine.meta().commit(MetaChange.put("first", 0, Bytes.utf8("1"))));
        lastChange = files.bytes(CATALOG).length;
        rig.await(rig.engine.meta().commit(MetaChange.put("second", 0, Bytes.utf8("2"))));
    }

    @AfterEach
    void stop() {
        logger.setLevel(null);
        logger.setAdditive(true);
        logger.detachAppender(lines);
    }

    @Test
    void whatWasCutShortIsTheCrashs() {
        FaultyFiles after = files.copied();
        byte[] whole = after.bytes(LogRig.FIRST_SEGMENT);
        after.replace(LogRig.FIRST_SEGMENT, Arrays.copyOf(whole, whole.length - 1));
        LogRig rig = new LogRig(after);
        assertThat(rig.records(rig.open(), 0)).containsExactly("first");
        told(Level.WARN, LogRig.FIRST_SEGMENT + ": cut off the last " + (whole.length - 1 - lastBatch) + " bytes");
        assertThat(aside(after)).isEmpty();
    }

    @Test
    void whatWasNeverWrittenIsTheCrashs() {
        FaultyFiles after = files.copied();
        byte[] whole = after.bytes(LogRig.FIRST_SEGMENT);
        after.replace(LogRig.FIRST_SEGMENT, Arrays.copyOf(whole, whole.length + 1000));
        LogRig rig = new LogRig(after);
        assertThat(rig.records(rig.open(), 0)).containsExactly("first", "second");
        told(Level.WARN, LogRig.FIRST_SEGMENT + ": cut off the last 1000 bytes");
        assertThat(aside(after)).isEmpty();
    }

    @Test
    void aBatchOfWhichNoByteIsMissingIsKept() {
        byte[] whole = files.bytes(LogRig.FIRST_SEGMENT);
        for (int at = lastBatch; at < whole.length; at++) {
            FaultyFiles after = files.copied();
            byte[] flipped = flip(after, LogRig.FIRST_SEGMENT, at);
            LogRig rig = new LogRig(after);
            ShardLog log = rig.open();
            assertThat(rig.records(log, 0)).containsExactly("first");
            assertThat(rig.append(log, 0, "goes on").firstIndex()).isEqualTo(1);
            List<Path> aside = aside(after);
            assertThat(aside).hasSize(1);
            assertThat(aside.get(0).toString())
                    .startsWith(ASIDE.resolve(LogRig.NAME) + "-")
                    .endsWith("/000000000001.log.from-" + lastBatch);
            assertThat(after.bytes(aside.get(0))).isEqualTo(Arrays.copyOfRange(flipped, lastBatch, whole.length));
            told(
                    Level.ERROR,
                    "what was acknowledged looks the same when it is damaged: they are kept as " + aside.get(0));
        }
    }

    @Test
    void aChangeOfWhichNoByteIsMissingIsKept() {
        byte[] whole = files.bytes(CATALOG);
        for (int at = lastChange; at < whole.length; at++) {
            FaultyFiles after = files.copied();
            byte[] flipped = flip(after, CATALOG, at);
            LogRig rig = new LogRig(after);
            assertThat(rig.engine.meta().entries()).containsOnlyKeys("first");
            List<Path> aside = aside(after);
            assertThat(aside).hasSize(1);
            assertThat(aside.get(0).toString()).startsWith(ASIDE.resolve("catalog") + "-");
            assertThat(after.bytes(aside.get(0))).isEqualTo(Arrays.copyOfRange(flipped, lastChange, whole.length));
            told(Level.ERROR, "they are kept as " + aside.get(0));
        }
    }

    /** Nothing is cut off before it is kept, however often that fails. */
    @Test
    void onAFullDiskEverythingWaitsUntilItCanBeKept() {
        for (int failures = 1; failures < 20; failures++) {
            FaultyFiles after = files.copied();
            byte[] flipped = flip(after, LogRig.FIRST_SEGMENT, lastBatch + 50);
            byte[] flippedCatalog = flip(after, CATALOG, lastChange + 50);
            Failures failed = new Failures();
            after.failStepsAfter(0, Integer.MAX_VALUE);
            LogRig rig = new LogRig(after, LogSettings.DEFAULTS, failed, 1);
            ShardLog log = rig.open();
            assertThat(failed.now()).containsOnlyKeys("catalog", LogRig.NAME);
            assertThat(rig.records(log, 0)).containsExactly("first");
            assertThat(rig.engine.meta().entries()).containsOnlyKeys("first");
            assertThatThrownBy(() -> rig.append(log, 0, "refused")).isInstanceOf(LogFailedException.class);
            assertThat(after.bytes(LogRig.FIRST_SEGMENT)).isEqualTo(flipped);
            assertThat(after.bytes(CATALOG)).isEqualTo(flippedCatalog);
            after.failStepsAfter(failures, 1);
            rig.simulation.run(Duration.ofMinutes(5));
            after.failStepsAfter(Integer.MAX_VALUE, 0);
            assertThat(failed.now()).isEmpty();
            rig.append(log, 0, "goes on");
            rig.await(rig.engine.meta().commit(MetaChange.put("goes on", 0, Bytes.utf8("3"))));
            assertThat(aside(after).stream().map(after::bytes))
                    .contains(
                            Arrays.copyOfRange(flipped, lastBatch, flipped.length),
                            Arrays.copyOfRange(flippedCatalog, lastChange, flippedCatalog.length));
            rig.close();
            LogRig next = new LogRig(after);
            assertThat(next.records(next.open(), 0)).containsExactly("first", "goes on");
            assertThat(next.engine.meta().entries()).containsOnlyKeys("first", "goes on");
        }
    }

    private static byte[] flip(FaultyFiles files, Path path, int at) {
        byte[] bytes = files.bytes(path);
        bytes[at] ^= (byte) (1 << at % 8);
        files.replace(path, bytes);
        return bytes;
    }

    private static List<Path> aside(FaultyFiles files) {
        return files.files().stream().filter(path -> path.startsWith(ASIDE)).toList();
    }

    private void told(Level level, String text) {
        ILoggingEvent line = lines.list.get(lines.list.size() - 1);
        assertThat(line.getFormattedMessage()).contains(text);
        assertThat(line.getLevel()).isEqualTo(level);
    }
}
