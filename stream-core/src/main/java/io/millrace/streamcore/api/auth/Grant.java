package io.millrace.streamcore.api.auth;

import io.millrace.streamcore.api.policy.Wildcard;
import java.util.List;

/**
 * What one line of a key's list allows: each of these actions on each of these streams.
 *
 * @param actions such as {@code kinesis:Put*}
 * @param streams names or patterns of them; what concerns no single stream needs {@code *} itself
 */
record Grant(List<Wildcard> actions, List<Wildcard> streams) {
    Grant {
        actions = List.copyOf(actions);
        streams = List.copyOf(streams);
    }

    boolean allows(String action, String stream) {
        return allowsSomewhere(action) && streams.stream().anyMatch(pattern -> pattern.matches(stream));
    }

    boolean allowsEverywhere(String action) {
        return allowsSomewhere(action) && streams.stream().anyMatch(Wildcard::matchesEverything);
    }

    boolean allowsSomewhere(String action) {
        return actions.stream().anyMatch(pattern -> pattern.matches(action));
    }
}
