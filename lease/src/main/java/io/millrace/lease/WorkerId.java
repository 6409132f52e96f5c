package io.millrace.lease;

import static java.util.Objects.requireNonNull;

/**
 * One run of one worker. The name is the user's and may be used again, even by two processes at once; the run is drawn
 * anew at every start, so that a restarted worker is never mistaken for the one that crashed.
 *
 * @param name what the user calls the worker; 1 to 128 characters, without {@code #}
 * @param run what tells this run from all others of the name; not empty, without {@code #}
 */
public record WorkerId(String name, String run) implements Comparable<WorkerId> {
    /** Checks the form. */
    public WorkerId {
        requireNonNull(name, "name");
        requireNonNull(run, "run");
        if (name.isBlank() || name.length() > 128 || name.indexOf('#') >= 0) {
            throw new IllegalArgumentException("not a worker name (1 to 128 characters, without '#'): " + name);
        }
        if (run.isEmpty() || run.indexOf('#') >= 0) {
            throw new IllegalArgumentException("not a worker run: " + run);
        }
    }

    @Override
    public int compareTo(WorkerId other) {
        int byName = name.compareTo(other.name);
        return byName != 0 ? byName : run.compareTo(other.run);
    }

    /** {@code name#run}, as the table's keys have it. */
    @Override
    public String toString() {
        return name + "#" + run;
    }
}
