package io.millrace.multilang.child;

import static java.util.Objects.requireNonNull;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The command of children.
 *
 * @param words the program and its arguments, which reach it as they are
 * @param application is told to children as {@code MILLRACE_APPLICATION}
 * @param environment further variables of children
 * @param shardsPerProcess how many shards a process may serve, if it speaks frames
 * @param preparation is done before each start
 */
public record ChildCommand(
        List<String> words,
        String application,
        Map<String, String> environment,
        int shardsPerProcess,
        Preparation preparation) {
    /** Checks the parts and copies the collections. */
    public ChildCommand {
        requireNonNull(application, "application");
        requireNonNull(preparation, "preparation");
        environment = Map.copyOf(environment);
        words = List.copyOf(words);
        if (words.isEmpty()) {
            throw new IllegalArgumentException("a command has at least one word");
        }
        if (shardsPerProcess < 1) {
            throw new IllegalArgumentException("a process serves at least one shard, not " + shardsPerProcess);
        }
    }

    /** Something that a start needs. Called by one thread, which may block. */
    @FunctionalInterface
    public interface Preparation {
        /** A start needs nothing. */
        Preparation NONE = () -> {};

        /**
         * Sees to it that a process can be started.
         *
         * @throws IOException if it cannot, in one line for people
         */
        void prepare() throws IOException;
    }

    /** A command that needs no preparation. */
    public ChildCommand(List<String> words, String application, Map<String, String> environment, int shardsPerProcess) {
        this(words, application, environment, shardsPerProcess, Preparation.NONE);
    }

    /** A command of processes that serve one shard each and have no further variables. */
    public ChildCommand(List<String> words, String application) {
        this(words, application, Map.of(), 1);
    }

    /**
     * The file of a program, as the system finds it: by its path if it has a slash, else in the folders of {@code searchPath}. Empty
     * if there is none that may be run.
     */
    public static Optional<Path> find(String program, String searchPath) {
        if (program.isEmpty() || program.indexOf('\0') >= 0) {
            return Optional.empty();
        }
        if (program.indexOf('/') >= 0 || program.indexOf(File.separatorChar) >= 0) {
            return Optional.of(Path.of(program)).filter(ChildCommand::mayBeRun);
        }
        for (String folder : searchPath.split(File.pathSeparator, -1)) {
            Path file = Path.of(folder.isEmpty() ? "." : folder, program);
            if (mayBeRun(file)) {
                return Optional.of(file);
            }
        }
        return Optional.empty();
    }

    private static boolean mayBeRun(Path file) {
        return Files.isRegularFile(file) && Files.isExecutable(file);
    }
}
