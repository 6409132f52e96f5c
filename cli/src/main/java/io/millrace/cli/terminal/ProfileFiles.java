package io.millrace.cli.terminal;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import software.amazon.awssdk.profiles.ProfileFile;
import software.amazon.awssdk.profiles.ProfileFileLocation;

/** Reads the files of the AWS profiles before the SDK does, whose errors do not tell the file. Stateless. */
final class ProfileFiles {
    private static final String CREDENTIALS = "AWS_SHARED_CREDENTIALS_FILE";
    private static final String CONFIGURATION = "AWS_CONFIG_FILE";

    private ProfileFiles() {}

    /** Fails with the name of a file that the SDK could not read, and of the variable that names it if one does. */
    static void check(Map<String, String> environment) {
        check(
                ProfileFileLocation.credentialsFileLocation(),
                ProfileFile.Type.CREDENTIALS,
                environment.containsKey(CREDENTIALS) ? " (from " + CREDENTIALS + ")" : "");
        check(
                ProfileFileLocation.configurationFileLocation(),
                ProfileFile.Type.CONFIGURATION,
                environment.containsKey(CONFIGURATION) ? " (from " + CONFIGURATION + ")" : "");
    }

    private static void check(Optional<Path> file, ProfileFile.Type type, String origin) {
        file.ifPresent(path -> {
            try {
                var unused = ProfileFile.builder().content(path).type(type).build();
            } catch (RuntimeException e) {
                throw CommandFailure.failed(
                        "cannot read the AWS profiles in " + path + origin + ": " + e.getMessage(), e);
            }
        });
    }
}
