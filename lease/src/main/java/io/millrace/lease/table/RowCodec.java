package io.millrace.lease.table;

import io.millrace.lease.LeaseKey;
import io.millrace.lease.ShardDirectory.StreamIdentity;
import io.millrace.lease.WorkerId;
import io.millrace.model.Bytes;
import io.millrace.model.Checkpoint;
import io.millrace.model.HashKey;
import io.millrace.model.HashKeyRange;
import io.millrace.model.PendingCheckpoint;
import io.millrace.model.Position;
import io.millrace.model.RecordPosition;
import io.millrace.model.SequenceNumber;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * Rows as DynamoDB items and back. Attributes have plain names; an absent value is an absent attribute; checkpoints are
 * written as the KCL writes them. Attributes that this version does not know are left alone.
 */
final class RowCodec {
    static final String APPLICATION = "application";
    static final String ENTITY = "entity";
    static final String REVISION = "revision";

    private static final String TRIM_HORIZON = "TRIM_HORIZON";
    private static final String LATEST = "LATEST";
    private static final String AT_TIMESTAMP = "AT_TIMESTAMP";
    private static final String SHARD_END = "SHARD_END";

    private static final int LONGEST_REASON = 200;

    private RowCodec() {}

    /** Everything of the row but its key and revision; null where the attribute must be absent. */
    static Map<String, @Nullable AttributeValue> attributes(Row row) {
        Map<String, @Nullable AttributeValue> item = new LinkedHashMap<>();
        if (row instanceof LeaseRow lease) {
            write(lease, item);
        } else if (row instanceof WorkerRow worker) {
            item.put("state", text(worker.state().name()));
            item.put("leaseChanges", number(worker.leaseChanges()));
            item.put("planSeen", number(worker.planSeen()));
            item.put("host", text(worker.info().host()));
            item.put("version", text(worker.info().version()));
            item.put("leases", number(worker.info().leases()));
            item.put("maxLeases", number(worker.info().maxLeases()));
            item.put(
                    "streams",
                    AttributeValue.fromL(worker.info().streams().stream()
                            .map(stream -> text(stream.value()))
                            .toList()));
        } else if (row instanceof PlanRow plan) {
            item.put("leader", text(plan.leader().toString()));
            item.put("leaderEpoch", number(plan.leaderEpoch()));
            PlanCodec.write("leases", plan.leases(), reason -> reason, item);
            PlanCodec.write("gives", plan.gives(), WorkerId::toString, item);
        } else if (row instanceof HealthRow health) {
            StatusCodec.write(health, item);
        } else if (row instanceof PauseRow paused) {
            writePauses(paused, item);
        } else if (row instanceof NewsRow news) {
            item.put("by", text(news.by()));
        } else if (row instanceof LeaderRow leader) {
            item.put("epoch", number(leader.epoch()));
            item.put("leader", text(leader.leader().toString()));
        } else if (row instanceof StreamRow stream) {
            item.put("arn", text(stream.identity().arn()));
            item.put("created", text(stream.identity().created().toString()));
            writeInitial(stream.initialPosition(), "initialPosition", "initialTimestamp", item);
            stream.began().ifPresent(began -> item.put("initialTimestamp", text(began.toString())));
            item.put("synced", AttributeValue.fromBool(stream.synced()));
            item.put("importing", stream.importing() ? AttributeValue.fromBool(true) : null);
            item.put("deleting", stream.deleting() ? AttributeValue.fromBool(true) : null);
        }
        return item;
    }

