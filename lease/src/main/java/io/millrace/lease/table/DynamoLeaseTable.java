package io.millrace.lease.table;

import static java.util.Objects.requireNonNull;

import com.google.common.collect.Lists;
import io.millrace.lease.LeaseException;
import io.millrace.lease.LeaseKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.awscore.AwsRequestOverrideConfiguration;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.retries.DefaultRetryStrategy;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeDefinition;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.BillingMode;
import software.amazon.awssdk.services.dynamodb.model.ConditionalCheckFailedException;
import software.amazon.awssdk.services.dynamodb.model.CreateTableRequest;
import software.amazon.awssdk.services.dynamodb.model.DeleteItemRequest;
import software.amazon.awssdk.services.dynamodb.model.DynamoDbException;
import software.amazon.awssdk.services.dynamodb.model.GetItemRequest;
import software.amazon.awssdk.services.dynamodb.model.KeySchemaElement;
import software.amazon.awssdk.services.dynamodb.model.KeyType;
import software.amazon.awssdk.services.dynamodb.model.KeysAndAttributes;
import software.amazon.awssdk.services.dynamodb.model.QueryRequest;
import software.amazon.awssdk.services.dynamodb.model.QueryResponse;
import software.amazon.awssdk.services.dynamodb.model.ResourceInUseException;
import software.amazon.awssdk.services.dynamodb.model.ResourceNotFoundException;
import software.amazon.awssdk.services.dynamodb.model.ReturnValuesOnConditionCheckFailure;
import software.amazon.awssdk.services.dynamodb.model.ScalarAttributeType;
import software.amazon.awssdk.services.dynamodb.model.TableDescription;
import software.amazon.awssdk.services.dynamodb.model.TableStatus;
import software.amazon.awssdk.services.dynamodb.model.TransactionConflictException;
import software.amazon.awssdk.services.dynamodb.model.TransactionInProgressException;
import software.amazon.awssdk.services.dynamodb.model.UpdateItemRequest;

/**
 * The table in DynamoDB: partition key {@code application}, sort key {@code entity}, no index, so one table serves any
 * number of applications and nothing is read with delay. Reads are strongly consistent. Created with on-demand billing
 * when it is missing.
 *
 * <p>A row that cannot be read is set apart, and told of once by a warning that names it.
 *
 * <p>The client stays the caller's. Its own retries are harmless: every write names the revision it saw. Who tries again
 * by itself wants none of them, see {@link #forWorker}.
 */
public final class DynamoLeaseTable implements LeaseTable {
    /** The name of the table unless the user wants another. */
    public static final String DEFAULT_NAME = "millrace";

    private static final Logger log = LoggerFactory.getLogger(DynamoLeaseTable.class);

    /** The most that BatchGetItem takes at once (DynamoDB API). */
    private static final int MOST_KEYS = 100;

    private static final String KEY = "its partition key must be " + RowCodec.APPLICATION + ", its sort key "
            + RowCodec.ENTITY + ", both of type S";

    private final DynamoDbAsyncClient client;
    private final String name;
    private final String application;
    private final @Nullable AwsRequestOverrideConfiguration writes;
    private final BulkUpdates bulk;

    /** Rows that were told of: each once, and again only when it cannot be read for another reason. */
    private final Map<Entity, String> told = new ConcurrentHashMap<>();

    /**
     * The rows of one application.
     *
     * @param client how DynamoDB is reached
     * @param name the table, usually {@link #DEFAULT_NAME}
     * @param application the application; all its workers use the same
     */
    public DynamoLeaseTable(DynamoDbAsyncClient client, String name, String application) {
        this(client, name, application, null);
    }

    private DynamoLeaseTable(
            DynamoDbAsyncClient client,
            String name,
            String application,
            @Nullable AwsRequestOverrideConfiguration writes) {
        this.client = requireNonNull(client, "client");
        this.name = requireNonNull(name, "name");
        this.application = requireNonNull(application, "application");
        if (application.isBlank()) {
            throw new IllegalArgumentException("the application needs a name");
        }
        this.writes = writes;
        this.bulk = new BulkUpdates(client, writes, this::put, this::row, this::translate);
    }

