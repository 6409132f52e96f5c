package io.millrace.systemtests.worker;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.consumer.Worker;
import io.millrace.consumer.WorkerException;
import io.millrace.lease.LostTable;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/** A lease table in which somebody has written or deleted by hand, and workers that read on or say why not. */
class DamagedTableTest {
    private static final Duration PATIENCE = Duration.ofSeconds(40);
    private static final Duration FAILOVER = Duration.ofSeconds(3);

    @Test
    void oneUnreadableRowOfEachKindStopsNothing(@TempDir Path folder) throws Exception {
        Ledger ledger = new Ledger();
        try (Services services = new Services(folder)) {
            services.createStream("foreign", 2);
            services.put("foreign", 0, 100, 10);
            try (Worker first = services.worker("foreign", Ledger.none()).build()) {
                first.start();
            }
            for (String entity : List.of(
                    "lease#foreign#shardId-000000000099",
                    "leader",
                    "plan#somebody#1",
                    "plans",
                    "quota#foreign",
                    "stream#another",
                    "worker#somebody#1")) {
                put(services, entity);
            }
            try (Worker worker = services.worker("foreign", ledger::processor).build()) {
                worker.start();
                services.put("foreign", 100, 200, 10);
                ledger.await(100, PATIENCE);
            }
        }
    }

    /** Rows go one after the other: whether the stream's row or its leases are missed first is a matter of moments. */
    @Test
    void allRowsDeletedEndAWorkerWithOneLine(@TempDir Path folder) throws Exception {
        Pattern told = Pattern.compile("(the row of stream emptied is gone|all leases of stream emptied are gone),"
                + " [^\\n]*--on-lost-table restart[^\\n]*");
        assertWorkerEnds(folder, "emptied", entity -> true, told);
    }

    @Test
    void rowOfTheStreamDeletedEndsAWorkerWithOneLine(@TempDir Path folder) throws Exception {
        Pattern told = Pattern.compile("the row of stream unpinned is gone, [^\\n]*--on-lost-table restart[^\\n]*");
        assertWorkerEnds(folder, "unpinned", entity -> entity.equals("stream#unpinned"), told);
    }

    private static void assertWorkerEnds(Path folder, String stream, Predicate<String> deleted, Pattern told)
            throws Exception {
        Ledger ledger = new Ledger();
        try (Services services = new Services(folder)) {
            services.createStream(stream, 2);
            services.put(stream, 0, 100, 10);
            try (Worker worker = services.worker(stream, ledger::processor)
                    .failoverTime(FAILOVER)
                    .build()) {
                worker.start();
                ledger.await(100, PATIENCE);

                assertThat(deleteAll(services, deleted)).isPositive();
                assertThatThrownBy(worker::run)
                        .isInstanceOf(WorkerException.class)
                        .message()
                        .matches(told);
            }
        }
    }

    @Test
    void deletedTableIsMadeAgainAndAllIsReadAgainIfToldSo(@TempDir Path folder) throws Exception {
        Ledger ledger = new Ledger();
        try (Services services = new Services(folder)) {
            services.createStream("remade", 2);
            services.put("remade", 0, 100, 10);
            try (Worker worker = services.worker("remade", ledger::processor)
                    .failoverTime(FAILOVER)
                    .onLostTable(LostTable.RESTART)
                    .build()) {
                worker.start();
                ledger.await(100, PATIENCE);

                services.dynamoDb
                        .deleteTable(request -> request.tableName("millrace"))
                        .get(30, TimeUnit.SECONDS);
                services.put("remade", 100, 200, 10);
                ledger.await(200, PATIENCE);
                assertThat(ledger.size()).isEqualTo(200);
            }
        }
    }

    private static void put(Services services, String entity) throws Exception {
        Map<String, AttributeValue> item = new HashMap<>();
        item.put("application", AttributeValue.fromS("app-foreign"));
        item.put("entity", AttributeValue.fromS(entity));
        services.dynamoDb
                .putItem(request -> request.tableName("millrace").item(item))
                .get(30, TimeUnit.SECONDS);
    }

    /** Deletes the rows of these entities one after the other, and says how many. */
    private static int deleteAll(Services services, Predicate<String> entities) throws Exception {
        int count = 0;
        for (Map<String, AttributeValue> item : items(services)) {
            AttributeValue entity = requireNonNull(item.get("entity"));
            if (entities.test(entity.s())) {
                services.dynamoDb
                        .deleteItem(request -> request.tableName("millrace")
                                .key(Map.of("application", item.get("application"), "entity", entity)))
                        .get(30, TimeUnit.SECONDS);
                count++;
            }
        }
        return count;
    }

    private static List<Map<String, AttributeValue>> items(Services services) throws Exception {
        return services.dynamoDb
                .scan(request -> request.tableName("millrace").consistentRead(true))
                .get(30, TimeUnit.SECONDS)
                .items();
    }
}
