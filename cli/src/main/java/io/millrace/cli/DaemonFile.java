package io.millrace.cli;

import io.millrace.cli.terminal.CommandFailure;
import io.millrace.multilang.settings.PropertiesText;
import io.millrace.multilang.settings.Setting;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;

/** Finds a daemon's file of settings: on the disk, else on the class path. */
final class DaemonFile {
    private DaemonFile() {}

    static List<Setting> read(String name) {
        return PropertiesText.parse(bytes(name));
    }

    private static byte[] bytes(String name) {
        try {
            Path file = Path.of(name);
            if (Files.isRegularFile(file)) {
                return Files.readAllBytes(file);
            }
            if (Files.isDirectory(file)) {
                throw CommandFailure.failed(name + " is a folder: give a .properties file");
            }
            try (InputStream resource = DaemonFile.class.getClassLoader().getResourceAsStream(name)) {
                if (resource == null) {
                    throw CommandFailure.failed("there is no file " + name + ", on the disk or on the class path");
                }
                return resource.readAllBytes();
            }
        } catch (InvalidPathException noPath) {
            throw CommandFailure.failed("there is no file " + name);
        } catch (IOException unreadable) {
            throw CommandFailure.failed("cannot read " + name + ": " + unreadable.getMessage(), unreadable);
        }
    }
}
