package io.millrace.systemtests.process;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** How a process of ours is started from the classes under test, with the flags that the {@code millrace} script gives. */
public final class JavaCommand {
    private static final String JAVA =
            Path.of(System.getProperty("java.home"), "bin", "java").toString();
    private static final Path TESTS = Path.of("target", "test-classes").toAbsolutePath();
    /** What is under test, and its libraries. */
    private static final String CLASS_PATH = withoutTests(System.getProperty("java.class.path"));

    private static final String DYNAMODB_FLAGS = "millrace.dynamodb-local.java-options";

    private JavaCommand() {}

    /** The command line of {@code millrace arguments...}. */
    public static List<String> millrace(List<String> arguments) {
        return millrace(CLASS_PATH, arguments);
    }

    /** The same with a heap of this size, in the form of the flag, such as {@code 256m}. */
    static List<String> millraceWithHeap(String heap, List<String> arguments) {
        List<String> command = new ArrayList<>(millrace(arguments));
        // Of a flag that comes twice the last one counts.
        command.add(command.indexOf("-cp"), "-Xmx" + heap);
        return command;
    }

    /** The same in a process that notes its calls, as {@link CallLog} says. */
    public static List<String> millraceWithCallLog(List<String> arguments) {
        // The tests' classes come last: an archive fits a class path that begins as its own.
        return millrace(
                String.join(
                        File.pathSeparator, CLASS_PATH, TESTS.resolve("calls").toString(), TESTS.toString()),
                arguments);
    }

    /** The command line of a program among the tests, of this class. */
    public static List<String> test(String mainClass, List<String> arguments) {
        List<String> command = new ArrayList<>(flags(JAVA));
        command.addAll(Archived.FLAGS);
        command.addAll(List.of("-cp", CLASS_PATH + File.pathSeparator + TESTS, mainClass));
        command.addAll(arguments);
        return command;
    }

    private static List<String> millrace(String classPath, List<String> arguments) {
        List<String> command = new ArrayList<>(flags(JAVA));
        command.addAll(Archived.FLAGS);
        command.add("-D" + DYNAMODB_FLAGS + "=" + System.getProperty(DYNAMODB_FLAGS, ""));
        command.addAll(List.of("-cp", classPath, "io.millrace.cli.Millrace"));
        command.addAll(arguments);
        return command;
    }

    /** The beginning of a command line. */
    static List<String> flags(String java) {
        List<String> command =
                new ArrayList<>(List.of(java, "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx512m"));
        int version = Runtime.version().feature();
        if (version >= 22) {
            command.add("--enable-native-access=ALL-UNNAMED");
        }
        if (version >= 24) {
            command.add("--sun-misc-unsafe-memory-access=allow");
        }
        return command;
    }

    private static String withoutTests(String classPath) {
        return Arrays.stream(classPath.split(File.pathSeparator))
                .filter(part -> !Path.of(part).equals(TESTS) && Files.exists(Path.of(part)))
                .collect(Collectors.joining(File.pathSeparator));
    }

    /** Made with the first process. */
    private static final class Archived {
        static final List<String> FLAGS = ClassArchive.flags(JAVA, CLASS_PATH);
    }
}
