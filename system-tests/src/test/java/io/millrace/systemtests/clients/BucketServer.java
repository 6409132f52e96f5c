package io.millrace.systemtests.clients;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.systemtests.process.CleanEnvironment;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3AsyncClient;

/** A server from npm that speaks S3, with one bucket, {@code failures}, and one key and secret, {@code S3RVER}. Belongs to one test. */
final class BucketServer implements AutoCloseable {
    private static final String PACKAGE = "s3rver@3.7.1";

    private final Process process;
    private final URI endpoint;

    private BucketServer(Process process, URI endpoint) {
        this.process = process;
        this.endpoint = endpoint;
    }

    /** Fetches and starts it, or skips the test where it cannot be had. */
    static BucketServer start(Path folder, ClientProcess clients) throws Exception {
        Files.writeString(folder.resolve("package.json"), "{\"private\": true}");
        boolean isFetched = clients.fetch(List.of(
                                "npm", "install", "--prefix", folder.toString(), "--no-audit", "--no-fund", PACKAGE))
                        .exitCode()
                == 0;
        assumeTrue(isFetched, "SKIPPED: cannot fetch " + PACKAGE);
        String script = "const S3rver = require('s3rver'); const server = new S3rver({address: '127.0.0.1', port: 0,"
                + " silent: true, directory: process.argv[1], configureBuckets: [{name: 'failures'}]});"
                + " server.run().then((where) => console.log(where.port));";
        ProcessBuilder builder = new ProcessBuilder(
                        "node", "-e", script, folder.resolve("buckets").toString())
                .directory(folder.toFile())
                .redirectError(folder.resolve("s3rver.err").toFile());
        CleanEnvironment.give(builder, Map.of());
        Process process = builder.start();
        try {
            BufferedReader output = process.inputReader(StandardCharsets.UTF_8);
            return new BucketServer(process, URI.create("http://127.0.0.1:" + output.readLine()));
        } catch (IOException | RuntimeException failure) {
            process.destroyForcibly();
            throw failure;
        }
    }

    URI endpoint() {
        return endpoint;
    }

    S3AsyncClient client() {
        return S3AsyncClient.builder()
                .endpointOverride(endpoint)
                .forcePathStyle(true)
                .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
                .region(Region.US_EAST_1)
                .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create("S3RVER", "S3RVER")))
                .build();
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
