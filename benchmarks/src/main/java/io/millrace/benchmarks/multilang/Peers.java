package io.millrace.benchmarks.multilang;

import io.millrace.benchmarks.multilang.Speech.Language;
import io.millrace.benchmarks.multilang.Speech.Way;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The programs that are measured.
 *
 * @param top the checkout
 * @param amazonClassPath what Amazon's daemon runs from
 * @param clients the folder of Amazon's client libraries
 * @param javaOptions flags of every daemon's JVM
 */
record Peers(Path top, String amazonClassPath, Path clients, List<String> javaOptions) {
    /** The library for Python. */
    Path kclpy() {
        return clients.resolve("kclpy");
    }

    /** The folder of the library for Node.js. */
    Path nodeModules() {
        return clients.resolve("node_modules");
    }

    /** True if the client that {@code speech} needs is there. */
    boolean has(Speech speech) {
        return speech.way() != Way.AMAZON_OWN
                || Files.isDirectory(
                        speech.language() == Language.PYTHON
                                ? kclpy()
                                : nodeModules().resolve("aws-kcl"));
    }

    /** The command line of a program of Amazon's class path. */
    List<String> amazonCommand(String mainClass, List<String> arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(javaOptions);
        command.addAll(List.of("-cp", amazonClassPath, mainClass));
        command.addAll(arguments);
        return command;
    }
}
