package io.millrace.systemtests.process;

import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** What a process of a test sees of the settings that happen to be set where the tests run: nothing that changes it. */
public final class CleanEnvironment {
    /** Options that every JVM reads, and says so on its standard error. */
    private static final Set<String> OF_THE_JVM =
            Set.of("_JAVA_OPTIONS", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "CLASSPATH");

    private CleanEnvironment() {}

    /**
     * Takes out the settings of AWS clients, of proxies, of the JVM and of the {@code millrace} command, then adds
     * {@code settings}.
     */
    public static void give(ProcessBuilder process, Map<String, String> settings) {
        process.environment().keySet().removeIf(CleanEnvironment::matters);
        process.environment().putAll(settings);
    }

    private static boolean matters(String name) {
        return name.startsWith("AWS_")
                || name.startsWith("MILLRACE_")
                || name.toLowerCase(Locale.ROOT).endsWith("_proxy")
                || OF_THE_JVM.contains(name);
    }
}
