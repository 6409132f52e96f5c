package io.millrace.systemtests.clients;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.streamcore.StreamServer;
import io.millrace.systemtests.process.CleanEnvironment;
import io.millrace.systemtests.process.JavaCommand;
import io.millrace.systemtests.process.Tables;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** An application moves from the Kinesis Client Library to ours and back, by the steps of docs/migration.md. */
class MovingTest {
    private static final String STREAM = "kcl-moving";
    private static final String KCL_TABLE = "kcl-polling";
    private static final int ROUND = 100;

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit fills it before each test
    private Path folder;

    @Test
    @Tag("slow")
    @Timeout(400) // the KCL alone takes a minute and more to start, twice
    void eachGoesOnExactlyWhereTheOtherStopped() throws Exception {
        try (StreamServer server = StreamServer.builder()
                        .port(0)
                        .dataDirectory(folder.resolve("data"))
                        .transitionTime(Duration.ZERO)
                        .start();
                Tables dynamoDb = Tables.open();
                FedStream stream = FedStream.create(server.endpoint(), STREAM, 2)) {
            Map<String, String> environment = ClientProgram.environment(server.endpoint(), dynamoDb.endpoint(), folder);
            List<Map<String, String>> all = new ArrayList<>();

            stream.put(ROUND);
            try (ClientProgram kcl = kcl(environment)) {
                all.addAll(records(kcl));
                assertThat(millrace(environment, 1, importing())).contains("is running");
                stop(kcl);
            }
            assertThat(millrace(environment, 0, importing())).contains("imported " + STREAM + "/shardId-000000000001");

            stream.split("shardId-000000000000");
            stream.put(ROUND);
            all.addAll(consumed(environment));

            assertThat(millrace(
                            environment,
                            0,
                            List.of(
                                    "leases",
                                    "export",
                                    "moved",
                                    "--to-kcl-table",
                                    KCL_TABLE,
                                    "--overwrite",
                                    "--failover",
                                    "6")))
                    .contains("exported shardId-000000000003");
            stream.put(ROUND);
            try (ClientProgram kcl = kcl(environment)) {
                all.addAll(records(kcl));
                stop(kcl);
            }

            stream.checkThatAllArrivedOnceAndInOrder(all);
        }
    }

    private static List<String> importing() {
        return List.of(
                "leases", "import", "moved", "--from-kcl-table", KCL_TABLE, "--stream", STREAM, "--failover", "6");
    }

    private ClientProgram kcl(Map<String, String> environment) throws IOException {
        return ClientProgram.start(
                "kcl", "io.millrace.clients.kcl.KclConsumer", folder, environment, STREAM, "polling");
    }

    private static List<Map<String, String>> records(ClientProgram kcl) {
        List<Map<String, String>> records = new ArrayList<>();
        while (records.size() < ROUND) {
            Map<String, String> line = kcl.next();
            if ("record".equals(line.get("event"))) {
                records.add(line);
            }
        }
        return records;
    }

    private static void stop(ClientProgram kcl) throws IOException {
        kcl.askToStop();
        assertThat(kcl.exitCode()).isZero();
    }

    /** What our worker printed until it had a round of records and was told to stop. */
    private List<Map<String, String>> consumed(Map<String, String> environment) throws Exception {
        Process worker = start(
                environment,
                List.of("consume", STREAM, "--app", "moved", "--json", "--failover", "2"),
                ProcessBuilder.Redirect.DISCARD);
        List<Map<String, String>> records = new ArrayList<>();
        try (BufferedReader lines = worker.inputReader(StandardCharsets.UTF_8)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                records.add(Map.of(
                        "key",
                        field(line, "partitionKey"),
                        "data",
                        new String(Base64.getDecoder().decode(field(line, "data")), StandardCharsets.UTF_8)));
                if (records.size() == ROUND) {
                    worker.toHandle().destroy();
                }
            }
        } finally {
            worker.toHandle().destroyForcibly();
        }
        return records;
    }

    private static String field(String json, String name) {
        Matcher matcher = Pattern.compile("\"" + name + "\":\"([^\"]*)\"").matcher(json);
        assertThat(matcher.find()).as(json).isTrue();
        return matcher.group(1);
    }

    private String millrace(Map<String, String> environment, int exitCode, List<String> arguments) throws Exception {
        Path out = Files.createTempFile(folder, "run", ".out");
        Process run = start(environment, arguments, ProcessBuilder.Redirect.to(out.toFile()));
        try {
            Process ended = run.onExit().orTimeout(60, TimeUnit.SECONDS).join();
            assertThat(ended.exitValue()).as(Files.readString(out)).isEqualTo(exitCode);
            return Files.readString(out);
        } finally {
            run.destroyForcibly();
        }
    }

    private Process start(Map<String, String> environment, List<String> arguments, ProcessBuilder.Redirect output)
            throws IOException {
        ProcessBuilder builder = new ProcessBuilder(JavaCommand.millrace(arguments)).directory(folder.toFile());
        CleanEnvironment.give(builder, environment);
        if (output.equals(ProcessBuilder.Redirect.DISCARD)) {
            return builder.redirectError(output).start();
        }
        return builder.redirectErrorStream(true).redirectOutput(output).start();
    }
}
