package io.millrace.multilang.child;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds the programs of the system through which children are started: {@code setsid} gives each a session of its own, so that a
 * signal of a terminal or a container reaches the daemon first, and {@code setpriv} has the system kill it when the thread that
 * started it ends, however the daemon dies. Blocks for a moment; called once, by the thread that starts children.
 */
final class Helpers {
    private static final Logger log = LoggerFactory.getLogger(Helpers.class);
    private static final int SECONDS = 5;

    private Helpers() {}

    /** The words to put before a command; warns of each helper that is missing. */
    static List<String> find(Map<String, String> environment) {
        String path = environment.getOrDefault("PATH", "/usr/bin:/bin");
        List<String> words = new ArrayList<>();
        if (works(path, List.of("setsid", "true"))) {
            words.add("setsid");
        } else {
            log.warn(
                    "No setsid here: a signal that a terminal or a container sends to the whole group reaches the children"
                            + " as well, and they may end before the daemon has told them");
        }
        List<String> deadly = List.of("setpriv", "--pdeathsig", "KILL");
        List<String> trial = new ArrayList<>(deadly);
        trial.add("true");
        if (works(path, trial)) {
            words.addAll(deadly);
        } else {
            log.warn(
                    "No setpriv with --pdeathsig here: if the daemon is killed, a child goes on until it reads the end of its"
                            + " standard input");
        }
        return List.copyOf(words);
    }

    private static boolean works(String path, List<String> command) {
        if (ChildCommand.find(command.get(0), path).isEmpty()) {
            return false;
        }
        Process process = null;
        try {
            process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            return process.waitFor(SECONDS, TimeUnit.SECONDS) && process.exitValue() == 0;
        } catch (IOException notHere) {
            return false;
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            return false;
        } finally {
            if (process != null) {
                process.destroyForcibly();
            }
        }
    }
}
