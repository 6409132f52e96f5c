package io.millrace.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine.IVersionProvider;

/** What {@code --version} prints: the version of the build, and the Java it runs on. */
final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() throws IOException {
        try (InputStream version = Version.class.getResourceAsStream("version")) {
            String text = version == null ? "unknown" : new String(version.readAllBytes(), StandardCharsets.UTF_8);
            return new String[] {"millrace " + text.strip() + " (Java " + System.getProperty("java.version") + ")"};
        }
    }
}
