package io.millrace.systemtests.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.core.interceptor.SdkExecutionAttribute;

/**
 * Notes each call that the AWS SDK makes in a process, a line each: {@code dynamodb:Query millrace}, the action as policies
 * name it and the table, or {@code kinesis:GetRecords}. The SDK loads it into the processes that
 * {@link JavaCommand#millraceWithCallLog} starts; it does nothing unless the environment names a file.
 */
public final class CallLog implements ExecutionInterceptor {
    /** The environment variable that names the file. */
    public static final String FILE = "MILLRACE_TEST_CALLS";

    private final Optional<Path> file;

    /** As the SDK makes it. */
    public CallLog() {
        this(Optional.ofNullable(System.getenv(FILE)).map(Path::of));
    }

    private CallLog(Optional<Path> file) {
        this.file = file;
    }

    /** Notes calls in {@code file}, whatever the environment says. */
    public static CallLog in(Path file) {
        return new CallLog(Optional.of(file));
    }

    /** What was noted, each line once. */
    public static SortedSet<String> read(Path file) throws IOException {
        return new TreeSet<>(Files.readAllLines(file));
    }

    @Override
    public void beforeExecution(Context.BeforeExecution context, ExecutionAttributes attributes) {
        if (file.isEmpty()) {
            return;
        }
        String service =
                attributes.getAttribute(SdkExecutionAttribute.SERVICE_NAME).toLowerCase(Locale.ROOT);
        @Nullable
        String table =
                context.request().getValueForField("TableName", String.class).orElse(null);
        String line = service + ":" + attributes.getAttribute(SdkExecutionAttribute.OPERATION_NAME)
                + (table == null ? "" : " " + table) + "\n";
        try {
            // One write each, so that lines of several threads do not mix.
            Files.write(
                    file.get(),
                    line.getBytes(StandardCharsets.UTF_8),
                    StandardOpenOption.CREATE,
                    StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The actions among {@code calls}, without tables. */
    public static SortedSet<String> actions(Iterable<String> calls) {
        SortedSet<String> actions = new TreeSet<>();
        for (String call : calls) {
            actions.add(List.of(call.split(" ", 2)).get(0));
        }
        return actions;
    }
}
