package io.millrace.lease.table;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.millrace.dynamodblocal.DynamoDbLocal;
import io.millrace.lease.WorkerId;
import java.net.URI;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.TestInstance;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.core.retry.RetryMode;
import software.amazon.awssdk.http.SdkHttpRequest;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeDefinition;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.BillingMode;
import software.amazon.awssdk.services.dynamodb.model.KeySchemaElement;
import software.amazon.awssdk.services.dynamodb.model.TableDescription;
import software.amazon.awssdk.services.dynamodb.model.TransactWriteItemsRequest;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class DynamoLeaseTableTest extends LeaseTableConformance {
    private final DynamoDbLocal server = DynamoDbLocal.start(DynamoDbLocal.Settings.inMemory());
    private final DynamoDbAsyncClient client = client(server.endpoint());
    private String test = "";

    @BeforeAll
    void createTable() {
        awaitReady(new DynamoLeaseTable(client, DynamoLeaseTable.DEFAULT_NAME, "any"));
    }

    @AfterAll
    void stop() {
        client.close();
        server.close();
    }

    @BeforeEach
    void nameApplication(TestInfo info) {
        test = info.getTestMethod().orElseThrow().getName() + info.getDisplayName();
    }

    @Override
    LeaseTable emptyTable() {
        return new DynamoLeaseTable(client, DynamoLeaseTable.DEFAULT_NAME, test);
    }

    @Test
    void missingTableIsMadeOnceByManyCreators() {
        List<DynamoLeaseTable> creators = IntStream.range(0, 8)
                .mapToObj(i -> new DynamoLeaseTable(client, "made-by-many", "app" + i))
                .toList();

        List<CompletableFuture<Boolean>> calls =
                creators.stream().map(DynamoLeaseTable::ensureTable).toList();

        calls.forEach(LeaseTableConformance::done);
        awaitReady(creators.get(0));
    }

    @Test
    void whereThereAreNoTransactionsManyRowsAreWrittenOneByOneFromTheFirstRefusalOn() {
        NoTransactions store = new NoTransactions();
        try (DynamoDbAsyncClient limited = client(server.endpoint(), store)) {
            LeaseTable table = new DynamoLeaseTable(limited, DynamoLeaseTable.DEFAULT_NAME, test);
            List<Row> rows = IntStream.range(0, 60).mapToObj(this::worker).toList();

            for (int i = 0; i < 2; i++) {
                List<Row> some = rows.subList(30 * i, 30 * i + 30);
                assertThat(table.putAll(some)).allMatch(write -> done(write).isApplied());
            }

            assertThat(store.calls).hasValue(1);
        }
    }

    @Test
    void applicationsInOneTableDoNotSeeEachOther() {
        LeaseTable mine = emptyTable();
        LeaseTable other = new DynamoLeaseTable(client, DynamoLeaseTable.DEFAULT_NAME, test + "-other");
        Row row = new LeaderRow(0, 1, new WorkerId("alice", "1"));

        done(mine.put(row));

        assertThat(done(other.get(row.entity()))).isEmpty();
        assertThat(done(other.put(row)).isApplied()).isTrue();
    }

    @Test
    void unreachableTableIsToldInOneLine() {
        try (DynamoDbAsyncClient nobody = client(URI.create("http://127.0.0.1:1"))) {
            LeaseTable table = new DynamoLeaseTable(nobody, "millrace", "app");

            assertThat(table.ensureTable())
                    .failsWithin(java.time.Duration.ofSeconds(20))
                    .withThrowableThat()
                    .withCauseInstanceOf(TableUnavailableException.class)
                    .withMessageContaining("DynamoDB cannot be reached (table 'millrace')");
        }
    }

    @Test
    void foreignTableIsRefused() {
        done(client.createTable(request -> request.tableName("foreign")
                .billingMode("PAY_PER_REQUEST")
                .attributeDefinitions(AttributeDefinition.builder()
                        .attributeName("id")
                        .attributeType("S")
                        .build())
                .keySchema(KeySchemaElement.builder()
                        .attributeName("id")
                        .keyType("HASH")
                        .build())));

        assertThat(new DynamoLeaseTable(client, "foreign", "app").ensureTable())
                .failsWithin(java.time.Duration.ofSeconds(20))
                .withThrowableThat()
                .withCauseInstanceOf(TableRefusedException.class)
                .withMessageContaining("is not a Millrace lease table");
    }

    @Test
    void missingTableIsMadeWithOnDemandBilling() {
        awaitReady(new DynamoLeaseTable(client, "on-demand", "app"));

        TableDescription made = describe("on-demand");
        assertThat(made.billingModeSummary().billingMode()).isEqualTo(BillingMode.PAY_PER_REQUEST);
        assertThat(made.hasGlobalSecondaryIndexes()).isFalse();
    }

    @Test
    void tableMadeBeforehandIsUsedAsItIs() {
        done(client.createTable(request -> request.tableName("brought")
                .provisionedThroughput(
                        throughput -> throughput.readCapacityUnits(7L).writeCapacityUnits(9L))
                .tableClass("STANDARD_INFREQUENT_ACCESS")
                // The order of the definitions means nothing.
                .attributeDefinitions(attribute("entity", "S"), attribute("application", "S"))
                .keySchema(key("application", "HASH"), key("entity", "RANGE"))));
        LeaseTable table = new DynamoLeaseTable(client, "brought", "app");
        awaitReady(table);
        Row row = new LeaderRow(0, 1, new WorkerId("alice", "1"));

        assertThat(done(table.put(row)).isApplied()).isTrue();
        assertThat(done(table.get(row.entity()))).contains(row.withRevision(1));
        assertThat(describe("brought").provisionedThroughput().writeCapacityUnits())
                .isEqualTo(9);
    }

    @Test
    void tableOfAnotherKeyIsRefusedAndNothingIsWritten() {
        done(client.createTable(request -> request.tableName("numbers")
                .billingMode("PAY_PER_REQUEST")
                .attributeDefinitions(attribute("application", "S"), attribute("entity", "N"))
                .keySchema(key("application", "HASH"), key("entity", "RANGE"))));
        LeaseTable table = new DynamoLeaseTable(client, "numbers", "app");

        assertThat(table.ensureTable())
                .failsWithin(java.time.Duration.ofSeconds(20))
                .withThrowableThat()
                .withCauseInstanceOf(TableRefusedException.class)
                .withMessageContaining("'numbers' is not a Millrace lease table")
                .withMessageContaining("partition key must be application, its sort key entity, both of type S");
        assertThat(table.listControlRows())
                .failsWithin(java.time.Duration.ofSeconds(20))
                .withThrowableThat()
                .withCauseInstanceOf(TableRefusedException.class)
                .withMessageContaining("is it a Millrace lease table?");
        assertThat(done(client.scan(request -> request.tableName("numbers"))).count())
                .isZero();
    }

    /** It takes the lease and moves its checkpoint, and leaves what it does not know as it was. */
    @Test
    void timeThatAFormerVersionLeftBehindIsNotTakenForThatOfItsCheckpoint() {
        LeaseTable table = emptyTable();
        LeaseRow saved = ((LeaseRow) rows().get(2)).with(new LeaseNotes(Instant.ofEpochMilli(5), List.of("skipped")));
        done(table.put(saved));

        done(client.updateItem(request -> request.tableName(DynamoLeaseTable.DEFAULT_NAME)
                .key(Map.of(
                        "application",
                        RowCodec.text(test),
                        "entity",
                        RowCodec.text(saved.entity().text())))
                .updateExpression("SET epoch = :epoch, revision = :next, checkpoint = :to")
                .expressionAttributeValues(Map.of(
                        ":epoch", RowCodec.number(saved.epoch() + 1),
                        ":next", RowCodec.number(2),
                        ":to", RowCodec.text("777")))));

        assertThat(done(table.getLeases(List.of(saved.key()))))
                .singleElement()
                .extracting(LeaseRow::notes)
                .isEqualTo(new LeaseNotes(null, List.of("skipped")));
    }

    /** Each told once, also when they are read again and again; what can be read is read. */
    @Test
    void rowsThatCannotBeReadAreSetApartAndToldOnce() {
        DynamoLeaseTable table = new DynamoLeaseTable(client, DynamoLeaseTable.DEFAULT_NAME, test);
        done(table.put(new NewsRow(0, "alice")));
        done(table.put(new LeaderRow(0, 1, new WorkerId("alice", "1"))));
        List<String> foreign = List.of(
                "lease#garbage",
                "lease#orders#shardId-000000000000",
                "plan#nobody",
                "plan#somebody#1",
                "quota#orders",
                "stream#orders",
                "worker#garbage",
                "worker#somebody#1");
        foreign.forEach(entity -> putItem(entity, Map.of()));
        putItem("worker#newer#1", Map.of("revision", AttributeValue.fromN("9"), "state", AttributeValue.fromS("NEW")));

        List<String> told = told(() -> {
            for (int i = 0; i < 3; i++) {
                Members members = done(table.listMembers());
                assertThat(members.news()).isEqualTo(1);
                assertThat(members.unreadable())
                        .extracting(row -> row.entity().text())
                        .containsExactly(
                                "quota#orders",
                                "stream#orders",
                                "worker#garbage",
                                "worker#newer#1",
                                "worker#somebody#1");
                assertThat(done(table.inspectLeases()).unreadable()).hasSize(2);
                assertThat(done(table.inspectPlans()).unreadable()).hasSize(2);
                assertThat(done(table.listLeases())).isEmpty();
            }
        });
        assertThat(told).hasSize(9).allMatch(line -> line.contains("cannot be read"));
    }

    @Test
    void rowThatLostItsRevisionIsNotMadeAnewAndGoesOnlyAsItWasRead() {
        DynamoLeaseTable table = new DynamoLeaseTable(client, DynamoLeaseTable.DEFAULT_NAME, test);
        putItem("leader", Map.of("epoch", AttributeValue.fromN("7")));
        Row fresh = new LeaderRow(0, 1, new WorkerId("alice", "1"));

        assertThat(done(table.put(fresh))).isInstanceOf(WriteOutcome.Conflict.class);
        UnreadableRow damaged = (UnreadableRow) done(table.get(Entity.leader())).orElseThrow();
        assertThat(damaged.revision()).isZero();
        putItem("leader", Map.of("revision", AttributeValue.fromN("3")));
        assertThat(done(table.delete(damaged)).isApplied()).isFalse();

        UnreadableRow now = (UnreadableRow) done(table.get(Entity.leader())).orElseThrow();
        assertThat(done(table.delete(now)).isApplied()).isTrue();
        putItem("leader", Map.of());
        assertThat(done(table.delete(damaged)).isApplied()).isTrue();
        assertThat(done(table.put(fresh)).isApplied()).isTrue();
    }

    private static List<String> told(Runnable during) {
        Logger logger = (Logger) LoggerFactory.getLogger(DynamoLeaseTable.class);
        ListAppender<ILoggingEvent> told = new ListAppender<>();
        Level before = logger.getLevel();
        logger.setLevel(Level.WARN);
        told.start();
        logger.addAppender(told);
        try {
            during.run();
        } finally {
            logger.detachAppender(told);
            logger.setLevel(before);
        }
        return told.list.stream()
                .filter(event -> event.getLevel() == Level.WARN)
                .map(ILoggingEvent::getFormattedMessage)
                .toList();
    }

    private void putItem(String entity, Map<String, AttributeValue> rest) {
        Map<String, AttributeValue> item = new HashMap<>(rest);
        item.put("application", AttributeValue.fromS(test));
        item.put("entity", AttributeValue.fromS(entity));
        done(client.putItem(
                request -> request.tableName(DynamoLeaseTable.DEFAULT_NAME).item(item)));
    }

    private TableDescription describe(String table) {
        return done(client.describeTable(request -> request.tableName(table))).table();
    }

    private static AttributeDefinition attribute(String name, String type) {
        return AttributeDefinition.builder()
                .attributeName(name)
                .attributeType(type)
                .build();
    }

    private static KeySchemaElement key(String name, String type) {
        return KeySchemaElement.builder().attributeName(name).keyType(type).build();
    }

    private static void awaitReady(LeaseTable table) {
        assertThat(Stream.generate(() -> done(table.ensureTable())).limit(1000).anyMatch(ready -> ready))
                .isTrue();
    }

    private Row worker(int number) {
        return new WorkerRow(
                new WorkerId("worker" + number, "1f"),
                0,
                WorkerRow.State.ACTIVE,
                0,
                0,
                new WorkerRow.Info("", "1.0", 0));
    }

    private static DynamoDbAsyncClient client(URI endpoint, ExecutionInterceptor... interceptors) {
        return DynamoDbAsyncClient.builder()
                .endpointOverride(endpoint)
                .region(Region.US_EAST_1)
                .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create("a", "b")))
                .overrideConfiguration(
                        config -> config.retryStrategy(RetryMode.STANDARD).executionInterceptors(List.of(interceptors)))
                .build();
    }

    /** Calls TransactWriteItems by a name that nobody knows, and counts. */
    private static final class NoTransactions implements ExecutionInterceptor {
        private final AtomicInteger calls = new AtomicInteger();

        @Override
        public SdkHttpRequest modifyHttpRequest(Context.ModifyHttpRequest context, ExecutionAttributes attributes) {
            if (!(context.request() instanceof TransactWriteItemsRequest)) {
                return context.httpRequest();
            }
            calls.incrementAndGet();
            return context.httpRequest().toBuilder()
                    .putHeader("X-Amz-Target", "DynamoDB_20120810.Unheard")
                    .build();
        }
    }
}
