package io.millrace.systemtests.process;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** How a process of ours is started from the classes under test, with the flags that the {@code millrace} script gives. */
public final class JavaCommand {
    private JavaCommand() {}

    /** The command line of {@code millrace arguments...}. */
    public static List<String> millrace(List<String> arguments) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Xmx512m"));
        int version = Runtime.version().feature();
        if (version >= 22) {
            command.add("--enable-native-access=ALL-UNNAMED");
        }
        if (version >= 24) {
            command.add("--sun-misc-unsafe-memory-access=allow");
        }
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), "io.millrace.cli.Millrace"));
        command.addAll(arguments);
        return command;
    }
}
