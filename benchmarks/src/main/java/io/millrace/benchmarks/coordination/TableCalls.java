package io.millrace.benchmarks.coordination;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.DoubleAdder;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.SdkRequest;
import software.amazon.awssdk.core.SdkResponse;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.core.interceptor.SdkExecutionAttribute;
import software.amazon.awssdk.services.dynamodb.model.ConsumedCapacity;
import software.amazon.awssdk.services.dynamodb.model.DeleteItemRequest;
import software.amazon.awssdk.services.dynamodb.model.DeleteItemResponse;
import software.amazon.awssdk.services.dynamodb.model.GetItemRequest;
import software.amazon.awssdk.services.dynamodb.model.GetItemResponse;
import software.amazon.awssdk.services.dynamodb.model.QueryRequest;
import software.amazon.awssdk.services.dynamodb.model.QueryResponse;
import software.amazon.awssdk.services.dynamodb.model.ReturnConsumedCapacity;
import software.amazon.awssdk.services.dynamodb.model.UpdateItemRequest;
import software.amazon.awssdk.services.dynamodb.model.UpdateItemResponse;

/**
 * Counts every attempt of every call that goes to DynamoDB, by operation, and the request units that the service says it
 * took. Safe for any thread.
 */
final class TableCalls implements ExecutionInterceptor {
    static final String READ_UNITS = "readUnits";
    static final String WRITE_UNITS = "writeUnits";

    private final Map<String, DoubleAdder> sums = new ConcurrentSkipListMap<>();

    /** {@code name=number} of all operations and units, divided by commas. */
    String text() {
        return sums.entrySet().stream()
                .map(entry -> entry.getKey() + "=" + entry.getValue().sum())
                .collect(Collectors.joining(","));
    }

    static Map<String, Double> parse(String text) {
        Map<String, Double> sums = new TreeMap<>();
        for (String part :
                com.google.common.base.Splitter.on(',').omitEmptyStrings().split(text)) {
            int middle = part.indexOf('=');
            sums.put(part.substring(0, middle), Double.parseDouble(part.substring(middle + 1)));
        }
        return sums;
    }

    @Override
    public SdkRequest modifyRequest(Context.ModifyRequest context, ExecutionAttributes attributes) {
        SdkRequest request = context.request();
        if (request instanceof QueryRequest query) {
            return query.copy(next -> next.returnConsumedCapacity(ReturnConsumedCapacity.TOTAL));
        } else if (request instanceof GetItemRequest get) {
            return get.copy(next -> next.returnConsumedCapacity(ReturnConsumedCapacity.TOTAL));
        } else if (request instanceof UpdateItemRequest update) {
            return update.copy(next -> next.returnConsumedCapacity(ReturnConsumedCapacity.TOTAL));
        } else if (request instanceof DeleteItemRequest delete) {
            return delete.copy(next -> next.returnConsumedCapacity(ReturnConsumedCapacity.TOTAL));
        }
        return request;
    }

    @Override
    public void beforeTransmission(Context.BeforeTransmission context, ExecutionAttributes attributes) {
        add(attributes.getAttribute(SdkExecutionAttribute.OPERATION_NAME), 1);
    }

    @Override
    public void afterExecution(Context.AfterExecution context, ExecutionAttributes attributes) {
        SdkResponse response = context.response();
        if (response instanceof QueryResponse query) {
            units(READ_UNITS, query.consumedCapacity());
        } else if (response instanceof GetItemResponse get) {
            units(READ_UNITS, get.consumedCapacity());
        } else if (response instanceof UpdateItemResponse update) {
            units(WRITE_UNITS, update.consumedCapacity());
        } else if (response instanceof DeleteItemResponse delete) {
            units(WRITE_UNITS, delete.consumedCapacity());
        }
    }

    private void units(String kind, @Nullable ConsumedCapacity taken) {
        if (taken != null) {
            add(kind, taken.capacityUnits());
        }
    }

    private void add(String name, double value) {
        sums.computeIfAbsent(name, missing -> new DoubleAdder()).add(value);
    }
}