    /**
     * The same for a worker, which sends a write again by itself when it knows that it is worth it: the client sends each
     * once, whatever its own settings are, and gives it up after {@code timeLimit}, so that none stays on a connection
     * that nobody waits for any more. More of them on a table that refuses some would only make it refuse more.
     */
    public static DynamoLeaseTable forWorker(
            DynamoDbAsyncClient client, String name, String application, Duration timeLimit) {
        AwsRequestOverrideConfiguration once = AwsRequestOverrideConfiguration.builder()
                .apiCallTimeout(timeLimit)
                .addPlugin(config -> config.overrideConfiguration(config.overrideConfiguration().toBuilder()
                        .retryStrategy(DefaultRetryStrategy.doNotRetry())
                        .build()))
                .build();
        return new DynamoLeaseTable(client, name, application, once);
    }

    @Override
    public CompletableFuture<Boolean> ensureTable() {
        return client.describeTable(request -> request.tableName(name))
                .thenApply(answer -> isReady(answer.table()))
                .exceptionallyCompose(error -> cause(error) instanceof ResourceNotFoundException
                        ? createTable()
                        : CompletableFuture.failedFuture(translate(error, "DescribeTable")));
    }

    @Override
    public CompletableFuture<Optional<Row>> get(Entity entity) {
        GetItemRequest request = GetItemRequest.builder()
                .tableName(name)
                .key(key(entity))
                .consistentRead(true)
                .build();
        return translated(client.getItem(request), "GetItem")
                .thenApply(answer -> answer.hasItem() ? Optional.of(row(answer.item())) : Optional.empty());
    }

    @Override
    public CompletableFuture<Members> listMembers() {
        return query("entity > :from", Map.of(":from", RowCodec.text(Entity.AFTER_PLANS)))
                .thenApply(Members::of);
    }

    @Override
    public CompletableFuture<List<PlanRow>> listPlans() {
        return inspectPlans().thenApply(Listing::rows);
    }

    @Override
    public CompletableFuture<List<LeaseRow>> listLeases() {
        return inspectLeases().thenApply(Listing::rows);
    }

    @Override
    public CompletableFuture<List<HealthRow>> listHealth() {
        return list(Entity.HEALTH_PREFIX, HealthRow.class).thenApply(Listing::rows);
    }

    @Override
    public CompletableFuture<Listing<PlanRow>> inspectPlans() {
        return list(Entity.PLAN_PREFIX, PlanRow.class);
    }

    @Override
    public CompletableFuture<Listing<LeaseRow>> inspectLeases() {
        return list(Entity.LEASE_PREFIX, LeaseRow.class);
    }

    @Override
    public CompletableFuture<List<LeaseRow>> getLeases(Collection<LeaseKey> keys) {
        List<LeaseRow> rows = new ArrayList<>();
        CompletableFuture<List<LeaseRow>> all = CompletableFuture.completedFuture(rows);
        for (List<LeaseKey> part : Lists.partition(List.copyOf(keys), MOST_KEYS)) {
            KeysAndAttributes wanted = KeysAndAttributes.builder()
                    .keys(part.stream().map(key -> key(Entity.lease(key))).toList())
                    .consistentRead(true)
                    .build();
            all = all.thenCompose(before -> get(wanted, rows));
        }
        return all;
    }

    /** Goes on until the service has answered for every key; it leaves out what would be too much at once. */
    private CompletableFuture<List<LeaseRow>> get(KeysAndAttributes wanted, List<LeaseRow> rows) {
        return translated(client.batchGetItem(request -> request.requestItems(Map.of(name, wanted))), "BatchGetItem")
                .thenCompose(answer -> {
                    for (Map<String, AttributeValue> item : answer.responses().getOrDefault(name, List.of())) {
                        if (row(item) instanceof LeaseRow lease) {
                            rows.add(lease);
                        }
                    }
                    KeysAndAttributes left = answer.unprocessedKeys().get(name);
                    return left == null ? CompletableFuture.completedFuture(rows) : get(left, rows);
                });
    }

    private <T extends Row> CompletableFuture<Listing<T>> list(String prefix, Class<T> kind) {
        return query("begins_with(entity, :from)", Map.of(":from", RowCodec.text(prefix)))
                .thenApply(rows -> new Listing<>(of(kind, rows), of(UnreadableRow.class, rows)));
    }

    private static <T extends Row> List<T> of(Class<T> kind, List<Row> rows) {
        return rows.stream().filter(kind::isInstance).map(kind::cast).toList();
    }

    private Row row(Map<String, AttributeValue> item) {
        Row row = RowCodec.row(item);
        if (row instanceof UnreadableRow unreadable
                && !unreadable.reason().equals(told.put(unreadable.entity(), unreadable.reason()))) {
            log.warn(
                    "The row '{}' of application '{}' in table '{}' cannot be read ({}); it is left alone, and all else"
                            + " goes on",
                    unreadable.entity(),
                    application,
                    name,
                    unreadable.reason());
        }
        return row;
    }

