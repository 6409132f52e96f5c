package io.millrace.clients.kcl;

/** Prints one JSON object a line. Safe for any thread. */
final class Lines {
    private Lines() {}

    /**
     * Prints an event.
     *
     * @param event what happened
     * @param fields names and values in turn, of characters that JSON needs no escape for
     */
    static void print(String event, String... fields) {
        StringBuilder line = new StringBuilder("{\"event\":\"").append(event).append('"');
        for (int i = 0; i < fields.length; i += 2) {
            line.append(",\"")
                    .append(fields[i])
                    .append("\":\"")
                    .append(fields[i + 1])
                    .append('"');
        }
        System.out.println(line.append('}'));
    }
}
