package io.millrace.cli;

import static java.util.Objects.requireNonNull;

import io.millrace.cli.terminal.Pause;
import io.millrace.dynamodblocal.DynamoDbLocal;
import io.millrace.dynamodblocal.DynamoDbLocalException;
import io.millrace.runtime.Backoff;
import io.millrace.runtime.SystemPlatform;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * DynamoDB Local beside the server: when it ends by itself it is started again on its port, a few times, and the streams
 * are served meanwhile. Belongs to the command's thread; {@link #close} is safe for any.
 */
final class TablesProcess implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(TablesProcess.class);
    private static final int RESTARTS = 5;
    private static final Backoff BACKOFF = new Backoff(Duration.ofSeconds(1), Duration.ofSeconds(30));
    /** A signal from the terminal reaches the child as well, and perhaps first. */
    private static final Duration SIGNAL_TIME = Duration.ofSeconds(1);

    private final DynamoDbLocal.Settings settings;
    private final RandomGenerator random = new SystemPlatform().random();
    private volatile DynamoDbLocal running;

    private TablesProcess(DynamoDbLocal.Settings settings, DynamoDbLocal running) {
        this.settings = requireNonNull(settings, "settings");
        this.running = requireNonNull(running, "running");
    }

    /** Starts it on {@code port}, 0 for any, with its tables in {@code folder}. */
    static TablesProcess start(Path folder, int port) {
        DynamoDbLocal.Settings settings =
                DynamoDbLocal.Settings.persistedIn(folder).withPort(port);
        DynamoDbLocal running = DynamoDbLocal.start(settings);
        return new TablesProcess(settings.withPort(running.port()), running);
    }

    /** Where clients find it, also after it was started again. */
    URI endpoint() {
        return running.endpoint();
    }

    /**
     * Waits for the process's end and starts it again; returns when it ended too often.
     *
     * @param unlessStopping does not return when the command is being stopped
     */
    void keepRunning(Runnable unlessStopping) {
        String reason = awaitEnd(unlessStopping);
        for (int restart = 1; restart <= RESTARTS; restart++) {
            Duration delay = BACKOFF.delay(restart, random);
            log.warn(
                    "{}. Streams are served as before; it is started again in {} ms ({} of {} times)",
                    reason,
                    delay.toMillis(),
                    restart,
                    RESTARTS);
            Pause.of(delay);
            unlessStopping.run();
            // Its files go; the log stays.
            running.close();
            try {
                running = DynamoDbLocal.start(settings);
                log.warn("DynamoDB Local serves {} again", endpoint());
                reason = awaitEnd(unlessStopping);
            } catch (DynamoDbLocalException e) {
                reason = "DynamoDB Local did not start: " + e.getMessage();
            }
        }
        log.warn(
                "{}. Streams are served as before, but tables no more: it is not started again; to have them back, stop"
                        + " this server and start it again",
                reason);
    }

    private String awaitEnd(Runnable unlessStopping) {
        int exitCode = running.exit().join();
        Pause.of(SIGNAL_TIME);
        unlessStopping.run();
        return "DynamoDB Local ended with exit code " + exitCode + " (its log: " + running.log() + ")";
    }

    @Override
    public void close() {
        running.close();
    }
}