    @Override
    public CompletableFuture<WriteOutcome> put(Row row) {
        return outcome(client.updateItem(update(row)), "UpdateItem");
    }

    @Override
    public List<CompletableFuture<WriteOutcome>> putAll(List<Row> rows) {
        return bulk.putAll(rows, this::update);
    }

    @Override
    public CompletableFuture<WriteOutcome> delete(Row seen) {
        boolean isUnreadable = seen instanceof UnreadableRow;
        if (seen.revision() == 0 && !isUnreadable) {
            throw new IllegalArgumentException("a row that was never in the table cannot be deleted: " + seen.entity());
        }
        DeleteItemRequest request = DeleteItemRequest.builder()
                .tableName(name)
                .key(key(seen.entity()))
                .conditionExpression(hasRevision(seen) ? "revision = :seen" : "NOT attribute_type(revision, :number)")
                .expressionAttributeValues(
                        hasRevision(seen)
                                ? Map.of(":seen", AttributeValue.fromN(revisionText(seen)))
                                : Map.of(":number", RowCodec.text("N")))
                .returnValuesOnConditionCheckFailure(ReturnValuesOnConditionCheckFailure.ALL_OLD)
                .overrideConfiguration(writes)
                .build();
        return outcome(client.deleteItem(request), "DeleteItem");
    }

    private static boolean hasRevision(Row row) {
        return !revisionText(row).isEmpty();
    }

    private static String revisionText(Row row) {
        return row instanceof UnreadableRow unreadable ? unreadable.revisionText() : Long.toString(row.revision());
    }

    /** An update rather than a put: attributes that a newer version added stay. */
    private UpdateItemRequest update(Row row) {
        Map<String, String> names = new HashMap<>();
        Map<String, AttributeValue> values = new HashMap<>();
        List<String> sets = new ArrayList<>(List.of("revision = :next"));
        List<String> removes = new ArrayList<>();
        RowCodec.attributes(row).forEach((attribute, value) -> {
            names.put("#" + attribute, attribute);
            if (value == null) {
                removes.add("#" + attribute);
            } else {
                sets.add("#" + attribute + " = :" + attribute);
                values.put(":" + attribute, value);
            }
        });
        values.put(":next", RowCodec.number(row.revision() + 1));
        // Not of the revision: a row that has lost it is there all the same.
        String condition = "attribute_not_exists(entity)";
        if (row.revision() > 0) {
            condition = "revision = :seen";
            values.put(":seen", RowCodec.number(row.revision()));
        }
        String expression = "SET " + String.join(", ", sets);
        return UpdateItemRequest.builder()
                .tableName(name)
                .key(key(row.entity()))
                .conditionExpression(condition)
                .updateExpression(removes.isEmpty() ? expression : expression + " REMOVE " + String.join(", ", removes))
                .expressionAttributeNames(names)
                .expressionAttributeValues(values)
                .returnValuesOnConditionCheckFailure(ReturnValuesOnConditionCheckFailure.ALL_OLD)
                .overrideConfiguration(writes)
                .build();
    }

    private CompletableFuture<WriteOutcome> outcome(CompletableFuture<?> write, String operation) {
        return write.thenApply(answer -> WriteOutcome.applied()).exceptionallyCompose(error -> {
            if (cause(error) instanceof ConditionalCheckFailedException failed) {
                Row current = failed.hasItem() && !failed.item().isEmpty() ? row(failed.item()) : null;
                return CompletableFuture.completedFuture(WriteOutcome.conflict(current));
            }
            return CompletableFuture.failedFuture(translate(error, operation));
        });
    }

    private CompletableFuture<List<Row>> query(String sortKey, Map<String, AttributeValue> values) {
        Map<String, AttributeValue> all = new HashMap<>(values);
        all.put(":application", RowCodec.text(application));
        QueryRequest request = QueryRequest.builder()
                .tableName(name)
                .consistentRead(true)
                .keyConditionExpression("application = :application AND " + sortKey)
                .expressionAttributeValues(all)
                .build();
        return page(request, new ArrayList<>());
    }

    private CompletableFuture<List<Row>> page(QueryRequest request, List<Row> rows) {
        return translated(client.query(request), "Query").thenCompose((QueryResponse answer) -> {
            for (Map<String, AttributeValue> item : answer.items()) {
                rows.add(row(item));
            }
            return answer.hasLastEvaluatedKey() && !answer.lastEvaluatedKey().isEmpty()
                    ? page(request.copy(next -> next.exclusiveStartKey(answer.lastEvaluatedKey())), rows)
                    : CompletableFuture.completedFuture(rows);
        });
    }

