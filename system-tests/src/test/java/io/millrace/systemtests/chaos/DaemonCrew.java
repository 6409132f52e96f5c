package io.millrace.systemtests.chaos;

import static java.util.Objects.requireNonNull;

import io.millrace.systemtests.chaos.ChaosNote.Ownership;
import io.millrace.systemtests.process.MillraceProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Daemons with children that note in {@code FOLDER/notes/DAEMON} what they do, and do themselves what {@code FOLDER/deeds/SHARD} asks
 * of them. Safe for any thread.
 */
final class DaemonCrew implements ChaosCrew {
    private static final Pattern LEASE = Pattern.compile(
            "\"event\":\"(lease-taken|lease-lost|shard-ended)\".*\"shard\":\"([^\"]+)\",\"epoch\":(\\d+)");
    private static final Pattern LOSS = Pattern.compile("\"released\":false,\"reason\":\"(.*)\"");
    private static final Pattern CHILD = Pattern.compile(
            "\"event\":\"child-ended\".*\"shard\":\"([^\"]+)\",\"pid\":(-?\\d+),\"failed\":true,\"reason\":\"(.*)\"");

    private final Path folder;
    private final List<Kind> kinds;
    private final String settings;
    private final Queue<ChildFailure> failures = new ConcurrentLinkedQueue<>();
    private final Queue<String> losses = new ConcurrentLinkedQueue<>();
    private final Map<String, Kind> members = new ConcurrentHashMap<>();
    private final Map<String, Long> gone = new ConcurrentHashMap<>();

    /**
     * A crew without members.
     *
     * @param folder whatever belongs to it
     * @param kinds its members' children, in turn
     * @param settings further lines of the daemons' files
     */
    DaemonCrew(Path folder, List<Kind> kinds, String settings) throws IOException {
        this.folder = folder;
        this.kinds = List.copyOf(kinds);
        this.settings = settings;
        Files.createDirectories(folder.resolve("notes"));
        Files.createDirectories(folder.resolve("deeds"));
    }

    /**
     * One kind of children.
     *
     * @param command how they are started
     * @param environment what they need for it
     * @param shardsPerProcess how many shards one may serve
     */
    record Kind(String command, Map<String, String> environment, int shardsPerProcess) {
        Kind {
            requireNonNull(command, "command");
            environment = Map.copyOf(environment);
        }
    }

    /**
     * The end of a child that nobody wanted, by its daemon's account.
     *
     * @param at when it was told
     */
    record ChildFailure(long at, String daemon, String shard, long pid, String reason) {}

    List<ChildFailure> failures() {
        return List.copyOf(failures);
    }

    /** Why leases were lost that were not given back. */
    List<String> losses() {
        return List.copyOf(losses);
    }

    @Override
    public MillraceProcess start(Newcomer newcomer, Consumer<ChaosNote> notes) {
        Kind kind = kinds.get(newcomer.number() % kinds.size());
        members.put(newcomer.name(), kind);
        Path file = folder.resolve(newcomer.name() + ".properties");
        try {
            Files.writeString(
                    file,
                    "executableName = " + kind.command + "\napplicationName = chaos\nstreamName = " + newcomer.stream()
                            + "\nworkerId = " + newcomer.name() + "\nfailoverTimeMillis = "
                            + newcomer.failover().toMillis()
                            + "\nAwsCredentialsProvider = DefaultCredentialsProvider\nshardsPerProcess = "
                            + kind.shardsPerProcess + "\n" + settings);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Map<String, String> environment = new HashMap<>(newcomer.environment());
        environment.putAll(kind.environment);
        environment.put("CHAOS_FOLDER", folder.toString());
        environment.put("CHAOS_DAEMON", newcomer.name());
        return MillraceProcess.start(
                environment,
                line -> hear(newcomer.name(), line, System.nanoTime(), notes),
                List.of("daemon", file.toString(), "--json"));
    }

    @Override
    public boolean isGone(String name) {
        boolean isGone = living(name).isEmpty();
        if (isGone) {
            gone.putIfAbsent(name, System.nanoTime());
        }
        return isGone;
    }

    /** When the last child of a dead daemon was seen to be gone. */
    long goneAt(String daemon) {
        return requireNonNull(gone.get(daemon));
    }

    @Override
    public void askToLeave(MillraceProcess member) {
        member.terminate();
    }

    private void hear(String daemon, String line, long now, Consumer<ChaosNote> notes) {
        Matcher child = CHILD.matcher(line);
        if (child.find()) {
            failures.add(new ChildFailure(now, daemon, child.group(1), Long.parseLong(child.group(2)), child.group(3)));
            return;
        }
        Matcher lease = LEASE.matcher(line);
        if (lease.find()) {
            Matcher reason = LOSS.matcher(line);
            if (reason.find()) {
                losses.add(daemon + " " + lease.group(2) + ": " + reason.group(1));
            }
            Ownership of = new Ownership(lease.group(2), Long.parseLong(lease.group(3)));
            notes.accept(
                    switch (lease.group(1)) {
                        case "lease-taken" -> new ChaosNote.Taken(now, of);
                        case "shard-ended" -> new ChaosNote.Over(now, of, ChaosNote.Way.ENDED);
                        default ->
                            new ChaosNote.Over(
                                    now,
                                    of,
                                    line.contains("\"released\":true") ? ChaosNote.Way.RELEASED : ChaosNote.Way.LOST);
                    });
        }
    }

    /** How many shards one of a daemon's processes may serve. */
    int shardsPerProcess(String daemon) {
        return requireNonNull(members.get(daemon)).shardsPerProcess;
    }

    /** The processes that run and were started by this daemon, or by any where it is empty. */
    List<Long> living(String daemon) {
        String folderOf = "CHAOS_FOLDER=" + folder;
        String daemonOf = "CHAOS_DAEMON=" + daemon;
        return ProcessHandle.allProcesses()
                .filter(process -> {
                    List<String> environment = environment(process.pid());
                    return environment.contains(folderOf)
                            && (daemon.isEmpty() || environment.contains(daemonOf))
                            && environment.stream().anyMatch(one -> one.startsWith("MILLRACE_SHARD="));
                })
                .map(ProcessHandle::pid)
                .toList();
    }

    /** Empty for one that is gone, and for one that only waits for its code to be asked for. */
    private static List<String> environment(long pid) {
        try {
            return List.of(Files.readString(Path.of("/proc", Long.toString(pid), "environ"))
                    .split("\0", -1));
        } catch (IOException | UncheckedIOException gone) {
            return List.of();
        }
    }

    /** Asks whoever works on a shard for a deed within its next batch. */
    void ask(String shard, ChildDeed deed) {
        Path file = folder.resolve("deeds").resolve(shard);
        Path draft = folder.resolve("draft-" + shard);
        try {
            Files.writeString(draft, deed.toString());
            Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** True if somebody has begun with what was asked for. */
    boolean isHeard(String shard) {
        return !Files.exists(folder.resolve("deeds").resolve(shard));
    }

    /** The folder in which its members' children note what they do, a file each. */
    Path notes() {
        return folder.resolve("notes");
    }
}
