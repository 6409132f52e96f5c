package io.millrace.cli.terminal;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProfileFilesTest {
    private static final String PROPERTY = "aws.sharedCredentialsFile";

    @TempDir
    private Path folder;

    @AfterEach
    void forgetFile() {
        System.clearProperty(PROPERTY);
    }

    @Test
    void unreadableProfilesAreToldWithTheFileAndTheSetting() throws IOException {
        Path file = Files.writeString(folder.resolve("credentials"), "no profile at all");
        System.setProperty(PROPERTY, file.toString());

        assertThatThrownBy(() -> ProfileFiles.check(Map.of("AWS_SHARED_CREDENTIALS_FILE", file.toString())))
                .isInstanceOf(CommandFailure.class)
                .hasMessage("cannot read the AWS profiles in " + file
                        + " (from AWS_SHARED_CREDENTIALS_FILE): Expected a profile definition on line 1");
        assertThatThrownBy(() -> ProfileFiles.check(Map.of()))
                .hasMessage("cannot read the AWS profiles in " + file + ": Expected a profile definition on line 1");
    }
}
