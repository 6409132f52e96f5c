package io.millrace.streamcore.api.operate;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class MemoryShortageTest {
    private final Logger logger = (Logger) LoggerFactory.getLogger(MemoryShortage.class);
    private final ListAppender<ILoggingEvent> lines = new ListAppender<>();
    private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - 5);
    private final MemoryShortage shortage = new MemoryShortage(now::get);

    @BeforeEach
    void listen() {
        lines.start();
        logger.addAppender(lines);
        logger.setAdditive(false);
    }

    @AfterEach
    void stop() {
        logger.detachAppender(lines);
        logger.setAdditive(true);
    }

    @Test
    void otherFailuresAreNone() {
        assertThat(shortage.noticed(new IllegalStateException(new StackOverflowError())))
                .isFalse();
        assertThat(shortage.reason()).isEmpty();
        assertThat(lines.list).isEmpty();
    }

    @Test
    void oneWarningAMinuteCountsThemAll() {
        for (int second = 0; second <= 60; second++) {
            assertThat(shortage.noticed(new CompletionException(new OutOfMemoryError("Java heap space"))))
                    .isTrue();
            now.addAndGet(Duration.ofSeconds(1).toNanos());
        }
        assertThat(lines.list).extracting(ILoggingEvent::getLevel).containsExactly(Level.WARN, Level.WARN);
        assertThat(lines.list.get(0).getFormattedMessage())
                .startsWith("Out of memory (Java heap space; failures since the last warning: 1).");
        assertThat(lines.list.get(1).getFormattedMessage()).contains("since the last warning: 60)");
    }

    @Test
    void itIsAReasonForTenMinutes() {
        shortage.noticed(new OutOfMemoryError("Java heap space"));
        now.addAndGet(Duration.ofMinutes(9).toNanos());
        assertThat(shortage.reason()).hasValue("the server ran out of memory 540 s ago: give it a larger heap");
        now.addAndGet(Duration.ofMinutes(1).toNanos());
        assertThat(shortage.reason()).isEmpty();
    }
}
