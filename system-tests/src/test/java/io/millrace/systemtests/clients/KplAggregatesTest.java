package io.millrace.systemtests.clients;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.streamcore.StreamServer;
import io.millrace.systemtests.clients.Aggregate.UserRecord;
import io.millrace.systemtests.clients.FedStream.Stored;
import io.millrace.systemtests.process.JavaCommand;
import io.millrace.systemtests.process.Tables;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Workers of ours behind the real Kinesis Producer Library: its aggregates, a split, and kills in the middle of an aggregate. */
class KplAggregatesTest {
    private static final Logger log = LoggerFactory.getLogger(KplAggregatesTest.class);
    private static final String STREAM = "kpl-orders";
    private static final int ROUND = 1_000;

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit fills it before each test
    private Path folder;

    /** What the shards hold for their readers, in order, as the test takes the aggregates apart itself. */
    private final Map<String, List<Place>> held = new TreeMap<>();
    /** The places that are not the last of their aggregate. */
    private final Set<Place> within = new HashSet<>();

    private final List<Place> seen = new ArrayList<>();

    /** One user record where it stands. */
    private record Place(String shard, String place, String key, String data) {
        static Place of(Map<String, String> line) {
            return new Place(
                    line.getOrDefault("shard", ""),
                    line.getOrDefault("place", ""),
                    line.getOrDefault("key", ""),
                    line.getOrDefault("data", ""));
        }
    }

    @Tag("slow")
    @Test
    @Timeout(180)
    void everyUserRecordIsProcessedInOrderThroughASplitAndKillsWithinAggregates() throws Exception {
        try (StreamServer server = StreamServer.builder()
                        .port(0)
                        .tlsPort(0)
                        .dataDirectory(folder.resolve("data"))
                        .transitionTime(Duration.ZERO)
                        .start();
                Tables tables = Tables.open();
                FedStream stream = FedStream.create(server.endpoint(), STREAM, 2)) {
            putWithTheLibrary(server, stream);
            learn(stream.readAll());
            Map<String, String> environment = ClientProgram.environment(server.endpoint(), tables.endpoint(), folder);

            Place first = workAndDie("a", environment, within::contains);
            int before = seen.size();
            Place second = workAndDie(
                    "b",
                    environment,
                    place -> within.contains(place) && place.shard.compareTo("shardId-000000000002") >= 0);
            assertThat(firstOf(first.shard, before)).isEqualTo(after(first));
            int between = seen.size();
            work("c", environment);
            assertThat(firstOf(second.shard, between)).isEqualTo(after(second));

            checkThatAllIsSeenAndInOrder();
        }
    }

    private void putWithTheLibrary(StreamServer server, FedStream stream) throws Exception {
        try (ClientProgram kpl = ClientProgram.start(
                "kpl",
                "io.millrace.clients.kpl.KplProducer",
                folder,
                ClientProgram.environment(server.tlsEndpoint(), server.endpoint(), folder),
                STREAM,
                server.tlsEndpoint().getHost(),
                Integer.toString(server.tlsEndpoint().getPort()))) {
            putRound(kpl);
            stream.split("shardId-000000000000");
            putRound(kpl);
            putRound(kpl);
            kpl.askToStop();
            assertThat(kpl.next()).containsEntry("event", "stopped");
        }
    }

    private static void putRound(ClientProgram kpl) throws IOException {
        kpl.tell(Integer.toString(ROUND));
        for (int i = 0; i < ROUND; i++) {
            assertThat(kpl.next()).containsEntry("event", "put");
        }
    }

    private void learn(List<Stored> stored) {
        int leftOut = 0;
        for (Stored each : stored) {
            List<UserRecord> records = Aggregate.recordsOf(each.key(), each.data());
            for (int i = 0; i < records.size(); i++) {
                UserRecord record = records.get(i);
                Place place = new Place(
                        each.shard().shardId(), each.record().sequenceNumber() + " " + i, record.key(), record.data());
                if (each.isOfItsShard(record.key())) {
                    held.computeIfAbsent(place.shard, shard -> new ArrayList<>())
                            .add(place);
                } else {
                    leftOut++;
                }
                if (i < records.size() - 1) {
                    within.add(place);
                }
            }
        }
        log.warn(
                "{} stored records; {} user records lie outside their shard's hash keys; {} stand beside such alone",
                stored.size(),
                leftOut,
                besideStrangersAlone(stored));
        assertThat(held).as("shards with records").hasSize(4);
        assertThat(within).hasSizeGreaterThan(ROUND);
    }