    /** Reads an item; one that cannot be read is an {@link UnreadableRow}. */
    static Row row(Map<String, AttributeValue> attributes) {
        Item item = new Item(attributes);
        String entity = item.text(ENTITY);
        try {
            if (entity.startsWith(Entity.LEASE_PREFIX)) {
                return lease(entity, item);
            } else if (entity.startsWith(Entity.WORKER_PREFIX)) {
                return worker(entity, item);
            } else if (entity.startsWith(Entity.PLAN_PREFIX)) {
                return plan(entity, item);
            } else if (entity.startsWith(Entity.STREAM_PREFIX)) {
                return stream(entity, item);
            } else if (entity.startsWith(Entity.HEALTH_PREFIX)) {
                return health(entity, item);
            } else if (entity.equals(Entity.PAUSES)) {
                return pauses(item);
            } else if (entity.equals(Entity.NEWS)) {
                return new NewsRow(item.revision(), item.text("by"));
            } else if (entity.equals(Entity.LEADER)) {
                return new LeaderRow(item.revision(), item.number("epoch"), worker(item.text("leader")));
            }
            return unreadable(entity, item, "this version knows no such row");
        } catch (RuntimeException error) {
            return unreadable(entity, item, String.valueOf(error.getMessage()));
        }
    }

    private static UnreadableRow unreadable(String entity, Item item, String reason) {
        AttributeValue revision = item.attributes().get(REVISION);
        String line = reason.lines().findFirst().orElse("");
        return new UnreadableRow(
                new Entity(entity),
                revision == null || revision.n() == null ? "" : revision.n(),
                line.length() > LONGEST_REASON ? line.substring(0, LONGEST_REASON) : line);
    }

    private static void write(LeaseRow lease, Map<String, @Nullable AttributeValue> item) {
        item.put(
                "owner",
                lease.ownerOrNull() == null ? null : text(lease.ownerOrNull().name()));
        item.put(
                "ownerRun",
                lease.ownerOrNull() == null ? null : text(lease.ownerOrNull().run()));
        item.put("epoch", number(lease.epoch()));
        item.put("subSequence", null);
        item.put("timestamp", null);
        if (lease.checkpoint() instanceof Checkpoint.NotStarted start) {
            writeInitial(start.position(), "checkpoint", "timestamp", item);
        } else if (lease.checkpoint() instanceof Checkpoint.Processed processed) {
            item.put("checkpoint", text(processed.position().sequenceNumber().toString()));
            item.put("subSequence", number(processed.position().subSequenceNumber()));
        } else {
            item.put("checkpoint", text(SHARD_END));
        }
        Optional<PendingCheckpoint> pending = lease.pending();
        item.put(
                "pending",
                pending.map(prepared ->
                                text(prepared.position().sequenceNumber().toString()))
                        .orElse(null));
        item.put(
                "pendingSub",
                pending.map(prepared -> number(prepared.position().subSequenceNumber()))
                        .orElse(null));
        item.put(
                "pendingState",
                pending.map(prepared -> AttributeValue.fromB(
                                SdkBytes.fromByteArrayUnsafe(prepared.state().toByteArray())))
                        .orElse(null));
        Lineage lineage = lease.lineage();
        item.put("parents", shards(lineage.parents()));
        item.put("children", shards(lineage.children()));
        item.put("hashStart", text(lineage.hashKeyRange().start().toString()));
        item.put("load", lease.load() < 0 ? null : number(lease.load()));
        item.put("hashEnd", text(lineage.hashKeyRange().end().toString()));
        Optional<Instant> saved = lease.notes().savedAt();
        item.put("checkpointAt", saved.map(at -> text(at.toString())).orElse(null));
        item.put("checkpointAtEpoch", saved.isPresent() ? number(lease.epoch()) : null);
        List<String> skips = lease.notes().skips();
        item.put(
                "skips",
                skips.isEmpty()
                        ? null
                        : AttributeValue.fromL(
                                skips.stream().map(RowCodec::text).toList()));
    }

    private static void writeInitial(
            Position.Initial position, String name, String timeName, Map<String, @Nullable AttributeValue> item) {
        item.put(timeName, null);
        if (position instanceof Position.AtTimestamp at) {
            item.put(name, text(AT_TIMESTAMP));
            item.put(timeName, text(at.time().toString()));
        } else {
            item.put(name, text(position instanceof Position.Latest ? LATEST : TRIM_HORIZON));
        }
    }

