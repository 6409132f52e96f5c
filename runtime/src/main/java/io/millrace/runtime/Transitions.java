package io.millrace.runtime;

import static java.util.Objects.requireNonNull;

import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * The table of a state machine: which states may follow which, and upon what event. Whoever has a state keeps one static table
 * and moves by it, so that a wrong step fails at once and every step is logged in the same form. The first of the states is
 * where the machine begins; one without a successor is where it ends.
 *
 * <p>Immutable; safe for any thread.
 */
public final class Transitions<S extends Enum<S>> {
    private final Class<S> states;
    private final Map<S, Map<S, String>> events;
    private final Level level;
    private final Logger log;

    private Transitions(Table<S> table) {
        this.states = table.states;
        this.events = new EnumMap<>(states);
        table.events.forEach((from, next) -> events.put(from, new EnumMap<>(next)));
        this.level = table.level;
        Class<?> around = states.getEnclosingClass();
        this.log = LoggerFactory.getLogger(around == null ? states : around);
    }

    /** Begins the table of {@code states}. */
    public static <S extends Enum<S>> Table<S> table(Class<S> states) {
        return new Table<>(states);
    }

    /** The states, in the order in which they are declared. */
    public Class<S> states() {
        return states;
    }

    /** True if {@code to} may follow {@code from}. */
    public boolean allows(S from, S to) {
        return eventOrNull(from, to) != null;
    }

    /** What makes {@code to} follow {@code from}; empty if nothing does. */
    public Optional<String> event(S from, S to) {
        return Optional.ofNullable(eventOrNull(from, to));
    }

    /**
     * Goes one step and logs it.
     *
     * @param reason why now, for people
     * @param who whose state it is, for people
     * @return {@code to}
     * @throws IllegalStateException if {@code to} may not follow {@code from}
     */
    public S move(S from, S to, String reason, Object who) {
        if (!allows(from, to)) {
            throw new IllegalStateException(who + ": " + from + " cannot become " + to + " (" + reason + ")");
        }
        if (log.isEnabledForLevel(level)) {
            log.atLevel(level).log("{}: {} -> {} ({})", who, from, to, reason);
        }
        return to;
    }

    private @Nullable String eventOrNull(S from, S to) {
        Map<S, String> next = events.get(from);
        return next == null ? null : next.get(to);
    }

    /** A table that is being written. */
    public static final class Table<S extends Enum<S>> {
        private final Class<S> states;
        private final Map<S, Map<S, String>> events;
        private @Nullable S from;
        private Level level = Level.DEBUG;

        private Table(Class<S> states) {
            this.states = requireNonNull(states, "states");
            this.events = new EnumMap<>(states);
        }

        /** The states that are named next may follow {@code state}. */
        public Table<S> from(S state) {
            from = requireNonNull(state, "state");
            return this;
        }

        /**
         * {@code state} may follow the one named last with {@link #from}.
         *
         * @param event what makes it follow, in a few words
         * @throws IllegalStateException if that has been said before, or there is nothing that it could follow
         */
        public Table<S> to(S state, String event) {
            S before = from;
            if (before == null) {
                throw new IllegalStateException(state + " follows nothing");
            }
            Map<S, String> next = events.computeIfAbsent(before, any -> new EnumMap<>(states));
            if (next.putIfAbsent(state, requireNonNull(event, "event")) != null) {
                throw new IllegalStateException(before + " -> " + state + " is named twice");
            }
            return this;
        }

        /** Steps are logged at this level rather than at DEBUG. */
        public Table<S> loggedAt(Level other) {
            level = requireNonNull(other, "other");
            return this;
        }

        /** The table as it is now. */
        public Transitions<S> build() {
            return new Transitions<>(this);
        }
    }
}
