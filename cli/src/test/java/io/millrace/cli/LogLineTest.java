package io.millrace.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.joran.JoranConfigurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.LoggingEvent;
import ch.qos.logback.core.OutputStreamAppender;
import java.time.Instant;
import java.time.OffsetDateTime;
import org.junit.jupiter.api.Test;

/** The text form of the log on standard error. */
class LogLineTest {
    @Test
    void lineBeginsWithDateTimeAndZone() throws Exception {
        LoggerContext context = new LoggerContext();
        JoranConfigurator configurator = new JoranConfigurator();
        configurator.setContext(context);
        configurator.doConfigure(Millrace.class.getResource("/logback.xml"));
        Logger logger = context.getLogger(LogLineTest.class);
        Instant moment = Instant.parse("2026-11-30T01:02:03.004Z");
        LoggingEvent event = new LoggingEvent(LogLineTest.class.getName(), logger, Level.WARN, "text", null, null);
        event.setInstant(moment);

        OutputStreamAppender<ILoggingEvent> appender = (OutputStreamAppender<ILoggingEvent>)
                context.getLogger(Logger.ROOT_LOGGER_NAME).getAppender("STDERR");
        String[] parts = new String(appender.getEncoder().encode(event), UTF_8).split(" ", 2);
        assertThat(OffsetDateTime.parse(parts[0]).toInstant()).isEqualTo(moment);
        assertThat(parts[1]).startsWith("WARN  LogLineTest: text");
    }
}