    private static LeaseRow lease(String entity, Item item) {
        LeaseKey key = leaseKey(entity.substring(Entity.LEASE_PREFIX.length()));
        WorkerId owner = item.has("owner") ? new WorkerId(item.text("owner"), item.text("ownerRun")) : null;
        HashKeyRange range =
                new HashKeyRange(HashKey.parse(item.text("hashStart")), HashKey.parse(item.text("hashEnd")));
        Lineage lineage = new Lineage(item.shards("parents"), item.shards("children"), range);
        long load = item.has("load") ? item.number("load") : LeaseRow.UNKNOWN_LOAD;
        return new LeaseRow(
                key,
                item.revision(),
                item.number("epoch"),
                owner,
                checkpoint(item),
                lineage,
                load,
                notes(item),
                pending(item));
    }

    private static @Nullable PendingCheckpoint pending(Item item) {
        return item.has("pending")
                ? new PendingCheckpoint(
                        new RecordPosition(SequenceNumber.parse(item.text("pending")), item.number("pendingSub")),
                        Bytes.wrap(item.get("pendingState").b().asByteArrayUnsafe()))
                : null;
    }

    /** A former version moves the checkpoint and leaves the time as it is; it takes the lease under a new epoch before. */
    private static LeaseNotes notes(Item item) {
        boolean isOfNow = item.has("checkpointAtEpoch") && item.number("checkpointAtEpoch") == item.number("epoch");
        List<String> skips = item.has("skips")
                ? item.get("skips").l().stream().map(AttributeValue::s).toList()
                : List.of();
        return new LeaseNotes(isOfNow ? Instant.parse(item.text("checkpointAt")) : null, skips);
    }

    private static void writePauses(PauseRow paused, Map<String, @Nullable AttributeValue> item) {
        Map<String, AttributeValue> leases = new LinkedHashMap<>();
        paused.leases().forEach((key, note) -> leases.put(key.toString(), text(note)));
        item.put("all", paused.allOrNull() == null ? null : text(paused.allOrNull()));
        item.put("leases", AttributeValue.fromM(leases));
    }

    private static PauseRow pauses(Item item) {
        PauseRow paused = new PauseRow(item.revision(), item.has("all") ? item.text("all") : null, new TreeMap<>());
        for (Map.Entry<String, AttributeValue> lease : item.get("leases").m().entrySet()) {
            paused = paused.with(
                    leaseKey(lease.getKey().replace('/', '#')), lease.getValue().s());
        }
        return paused;
    }

    private static HealthRow health(String entity, Item item) {
        return new HealthRow(
                worker(entity.substring(Entity.HEALTH_PREFIX.length())),
                item.revision(),
                Instant.parse(item.text("at")),
                StatusCodec.read(item.get("shards").m(), item.get("whys").l()),
                (int) item.number("leftOut"));
    }

    private static Checkpoint checkpoint(Item item) {
        String text = item.text("checkpoint");
        return switch (text) {
            case TRIM_HORIZON, LATEST, AT_TIMESTAMP -> Checkpoint.notStarted(initial(text, "timestamp", item));
            case SHARD_END -> Checkpoint.shardEnd();
            default -> Checkpoint.processed(new RecordPosition(SequenceNumber.parse(text), item.number("subSequence")));
        };
    }

    private static Position.Initial initial(String text, String timeName, Item item) {
        return switch (text) {
            case TRIM_HORIZON -> Position.trimHorizon();
            case LATEST -> Position.latest();
            case AT_TIMESTAMP -> new Position.AtTimestamp(Instant.parse(item.text(timeName)));
            default -> throw new IllegalArgumentException("not an initial position: " + text);
        };
    }

