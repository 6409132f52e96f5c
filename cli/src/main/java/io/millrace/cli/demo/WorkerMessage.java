package io.millrace.cli.demo;

import java.util.Optional;

/**
 * What a worker process tells the demo, one message a line on its standard output. A line ends with {@code ;} so that the
 * last one of a killed worker is not mistaken for whole.
 */
sealed interface WorkerMessage {
    /** The worker takes part. */
    record Started() implements WorkerMessage {
        @Override
        public String toLine() {
            return "started;";
        }
    }

    /** The worker owns a shard. */
    record Taken(String shard, long epoch) implements WorkerMessage {
        @Override
        public String toLine() {
            return "taken " + shard + " " + epoch + ";";
        }
    }

    /** The worker owns a shard no longer; it gave it back or lost it. */
    record Lost(String shard, long epoch, boolean released) implements WorkerMessage {
        @Override
        public String toLine() {
            return "lost " + shard + " " + epoch + " " + released + ";";
        }
    }

    /** The worker processed a closed shard to its end. */
    record Ended(String shard, long epoch) implements WorkerMessage {
        @Override
        public String toLine() {
            return "ended " + shard + " " + epoch + ";";
        }
    }

    /**
     * The worker processed a record.
     *
     * @param shard where it stood
     * @param epoch of which ownership
     * @param micros when, in microseconds since the epoch, on the clock that all processes of this machine share
     * @param number the record's running number within its key
     * @param key its partition key
     */
    record Processed(String shard, long epoch, long micros, int number, String key) implements WorkerMessage {
        @Override
        public String toLine() {
            return "did " + shard + " " + epoch + " " + micros + " " + number + " " + key + ";";
        }
    }

    /**
     * How the worker's records came to it, since it began.
     *
     * @param piped by pipes
     * @param polled by polling, while a pipe was not open
     */
    record Read(long piped, long polled) implements WorkerMessage {
        @Override
        public String toLine() {
            return "read " + piped + " " + polled + ";";
        }
    }

    /** The message as a line, without its end. */
    String toLine();

    /** Reads a line; empty if it is cut off or no message. */
    static Optional<WorkerMessage> parse(String line) {
        if (!line.endsWith(";")) {
            return Optional.empty();
        }
        String[] parts = line.substring(0, line.length() - 1).split(" ", 6);
        return switch (parts[0] + parts.length) {
            case "started1" -> Optional.of(new Started());
            case "taken3" -> Optional.of(new Taken(parts[1], Long.parseLong(parts[2])));
            case "ended3" -> Optional.of(new Ended(parts[1], Long.parseLong(parts[2])));
            case "read3" -> Optional.of(new Read(Long.parseLong(parts[1]), Long.parseLong(parts[2])));
            case "lost4" -> Optional.of(new Lost(parts[1], Long.parseLong(parts[2]), Boolean.parseBoolean(parts[3])));
            case "did6" ->
                Optional.of(new Processed(
                        parts[1],
                        Long.parseLong(parts[2]),
                        Long.parseLong(parts[3]),
                        Integer.parseInt(parts[4]),
                        parts[5]));
            default -> Optional.empty();
        };
    }
}
