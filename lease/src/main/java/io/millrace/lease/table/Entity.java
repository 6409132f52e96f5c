package io.millrace.lease.table;

import static java.util.Objects.requireNonNull;

import io.millrace.lease.LeaseKey;
import io.millrace.lease.WorkerId;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import java.util.Optional;
import java.util.function.Function;

/**
 * What a row is about: the sort key of the table. The text sorts so that all rows of which there are few, but the leader's,
 * stand together behind leases and plans: one range read gets them.
 *
 * @param text {@code health#<worker id>}, {@code leader}, {@code lease#<stream>#<shard>}, {@code plan#<worker id>}, {@code plans}, {@code
 *     stream#<name>}, {@code suspended} or {@code worker#<worker id>}
 */
public record Entity(String text) implements Comparable<Entity> {
    static final String HEALTH_PREFIX = "health#";
    static final String LEADER = "leader";
    static final String LEASE_PREFIX = "lease#";
    static final String PLAN_PREFIX = "plan#";
    static final String NEWS = "plans";
    static final String PAUSES = "suspended";
    static final String STREAM_PREFIX = "stream#";
    static final String WORKER_PREFIX = "worker#";

    /** Above every plan and below the news, every stream and worker: {@code $} is the character after {@code #}. */
    static final String AFTER_PLANS = "plan$";

    /** Checks the part. */
    public Entity {
        requireNonNull(text, "text");
    }

    /** The leader's row. */
    public static Entity leader() {
        return new Entity(LEADER);
    }

    /** The row in which {@code worker} tells how its leases get on. Not among those that are looked at all the time. */
    public static Entity health(WorkerId worker) {
        return new Entity(HEALTH_PREFIX + worker);
    }

    /** The row of one lease. */
    public static Entity lease(LeaseKey key) {
        return new Entity(LEASE_PREFIX + key.stream() + "#" + key.shard());
    }

    /** The row that says what {@code worker} shall own. */
    public static Entity plan(WorkerId worker) {
        return new Entity(PLAN_PREFIX + worker);
    }

    /** The row that tells of new plans. */
    public static Entity news() {
        return new Entity(NEWS);
    }

    /** The row that says what is paused. */
    public static Entity pauses() {
        return new Entity(PAUSES);
    }

    /** The row of one stream. */
    public static Entity stream(StreamName name) {
        return new Entity(STREAM_PREFIX + name);
    }

    /** The row of one run of a worker. */
    public static Entity worker(WorkerId worker) {
        return new Entity(WORKER_PREFIX + worker);
    }

    /** The lease that this is the key of; empty when it is something else, or cannot be read. */
    Optional<LeaseKey> lease() {
        return parsed(LEASE_PREFIX, text -> {
            int middle = text.indexOf('#');
            return new LeaseKey(new StreamName(text.substring(0, middle)), new ShardId(text.substring(middle + 1)));
        });
    }

    /** The worker that this is the key of, likewise. */
    Optional<WorkerId> worker() {
        return parsed(WORKER_PREFIX, Entity::worker);
    }

    /** The worker whose plan this is the key of, likewise. */
    Optional<WorkerId> planned() {
        return parsed(PLAN_PREFIX, Entity::worker);
    }

    /** The stream whose row this is the key of, or the row of one of its leases, likewise. */
    Optional<StreamName> stream() {
        return parsed(STREAM_PREFIX, StreamName::new).or(() -> lease().map(LeaseKey::stream));
    }

    private static WorkerId worker(String text) {
        int middle = text.lastIndexOf('#');
        return new WorkerId(text.substring(0, middle), text.substring(middle + 1));
    }

    private <T> Optional<T> parsed(String prefix, Function<String, T> parser) {
        try {
            return text.startsWith(prefix)
                    ? Optional.of(parser.apply(text.substring(prefix.length())))
                    : Optional.empty();
        } catch (IllegalArgumentException | IndexOutOfBoundsException unreadable) {
            return Optional.empty();
        }
    }

    @Override
    public int compareTo(Entity other) {
        return text.compareTo(other.text);
    }

    @Override
    public String toString() {
        return text;
    }
}
