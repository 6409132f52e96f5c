package io.millrace.streamcore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.runtime.EventLoop;
import io.millrace.runtime.SystemPlatform;
import io.millrace.sim.PassingLoop;
import io.millrace.sim.PassingPlatform;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;

/** A server whose files of keys are taken away; the timers of the loop that looks at them are fired by the test. */
@Timeout(60)
class LostFilesTest {
    private static final String SECRET = "the-secret-of-the-admin";
    private static final String KEYS = "{\"keys\": [{\"accessKeyId\": \"admin\", \"secretAccessKey\": \"" + SECRET
            + "\", \"allow\": [{\"actions\": [\"*\"], \"streams\": [\"*\"]}]}]}";

    private final BlockingQueue<Runnable> timers = new LinkedBlockingQueue<>();
    private final PassingPlatform platform = new PassingPlatform(new SystemPlatform()) {
        @Override
        public EventLoop newEventLoop(String name) {
            EventLoop real = super.newEventLoop(name);
            return name.equals("security-files") ? new HandLoop(real) : real;
        }
    };

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit fills it before each test
    private Path folder;

    private StreamServer.Builder builder() throws Exception {
        writeKeys();
        return StreamServer.builder()
                .port(0)
                .dataDirectory(folder.resolve("data"))
                .platform(platform)
                .credentials(folder.resolve("keys.json"));
    }

    private void writeKeys() throws Exception {
        Path keys = Files.writeString(folder.resolve("keys.json"), KEYS);
        Files.setPosixFilePermissions(keys, PosixFilePermissions.fromString("rw-------"));
    }

    /** Has the server look at its files once. */
    private void look() throws Exception {
        List<Runnable> due = new ArrayList<>();
        timers.drainTo(due);
        assertThat(due).as("the server looks at its files").isNotEmpty();
        CompletableFuture.allOf(due.stream().map(CompletableFuture::runAsync).toArray(CompletableFuture[]::new))
                .get(20, TimeUnit.SECONDS);
    }

    private static String health(StreamServer server) throws Exception {
        HttpResponse<String> answer = HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(server.endpoint().resolve("/health"))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
        return answer.statusCode() + " " + answer.body();
    }

    private static KinesisAsyncClient client(StreamServer server) {
        return KinesisAsyncClient.builder()
                .endpointOverride(server.endpoint())
                .region(Region.US_EAST_1)
                .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create("admin", SECRET)))
                .build();
    }

    @Test
    void keysOfAFileThatIsGoneStayValidAndHealthSaysSo() throws Exception {
        try (StreamServer server = builder().start();
                KinesisAsyncClient client = client(server)) {
            Files.delete(folder.resolve("keys.json"));
            look();
            assertThat(health(server))
                    .isEqualTo("200 {\"status\":\"ok\",\"reasons\":[\"Cannot use the credentials file "
                            + folder.resolve("keys.json") + ": no such file. The keys read before stay valid.\"]}");
            assertThat(client.listStreams().get(20, TimeUnit.SECONDS).streamNames())
                    .isEmpty();
            writeKeys();
            look();
            assertThat(health(server)).isEqualTo("200 {\"status\":\"ok\",\"reasons\":[]}");
        }
    }

    @Test
    void withoutAFileThatIsRequiredNobodyIsLetInUntilItIsBack() throws Exception {
        try (StreamServer server = builder().credentialsRequired().start();
                KinesisAsyncClient client = client(server)) {
            assertThat(client.listStreams().get(20, TimeUnit.SECONDS).streamNames())
                    .isEmpty();
            Files.delete(folder.resolve("keys.json"));
            look();
            assertThat(health(server))
                    .startsWith("503 {\"status\":\"failed\",\"reasons\":[\"Cannot use the credentials file ")
                    .contains("No key is valid until it can be used.");
            assertThatThrownBy(() -> client.listStreams().get(20, TimeUnit.SECONDS))
                    .hasMessageContaining("The security token included in the request is invalid.");
            writeKeys();
            look();
            assertThat(health(server)).startsWith("200 ");
            assertThat(client.listStreams().get(20, TimeUnit.SECONDS).streamNames())
                    .isEmpty();
        }
    }

    @Test
    void whatIsRequiredHasToBeThereAtTheStart() throws Exception {
        StreamServer.Builder builder = builder().credentialsRequired();
        Files.delete(folder.resolve("keys.json"));
        assertThatThrownBy(builder::start).hasMessageEndingWith("keys.json: no such file.");
        assertThatThrownBy(() ->
                        StreamServer.builder().port(0).credentialsRequired().start())
                .hasMessage("Credentials are required, and no credentials file is given. Give one.");
    }

    /** Keeps timers for the test to fire. */
    private final class HandLoop extends PassingLoop {
        HandLoop(EventLoop real) {
            super(real);
        }

        @Override
        public Cancellable schedule(Duration delay, Runnable task) {
            timers.add(() -> call(() -> {
                        task.run();
                        return CompletableFuture.completedFuture(true);
                    })
                    .join());
            return Cancellable.DONE;
        }
    }
}
