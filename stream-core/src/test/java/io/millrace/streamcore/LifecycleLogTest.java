package io.millrace.streamcore;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** The lines at INFO, which {@code millrace server -v} shows: what became of the server, its streams and consumers. */
class LifecycleLogTest {
    private final Logger logger = (Logger) LoggerFactory.getLogger("io.millrace.streamcore");
    private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();
    private final AppenderBase<ILoggingEvent> appender = new AppenderBase<>() {
        @Override
        protected void append(ILoggingEvent event) {
            if (event.getLevel() == Level.INFO) {
                lines.add(event.getFormattedMessage());
            }
        }
    };

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit fills it before each test
    private Path folder;

    @BeforeEach
    void listen() {
        appender.start();
        logger.addAppender(appender);
        logger.setAdditive(false);
        logger.setLevel(Level.INFO);
    }

    @AfterEach
    void stop() {
        logger.setLevel(null);
        logger.setAdditive(true);
        logger.detachAppender(appender);
    }

    @Test
    void changesOfServerStreamsAndConsumersAreToldAtInfo() throws Exception {
        try (StreamServer server = StreamServer.builder()
                        .port(0)
                        .dataDirectory(folder)
                        .transitionTime(Duration.ZERO)
                        .start();
                Http2Client client = new Http2Client(server.endpoint())) {
            awaitLine("STARTING -> SERVING (everything is open)");
            call(client, "CreateStream", "{\"StreamName\":\"orders\",\"ShardCount\":1}");
            awaitLine("Stream orders: CREATING -> ACTIVE");
            call(
                    client,
                    "RegisterStreamConsumer",
                    "{\"StreamARN\":\"arn:aws:kinesis:us-east-1:000000000000:stream/orders\","
                            + "\"ConsumerName\":\"app\"}");
            awaitLine("Consumer app of stream orders@");
            lines.clear();
            call(client, "PutRecord", "{\"StreamName\":\"orders\",\"PartitionKey\":\"k\",\"Data\":\"AQID\"}");
            call(client, "DescribeStreamSummary", "{\"StreamName\":\"orders\"}");
            assertThat(lines).noneMatch(line -> line.contains("Put") || line.contains("Describe"));
            call(client, "DeleteStream", "{\"StreamName\":\"orders\",\"EnforceConsumerDeletion\":true}");
            awaitLine("Stream orders: ACTIVE -> DELETING");
        }
        awaitLine("SERVING -> DRAINING (asked to stop)");
    }

    private static void call(Http2Client client, String operation, String json) throws Exception {
        assertThat(client.call(operation, json).get(20, TimeUnit.SECONDS)).doesNotContain("__type");
    }

    private void awaitLine(String text) throws InterruptedException {
        String line = lines.poll(20, TimeUnit.SECONDS);
        while (line != null && !line.contains(text)) {
            line = lines.poll(20, TimeUnit.SECONDS);
        }
        assertThat(line).as("a line with '%s'", text).isNotNull();
    }
}