    private CompletableFuture<Boolean> createTable() {
        CreateTableRequest request = CreateTableRequest.builder()
                .tableName(name)
                .billingMode(BillingMode.PAY_PER_REQUEST)
                .attributeDefinitions(text(RowCodec.APPLICATION), text(RowCodec.ENTITY))
                .keySchema(
                        KeySchemaElement.builder()
                                .attributeName(RowCodec.APPLICATION)
                                .keyType(KeyType.HASH)
                                .build(),
                        KeySchemaElement.builder()
                                .attributeName(RowCodec.ENTITY)
                                .keyType(KeyType.RANGE)
                                .build())
                .build();
        return client.createTable(request)
                .thenApply(answer -> isReady(answer.tableDescription()))
                // In use: another worker was faster, and the table is coming.
                .exceptionallyCompose(error -> cause(error) instanceof ResourceInUseException
                        ? CompletableFuture.completedFuture(false)
                        : CompletableFuture.failedFuture(translate(error, "CreateTable")));
    }

    private boolean isReady(TableDescription table) {
        boolean fits = table.keySchema().size() == 2
                && table.keySchema().get(0).attributeName().equals(RowCodec.APPLICATION)
                && table.keySchema().get(1).attributeName().equals(RowCodec.ENTITY)
                && table.attributeDefinitions().containsAll(List.of(text(RowCodec.APPLICATION), text(RowCodec.ENTITY)));
        if (!fits) {
            throw new TableRefusedException(
                    "DynamoDB table '" + name + "' is not a Millrace lease table (" + KEY + "); use another table name",
                    null);
        }
        return table.tableStatus() == TableStatus.ACTIVE || table.tableStatus() == TableStatus.UPDATING;
    }

    private Map<String, AttributeValue> key(Entity entity) {
        return Map.of(RowCodec.APPLICATION, RowCodec.text(application), RowCodec.ENTITY, RowCodec.text(entity.text()));
    }

    private <T> CompletableFuture<T> translated(CompletableFuture<T> call, String operation) {
        return call.exceptionallyCompose(error -> CompletableFuture.failedFuture(translate(error, operation)));
    }

    private LeaseException translate(Throwable error, String operation) {
        Throwable cause = cause(error);
        if (cause instanceof LeaseException known) {
            return known;
        }
        if (cause instanceof ResourceNotFoundException) {
            return new TableMissingException("DynamoDB table '" + name + "' is gone; start a worker to make it", cause);
        }
        if (cause instanceof DynamoDbException answer && answer.isThrottlingException()) {
            return new TableThrottledException(
                    "DynamoDB allows no more calls for now (table '" + name + "'): " + firstLine(answer), cause);
        }
        if (cause instanceof TransactionConflictException || cause instanceof TransactionInProgressException) {
            return new TableUnavailableException(
                    "another worker writes the same row at this moment (table '" + name + "')", cause);
        }
        if (cause instanceof DynamoDbException answer && answer.statusCode() >= 400 && answer.statusCode() < 500) {
            boolean isShape = answer.awsErrorDetails() != null
                    && "ValidationException".equals(answer.awsErrorDetails().errorCode());
            return new TableRefusedException(
                    "DynamoDB refuses " + operation + " on table '" + name + "': " + firstLine(answer)
                            + (isShape ? "; is it a Millrace lease table? (" + KEY + ")" : ""),
                    cause);
        }
        if (cause instanceof SdkException) {
            return new TableUnavailableException(
                    "DynamoDB cannot be reached (table '" + name + "'): " + firstLine(cause)
                            + "; check AWS_ENDPOINT_URL_DYNAMODB, AWS_REGION and the credentials",
                    cause);
        }
        return new TableUnavailableException("DynamoDB table '" + name + "': " + cause, cause);
    }

    private static String firstLine(Throwable error) {
        String message = String.valueOf(error.getMessage());
        int end = message.indexOf('\n');
        return end < 0 ? message : message.substring(0, end);
    }

    static Throwable cause(Throwable error) {
        @Nullable Throwable inner = error.getCause();
        return error instanceof CompletionException && inner != null ? inner : error;
    }

    private static AttributeDefinition text(String attribute) {
        return AttributeDefinition.builder()
                .attributeName(attribute)
                .attributeType(ScalarAttributeType.S)
                .build();
    }
}
