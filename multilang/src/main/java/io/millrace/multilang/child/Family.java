package io.millrace.multilang.child;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The processes that a process started, and those that they did, as far as they were there when somebody looked: once their parent
 * has ended nobody knows whose they were. Safe for any thread.
 */
final class Family {
    private final ProcessHandle head;
    private final Set<ProcessHandle> members = ConcurrentHashMap.newKeySet();

    /** The family of {@code head}, which is no member itself. */
    Family(ProcessHandle head) {
        this.head = head;
    }

    /** Looks for members. */
    void remember() {
        List<ProcessHandle> known = List.copyOf(members);
        addThoseOf(head);
        // Those of a member whose own parent has ended are not found from the head.
        known.forEach(this::addThoseOf);
    }

    private void addThoseOf(ProcessHandle parent) {
        // The number of one that has ended may be another's.
        if (parent.isAlive()) {
            parent.descendants().forEach(members::add);
        }
    }

    /** SIGTERM to each that is known. */
    void terminate() {
        members.forEach(ProcessHandle::destroy);
    }

    /** SIGKILL to each that is known. */
    void kill() {
        members.forEach(ProcessHandle::destroyForcibly);
    }

    /** True if one that is known runs. */
    boolean isRunning() {
        members.removeIf(member -> !isRunning(member));
        return !members.isEmpty();
    }

    /** One that has ended counts as alive for as long as no parent asks for its code, which in a container may be for ever. */
    private static boolean isRunning(ProcessHandle member) {
        if (!member.isAlive()) {
            return false;
        }
        Path stat = Path.of("/proc", Long.toString(member.pid()), "stat");
        try {
            String text = Files.exists(stat) ? Files.readString(stat) : "";
            // The name stands in parentheses and may hold anything; the state follows.
            int end = text.lastIndexOf(") ");
            return end < 0 || "ZX".indexOf(text.charAt(end + 2)) < 0;
        } catch (IOException | RuntimeException gone) {
            return member.isAlive();
        }
    }
}
