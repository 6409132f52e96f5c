package io.millrace.lease.table;

import static java.util.Objects.requireNonNull;

import com.google.common.collect.Lists;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.AwsRequestOverrideConfiguration;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.CancellationReason;
import software.amazon.awssdk.services.dynamodb.model.TransactWriteItem;
import software.amazon.awssdk.services.dynamodb.model.TransactWriteItemsRequest;
import software.amazon.awssdk.services.dynamodb.model.TransactionCanceledException;
import software.amazon.awssdk.services.dynamodb.model.Update;
import software.amazon.awssdk.services.dynamodb.model.UpdateItemRequest;

/**
 * Sends conditional updates of many rows as transactions, the only call of DynamoDB that takes several of them. It applies all or
 * none: where conditions do not hold, or others write the same rows, what was held up goes by calls of its own. A transaction costs
 * twice the capacity of its single writes; the permissions are the same. Where there are no transactions, as in some stores that
 * speak DynamoDB's protocol, all goes by single calls from the first refusal on.
 *
 * <p>Safe for any thread.
 */
final class BulkUpdates {
    /** Half of what TransactWriteItems takes at once (DynamoDB API): an answer shall come well within the time limit. */
    private static final int MOST = 50;

    private final DynamoDbAsyncClient client;
    private final @Nullable AwsRequestOverrideConfiguration settings;
    private final Function<Row, CompletableFuture<WriteOutcome>> single;
    private final Function<Map<String, AttributeValue>, Row> row;
    private final BiFunction<Throwable, String, ? extends RuntimeException> translation;
    private volatile boolean refused;

    /**
     * Sends through {@code client}.
     *
     * @param settings of each call, if it has any
     * @param single writes a row by a call of its own
     * @param row reads an item
     * @param translation tells what an error of an operation means to users of the table
     */
    BulkUpdates(
            DynamoDbAsyncClient client,
            @Nullable AwsRequestOverrideConfiguration settings,
            Function<Row, CompletableFuture<WriteOutcome>> single,
            Function<Map<String, AttributeValue>, Row> row,
            BiFunction<Throwable, String, ? extends RuntimeException> translation) {
        this.client = client;
        this.settings = settings;
        this.single = single;
        this.row = row;
        this.translation = translation;
    }

    /** Writes {@code rows} as {@code update} says of each. */
    List<CompletableFuture<WriteOutcome>> putAll(List<Row> rows, Function<Row, UpdateItemRequest> update) {
        List<CompletableFuture<WriteOutcome>> outcomes = new ArrayList<>();
        for (List<Row> part : Lists.partition(rows, MOST)) {
            if (part.size() == 1 || refused) {
                part.forEach(one -> outcomes.add(single.apply(one)));
            } else {
                outcomes.addAll(transact(part, update));
            }
        }
        return outcomes;
    }

    private List<CompletableFuture<WriteOutcome>> transact(List<Row> rows, Function<Row, UpdateItemRequest> update) {
        CompletableFuture<List<CompletableFuture<WriteOutcome>>> answer = client.transactWriteItems(
                        TransactWriteItemsRequest.builder()
                                .transactItems(rows.stream()
                                        .map(one -> item(update.apply(one)))
                                        .toList())
                                .overrideConfiguration(settings)
                                .build())
                .handle((applied, error) -> error == null
                        ? rows.stream()
                                .map(one -> CompletableFuture.completedFuture(WriteOutcome.applied()))
                                .toList()
                        : outcomes(rows, DynamoLeaseTable.cause(error)));
        List<CompletableFuture<WriteOutcome>> each = new ArrayList<>();
        for (int i = 0; i < rows.size(); i++) {
            int place = i;
            each.add(answer.thenCompose(outcomes -> outcomes.get(place)));
        }
        return each;
    }

    private static TransactWriteItem item(UpdateItemRequest single) {
        Update update = Update.builder()
                .tableName(single.tableName())
                .key(single.key())
                .conditionExpression(single.conditionExpression())
                .updateExpression(single.updateExpression())
                .expressionAttributeNames(single.expressionAttributeNames())
                .expressionAttributeValues(single.expressionAttributeValues())
                .returnValuesOnConditionCheckFailure(single.returnValuesOnConditionCheckFailureAsString())
                .build();
        return TransactWriteItem.builder().update(update).build();
    }

    /** Nothing was applied; why, is told of the whole, or of each row. */
    private List<CompletableFuture<WriteOutcome>> outcomes(List<Row> rows, Throwable error) {
        if (error instanceof TransactionCanceledException canceled
                && canceled.cancellationReasons().size() == rows.size()) {
            return outcomes(rows, canceled);
        }
        RuntimeException meant = translation.apply(error, "TransactWriteItems");
        if (meant instanceof TableRefusedException) {
            refused = true;
            return rows.stream().map(single).toList();
        }
        return failed(rows, meant);
    }

    private List<CompletableFuture<WriteOutcome>> outcomes(List<Row> rows, TransactionCanceledException canceled) {
        List<CancellationReason> reasons = canceled.cancellationReasons();
        if (reasons.stream().anyMatch(BulkUpdates::isThrottled)) {
            return failed(
                    rows,
                    new TableThrottledException(
                            "DynamoDB allows no more calls for now: a transaction of " + rows.size() + " rows",
                            canceled));
        }
        List<CompletableFuture<WriteOutcome>> outcomes = new ArrayList<>();
        for (int i = 0; i < rows.size(); i++) {
            CancellationReason reason = reasons.get(i);
            outcomes.add(
                    "ConditionalCheckFailed".equals(reason.code())
                            ? CompletableFuture.completedFuture(WriteOutcome.conflict(current(reason)))
                            : single.apply(rows.get(i)));
        }
        return outcomes;
    }

    private static boolean isThrottled(CancellationReason reason) {
        String code = requireNonNull(reason.code(), "code");
        return code.equals("ThrottlingError") || code.equals("ProvisionedThroughputExceeded");
    }

    private @Nullable Row current(CancellationReason reason) {
        return reason.hasItem() && !reason.item().isEmpty() ? row.apply(reason.item()) : null;
    }

    private static List<CompletableFuture<WriteOutcome>> failed(List<Row> rows, RuntimeException error) {
        return rows.stream()
                .map(one -> CompletableFuture.<WriteOutcome>failedFuture(error))
                .toList();
    }
}
