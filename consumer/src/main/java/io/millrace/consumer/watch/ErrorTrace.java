package io.millrace.consumer.watch;

import io.millrace.consumer.processor.ProcessingFailedException;
import io.millrace.consumer.processor.ProcessorBrokenException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;

/**
 * Where an error came from, in one line: the classes of its whole cause chain, each with the frames that are the user's.
 * Frames of the JDK and of the framework are left out, and so are messages, which may quote a payload; but of a
 * {@link ProcessorBrokenException} and a {@link ProcessingFailedException} the message stands for the frames.
 */
public final class ErrorTrace {
    private static final int MOST_FRAMES = 4;
    private static final int MOST_CAUSES = 6;

    private static final List<String> NOT_THE_USERS = List.of(
            "java.",
            "javax.",
            "jdk.",
            "sun.",
            "com.sun.",
            "io.millrace.checkpoint.",
            "io.millrace.consumer.",
            "io.millrace.fanout.",
            "io.millrace.lease.",
            "io.millrace.model.",
            "io.millrace.runtime.");

    private ErrorTrace() {}

    /** {@code error} and its causes, outermost first. */
    public static String of(Throwable error) {
        Set<Throwable> chain = Collections.newSetFromMap(new IdentityHashMap<>());
        List<String> parts = new ArrayList<>();
        for (Throwable next = error; next != null && chain.add(next); next = next.getCause()) {
            if (parts.size() == MOST_CAUSES) {
                parts.add("...");
                break;
            }
            parts.add(one(next));
        }
        return String.join(", caused by ", parts);
    }

    private static String one(Throwable error) {
        if (error instanceof ProcessorBrokenException || error instanceof ProcessingFailedException) {
            return error.getClass().getName() + ": " + error.getMessage();
        }
        StackTraceElement[] stack = error.getStackTrace();
        List<String> frames = usersFrames(stack);
        if (frames.isEmpty() && stack.length > 0) {
            frames = List.of(stack[0].toString());
        }
        return error.getClass().getName() + (frames.isEmpty() ? "" : " at " + String.join(" < ", frames));
    }

    /** The innermost frames of {@code stack} that are neither the JDK's nor the framework's. */
    public static List<String> usersFrames(StackTraceElement[] stack) {
        return Arrays.stream(stack)
                .filter(frame -> NOT_THE_USERS.stream().noneMatch(frame.getClassName()::startsWith))
                .limit(MOST_FRAMES)
                .map(StackTraceElement::toString)
                .toList();
    }

    /**
     * Those of {@code frames}, each as a stack element says it, that are neither the JDK's nor the framework's nor made at run
     * time; without their class loaders and modules.
     */
    static List<String> usersFramesOf(List<String> frames) {
        return frames.stream()
                .filter(frame -> !frame.contains("$$"))
                .map(ErrorTrace::withoutModule)
                .filter(frame -> NOT_THE_USERS.stream().noneMatch(frame::startsWith))
                .toList();
    }

    /** A frame may begin with both, such as {@code app//} or {@code java.base/}. */
    private static String withoutModule(String frame) {
        return frame.substring(frame.lastIndexOf('/', Math.max(0, frame.indexOf('('))) + 1);
    }
}
