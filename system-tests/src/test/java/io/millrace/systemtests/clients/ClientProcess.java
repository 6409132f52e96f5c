package io.millrace.systemtests.clients;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.systemtests.process.CleanEnvironment;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** Runs a client to its end. Belongs to one test. */
final class ClientProcess {
    private static final int LIMIT_SECONDS = 60;

    private final Path folder;
    private final String keyId;
    private final String secret;
    private int runs;

    /** Runs whose output goes through files in {@code folder}. */
    ClientProcess(Path folder) {
        this(folder, ClientKeys.ID, ClientKeys.SECRET);
    }

    /** Runs that sign with this key. */
    ClientProcess(Path folder, String keyId, String secret) {
        this.folder = folder;
        this.keyId = keyId;
        this.secret = secret;
    }

    /** Skips the test, loudly, unless the command runs. */
    void assumePresent(String name, List<String> command) throws Exception {
        boolean isPresent;
        try {
            isPresent = run(command).exitCode() == 0;
        } catch (IOException notFound) {
            isPresent = false;
        }
        String skipped = "SKIPPED: " + name + " is not installed (" + String.join(" ", command) + " fails)";
        if (!isPresent) {
            System.err.println(skipped);
        }
        assumeTrue(isPresent, skipped);
    }

    /** A script from beside this class, as a file of the folder. */
    Path resource(String name) throws IOException {
        try (InputStream source = requireNonNull(ClientProcess.class.getResourceAsStream(name), name)) {
            Files.copy(source, folder.resolve(name));
        }
        return folder.resolve(name);
    }

    /** Runs {@code command} with the settings of a client of a local server. */
    Outcome run(List<String> command) throws IOException, InterruptedException {
        String none = folder.resolve("none").toString();
        return run(
                command,
                builder -> CleanEnvironment.give(
                        builder,
                        Map.of(
                                "AWS_ACCESS_KEY_ID", keyId,
                                "AWS_SECRET_ACCESS_KEY", secret,
                                "AWS_DEFAULT_REGION", "us-east-1",
                                "AWS_PAGER", "",
                                "AWS_CONFIG_FILE", none,
                                "AWS_SHARED_CREDENTIALS_FILE", none,
                                "AWS_EC2_METADATA_DISABLED", "true")));
    }

    /** Runs a command that fetches files from elsewhere, by the true date and through the proxies that are set. */
    Outcome fetch(List<String> command) throws IOException, InterruptedException {
        return run(command, builder -> builder.environment().remove("LD_PRELOAD"));
    }

    private Outcome run(List<String> command, Consumer<ProcessBuilder> settings)
            throws IOException, InterruptedException {
        runs++;
        Path out = folder.resolve("out-" + keyId + "-" + runs);
        Path err = folder.resolve("err-" + keyId + "-" + runs);
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
        settings.accept(builder);
        Process process = builder.start();
        try {
            assertThat(process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS))
                    .as("%s ends", command)
                    .isTrue();
        } finally {
            process.destroyForcibly();
        }
        return new Outcome(
                process.exitValue(),
                Files.readString(out, StandardCharsets.UTF_8),
                Files.readString(err, StandardCharsets.UTF_8));
    }

    /**
     * How a run ended.
     *
     * @param exitCode 0 when all went well
     * @param out what it printed
     * @param err what it complained of
     */
    record Outcome(int exitCode, String out, String err) {}
}
