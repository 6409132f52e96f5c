package io.millrace.benchmarks.coordination;

import io.millrace.runtime.Platform;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What every scenario needs.
 *
 * @param launcher the {@code millrace} script
 * @param classPath what workers run from
 * @param stack the server and its clients
 * @param threads for those that read what processes print
 * @param figures where the figures go
 */
record Bench(
        Path launcher,
        String classPath,
        LocalStack stack,
        Platform platform,
        Platform.BlockingTasks threads,
        Figures figures) {
    long now() {
        return Line.nanos(platform.clock().instant());
    }

    /** What the launcher adds to its own flags, so that a worker can be measured with others. */
    static String userFlags() {
        return System.getenv().getOrDefault("MILLRACE_JAVA_OPTS", "");
    }

    /** A program of ours with the flags that the launcher gives to {@code millrace consume}. */
    List<String> java(Class<?> program, List<String> arguments) {
        return java(launcher, classPath, program, arguments);
    }

    /** The same without a bench. */
    static List<String> java(Path launcher, String classPath, Class<?> program, List<String> arguments) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xshare:auto",
                "-XX:+UseSerialGC",
                "-Xss512k",
                "-XX:MetaspaceSize=96m",
                "-XX:TieredStopAtLevel=1",
                "-Dio.netty.leakDetection.level=disabled"));
        int version = Runtime.version().feature();
        if (version >= 22) {
            command.add("--enable-native-access=ALL-UNNAMED");
        }
        if (version >= 24) {
            command.add("--sun-misc-unsafe-memory-access=allow");
        }
        Path archive = launcher.resolveSibling("cli/target/millrace-" + version + ".jsa");
        if (Files.exists(archive)) {
            command.addAll(List.of("-XX:SharedArchiveFile=" + archive, "-Xlog:disable"));
        }
        command.addAll(List.of(userFlags().split(" ", -1)));
        command.removeIf(String::isEmpty);
        command.addAll(List.of("-cp", classPath, program.getName()));
        command.addAll(arguments);
        return command;
    }
}