    /** The user records that a reader would lose which drops whole aggregates for those of other shards in them. */
    private static int besideStrangersAlone(List<Stored> stored) {
        Set<UserRecord> beside = new HashSet<>();
        Set<UserRecord> elsewhere = new HashSet<>();
        for (Stored each : stored) {
            List<UserRecord> records = Aggregate.recordsOf(each.key(), each.data());
            boolean isWhole = records.stream().allMatch(record -> each.isOfItsShard(record.key()));
            (isWhole ? elsewhere : beside)
                    .addAll(records.stream()
                            .filter(record -> each.isOfItsShard(record.key()))
                            .toList());
        }
        beside.removeAll(elsewhere);
        return beside.size();
    }

    private ClientProgram start(String name, Map<String, String> environment) throws IOException {
        List<String> command = JavaCommand.test(PacedWorker.class.getName(), List.of(STREAM, name));
        return ClientProgram.start(name, command, folder, environment);
    }

    /** Works until a checkpoint is saved that is {@code deadly}, and is killed. */
    private Place workAndDie(String name, Map<String, String> environment, Predicate<Place> deadly) throws Exception {
        try (ClientProgram worker = start(name, environment)) {
            while (true) {
                Map<String, String> line = worker.next();
                note(line);
                if ("batch".equals(line.get("event"))) {
                    worker.tell("go on");
                } else if ("saved".equals(line.get("event")) && deadly.test(Place.of(line))) {
                    Place saved = Place.of(line);
                    // What it saved meanwhile counts; of another shard it may be more.
                    for (Map<String, String> late : worker.kill()) {
                        note(late);
                        boolean isLater = "saved".equals(late.get("event")) && saved.shard.equals(late.get("shard"));
                        saved = isLater ? Place.of(late) : saved;
                    }
                    return saved;
                }
            }
        }
    }

    /** Works until every user record was seen, and leaves. */
    private void work(String name, Map<String, String> environment) throws Exception {
        try (ClientProgram worker = start(name, environment)) {
            Set<Place> missing = new HashSet<>();
            held.values().forEach(missing::addAll);
            seen.forEach(missing::remove);
            while (!missing.isEmpty()) {
                Map<String, String> line = worker.next();
                note(line);
                missing.remove(Place.of(line));
                if ("batch".equals(line.get("event"))) {
                    worker.tell("go on");
                }
            }
            worker.askToStop();
            assertThat(worker.exitCode()).isZero();
        }
    }

    private void note(Map<String, String> line) {
        if ("record".equals(line.get("event"))) {
            seen.add(Place.of(line));
        }
    }

    private Place firstOf(String shard, int from) {
        return seen.subList(from, seen.size()).stream()
                .filter(place -> place.shard.equals(shard))
                .findFirst()
                .orElseThrow();
    }

    private Place after(Place place) {
        List<Place> all = held.getOrDefault(place.shard, List.of());
        return all.get(all.indexOf(place) + 1);
    }

    /** Nothing else is seen than what the shards hold, and of a key each for the first time in the order of the shards. */
    private void checkThatAllIsSeenAndInOrder() {
        Map<String, List<Place>> expected = new HashMap<>();
        held.values()
                .forEach(places -> places.forEach(place -> expected.computeIfAbsent(place.key, key -> new ArrayList<>())
                        .add(place)));
        Map<String, List<Place>> first = new HashMap<>();
        seen.stream()
                .distinct()
                .forEach(place -> first.computeIfAbsent(place.key, key -> new ArrayList<>())
                        .add(place));
        assertThat(first).isEqualTo(expected);
        Set<UserRecord> put = new HashSet<>();
        seen.forEach(place -> put.add(new UserRecord(place.key, place.data)));
        assertThat(put).as("user records, however often the library put them").hasSize(3 * ROUND);
        log.warn("{} user records were seen {} times", 3 * ROUND, seen.size());
    }
}