    private static WorkerRow worker(String entity, Item item) {
        SortedSet<StreamName> streams = new TreeSet<>();
        if (item.has("streams")) {
            item.get("streams").l().forEach(stream -> streams.add(new StreamName(stream.s())));
        }
        int maxLeases = item.has("maxLeases") ? (int) item.number("maxLeases") : Integer.MAX_VALUE;
        WorkerRow.Info info = new WorkerRow.Info(
                item.text("host"), item.text("version"), (int) item.number("leases"), maxLeases, streams);
        return new WorkerRow(
                worker(entity.substring(Entity.WORKER_PREFIX.length())),
                item.revision(),
                WorkerRow.State.valueOf(item.text("state")),
                item.number("leaseChanges"),
                item.number("planSeen"),
                info);
    }

    private static PlanRow plan(String entity, Item item) {
        return new PlanRow(
                worker(entity.substring(Entity.PLAN_PREFIX.length())),
                item.revision(),
                worker(item.text("leader")),
                item.number("leaderEpoch"),
                PlanCodec.read("leases", item.attributes(), reason -> reason),
                PlanCodec.read("gives", item.attributes(), RowCodec::worker));
    }

    private static StreamRow stream(String entity, Item item) {
        return new StreamRow(
                new StreamName(entity.substring(Entity.STREAM_PREFIX.length())),
                item.revision(),
                new StreamIdentity(item.text("arn"), Instant.parse(item.text("created"))),
                initial(item.text("initialPosition"), "initialTimestamp", item),
                item.flag("synced"),
                barrier(item),
                began(item));
    }

    /** A former version wrote LATEST alone, and takes the moment away when it writes the row. */
    private static @Nullable Instant began(Item item) {
        boolean isPinned = item.text("initialPosition").equals(LATEST) && item.has("initialTimestamp");
        return isPinned ? Instant.parse(item.text("initialTimestamp")) : null;
    }

    private static StreamRow.Barrier barrier(Item item) {
        if (item.has("deleting") && item.flag("deleting")) {
            return StreamRow.Barrier.DELETION;
        }
        return item.has("importing") && item.flag("importing") ? StreamRow.Barrier.IMPORT : StreamRow.Barrier.NONE;
    }

    private static LeaseKey leaseKey(String text) {
        int middle = text.indexOf('#');
        return new LeaseKey(new StreamName(text.substring(0, middle)), new ShardId(text.substring(middle + 1)));
    }

    private static WorkerId worker(String text) {
        int middle = text.lastIndexOf('#');
        return new WorkerId(text.substring(0, middle), text.substring(middle + 1));
    }

    static AttributeValue text(String value) {
        return AttributeValue.fromS(value);
    }

    static AttributeValue number(long value) {
        return AttributeValue.fromN(Long.toString(value));
    }

    private static AttributeValue shards(List<ShardId> ids) {
        return AttributeValue.fromL(ids.stream().map(id -> text(id.value())).toList());
    }

    /** An item's attributes by kind; a missing or wrong one is an error that names it. */
    private record Item(Map<String, AttributeValue> attributes) {
        boolean has(String name) {
            return attributes.containsKey(name);
        }

        String text(String name) {
            String value = get(name).s();
            if (value == null) {
                throw new IllegalArgumentException("attribute '" + name + "' is not text");
            }
            return value;
        }

        long number(String name) {
            String value = get(name).n();
            if (value == null) {
                throw new IllegalArgumentException("attribute '" + name + "' is not a number");
            }
            return Long.parseLong(value);
        }

        long revision() {
            return number(REVISION);
        }

        boolean flag(String name) {
            return Boolean.TRUE.equals(get(name).bool());
        }

        List<ShardId> shards(String name) {
            return get(name).l().stream().map(id -> new ShardId(id.s())).toList();
        }

        AttributeValue get(String name) {
            AttributeValue value = attributes.get(name);
            if (value == null) {
                throw new IllegalArgumentException("attribute '" + name + "' is missing");
            }
            return value;
        }
    }
}
