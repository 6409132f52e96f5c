package io.millrace.lease.kcl;

import static java.util.Objects.requireNonNull;

import io.millrace.lease.LeaseException;
import io.millrace.lease.table.TableRefusedException;
import io.millrace.lease.table.TableUnavailableException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeDefinition;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.BillingMode;
import software.amazon.awssdk.services.dynamodb.model.ConditionalCheckFailedException;
import software.amazon.awssdk.services.dynamodb.model.KeySchemaElement;
import software.amazon.awssdk.services.dynamodb.model.KeyType;
import software.amazon.awssdk.services.dynamodb.model.ResourceNotFoundException;
import software.amazon.awssdk.services.dynamodb.model.ScalarAttributeType;
import software.amazon.awssdk.services.dynamodb.model.ScanRequest;
import software.amazon.awssdk.services.dynamodb.model.TableDescription;
import software.amazon.awssdk.services.dynamodb.model.TableStatus;

/**
 * The lease table of an application of the KCL. Every write is conditional; attributes that are not ours to know stay.
 * Safe for any thread; no call blocks. Futures fail with a {@link LeaseException}.
 */
public final class KclTable {
    /** Attributes that a row has no longer, unless they are written. */
    private static final List<String> RUNNING_STATE = List.of(
            "leaseOwner",
            "checkpointOwner",
            "pendingCheckpoint",
            "pendingCheckpointSubSequenceNumber",
            "pendingCheckpointState");

    private final DynamoDbAsyncClient client;
    private final String name;

    /** The table of this name; the client stays the caller's. */
    public KclTable(DynamoDbAsyncClient client, String name) {
        this.client = requireNonNull(client, "client");
        this.name = requireNonNull(name, "name");
    }

    /** All rows, empty when there is no such table; each as it was at some time during the call. */
    public CompletableFuture<Optional<KclSnapshot>> read() {
        return client.describeTable(request -> request.tableName(name))
                .thenCompose(answer -> {
                    checkKey(answer.table());
                    ScanRequest scan = ScanRequest.builder()
                            .tableName(name)
                            .consistentRead(true)
                            .build();
                    return page(scan, new ArrayList<>());
                })
                .thenApply(items -> Optional.of(KclSnapshot.of(items)))
                .exceptionallyCompose(error -> cause(error) instanceof ResourceNotFoundException
                        ? CompletableFuture.completedFuture(Optional.empty())
                        : failed(error));
    }

    /**
     * Makes the table if it is missing, with on-demand billing; the KCL adds its index by itself.
     *
     * @return true when the table is ready; false while it is being made: call again a moment later
     */
    public CompletableFuture<Boolean> ensureTable() {
        return client.describeTable(request -> request.tableName(name))
                .thenApply(answer -> checkKey(answer.table()))
                .exceptionallyCompose(error ->
                        cause(error) instanceof ResourceNotFoundException ? create() : KclTable.<Boolean>failed(error));
    }

    /**
     * Writes a lease that nobody owns, under the counter after the one that was seen.
     *
     * @param seen the row that it replaces, empty when there must be none
     * @return false when the table holds something else by now; nothing was changed then
     */
    public CompletableFuture<Boolean> put(KclLease lease, Optional<KclLease> seen) {
        KclLease next = lease.withCounter(seen.map(row -> row.counter() + 1).orElse(0L));
        Map<String, String> names = new HashMap<>();
        Map<String, AttributeValue> values = new HashMap<>();
        List<String> sets = new ArrayList<>();
        next.attributes().forEach((attribute, value) -> {
            names.put("#" + attribute, attribute);
            values.put(":" + attribute, value);
            sets.add("#" + attribute + " = :" + attribute);
        });
        seen.ifPresent(row -> values.put(":seen", AttributeValue.fromN(Long.toString(row.counter()))));
        String condition = seen.isPresent() ? "leaseCounter = :seen" : "attribute_not_exists(leaseKey)";
        List<String> gone = RUNNING_STATE.stream()
                .filter(attribute -> !names.containsValue(attribute))
                .toList();
        return client.updateItem(request -> request.tableName(name)
                        .key(Map.of(KclLease.KEY, AttributeValue.fromS(lease.leaseKey())))
                        .conditionExpression(condition)
                        .updateExpression("SET " + String.join(", ", sets) + " REMOVE " + String.join(", ", gone))
                        .expressionAttributeNames(names)
                        .expressionAttributeValues(values))
                .thenApply(done -> true)
                .exceptionallyCompose(error -> cause(error) instanceof ConditionalCheckFailedException
                        ? CompletableFuture.completedFuture(false)
                        : KclTable.<Boolean>failed(error));
    }

    private CompletableFuture<List<Map<String, AttributeValue>>> page(
            ScanRequest request, List<Map<String, AttributeValue>> items) {
        return client.scan(request).thenCompose(answer -> {
            items.addAll(answer.items());
            return answer.hasLastEvaluatedKey() && !answer.lastEvaluatedKey().isEmpty()
                    ? page(request.copy(next -> next.exclusiveStartKey(answer.lastEvaluatedKey())), items)
                    : CompletableFuture.completedFuture(items);
        });
    }

    private CompletableFuture<Boolean> create() {
        return client.createTable(request -> request.tableName(name)
                        .billingMode(BillingMode.PAY_PER_REQUEST)
                        .attributeDefinitions(AttributeDefinition.builder()
                                .attributeName(KclLease.KEY)
                                .attributeType(ScalarAttributeType.S)
                                .build())
                        .keySchema(KeySchemaElement.builder()
                                .attributeName(KclLease.KEY)
                                .keyType(KeyType.HASH)
                                .build()))
                .thenApply(answer -> checkKey(answer.tableDescription()))
                .exceptionallyCompose(KclTable::<Boolean>failed);
    }

    private boolean checkKey(TableDescription table) {
        boolean fits = table.keySchema().size() == 1
                && table.keySchema().get(0).attributeName().equals(KclLease.KEY);
        if (!fits) {
            throw new TableRefusedException(
                    "DynamoDB table '" + name + "' is not a lease table of the KCL (its key must be leaseKey alone)",
                    null);
        }
        return table.tableStatus() == TableStatus.ACTIVE || table.tableStatus() == TableStatus.UPDATING;
    }

    private static <T> CompletableFuture<T> failed(Throwable error) {
        Throwable cause = cause(error);
        return CompletableFuture.failedFuture(
                cause instanceof LeaseException known
                        ? known
                        : new TableUnavailableException("DynamoDB cannot be used: " + cause.getMessage(), cause));
    }

    private static Throwable cause(Throwable error) {
        @Nullable Throwable inner = error.getCause();
        return error instanceof CompletionException && inner != null ? inner : error;
    }
}
