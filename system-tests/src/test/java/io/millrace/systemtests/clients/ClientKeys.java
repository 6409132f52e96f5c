package io.millrace.systemtests.clients;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/** The keys that the clients of these tests sign with, and the file for servers that verify them. */
final class ClientKeys {
    /** May do everything. */
    static final String ID = "local";

    static final String SECRET = "the-secret-of-local-clients";
    /** May put into one stream. */
    static final String PRODUCER_ID = "producer";

    static final String PRODUCER_SECRET = "the-secret-of-the-producer";

    private ClientKeys() {}

    /** Writes the file for {@code --credentials}. */
    static Path file(Path folder, String streamOfProducer) throws IOException {
        Path file = Files.writeString(
                folder.resolve("keys.json"), """
                {"keys": [
                  {"accessKeyId": "%s", "secretAccessKey": "%s", "allow": [{"actions": ["*"], "streams": ["*"]}]},
                  {"accessKeyId": "%s", "secretAccessKey": "%s",
                   "allow": [{"actions": ["kinesis:PutRecord*"], "streams": ["%s"]}]}
                ]}
                """.formatted(ID, SECRET, PRODUCER_ID, PRODUCER_SECRET, streamOfProducer));
        return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    }
}
