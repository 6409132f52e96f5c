package io.millrace.cli.leases;

import io.millrace.cli.terminal.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletionException;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ResourceNotFoundException;
import software.amazon.awssdk.services.dynamodb.model.ScanResponse;

/** The applications that share a lease table, by the keys of its rows. Blocks; for one thread. */
final class Applications {
    private static final Map<String, String> KEYS = Map.of("#a", "application", "#e", "entity");
    private static final String WORKER = "worker#";
    private static final String LEASE = "lease#";
    private static final String STREAM = "stream#";

    private final Map<String, Application> found = new TreeMap<>();

    private Applications() {}

    /** What the rows of one application are about. */
    private static final class Application {
        private final Set<String> streams = new TreeSet<>();
        private int workers;
        private int shards;

        void add(String entity) {
            if (entity.startsWith(WORKER)) {
                workers++;
            } else if (entity.startsWith(STREAM)) {
                streams.add(entity.substring(STREAM.length()));
            } else if (entity.startsWith(LEASE)) {
                shards++;
                streams.add(entity.substring(LEASE.length()).replaceFirst("#[^#]*$", ""));
            }
        }
    }

    /** Reads the keys of the whole table; empty when there is no such table. */
    static Optional<Applications> in(DynamoDbAsyncClient client, String table) {
        Applications applications = new Applications();
        Map<String, AttributeValue> after = Map.of();
        try {
            do {
                Map<String, AttributeValue> start = after;
                ScanResponse page = client.scan(request -> request.tableName(table)
                                .projectionExpression("#a, #e")
                                .expressionAttributeNames(KEYS)
                                .exclusiveStartKey(start.isEmpty() ? null : start))
                        .join();
                page.items().forEach(applications::add);
                after = page.lastEvaluatedKey();
            } while (!after.isEmpty());
        } catch (CompletionException e) {
            if (e.getCause() instanceof ResourceNotFoundException) {
                return Optional.empty();
            }
            throw e;
        }
        return Optional.of(applications);
    }

    boolean isEmpty() {
        return found.isEmpty();
    }

    /** A heading, and a line for each. */
    List<String> lines() {
        List<String> lines = new ArrayList<>();
        lines.add(String.format(Locale.ROOT, "  %-30s %8s %8s  %s", "application", "workers", "shards", "streams"));
        found.forEach((name, application) -> lines.add(String.format(
                Locale.ROOT,
                "  %-30s %8d %8d  %s",
                name,
                application.workers,
                application.shards,
                String.join(", ", application.streams))));
        return lines;
    }

    /** An object for each. */
    List<JsonObject> json() {
        return found.entrySet().stream()
                .map(one -> new JsonObject()
                        .put("application", one.getKey())
                        .put("workers", one.getValue().workers)
                        .put("shards", one.getValue().shards)
                        .put("streams", one.getValue().streams))
                .toList();
    }

    private void add(Map<String, AttributeValue> keys) {
        AttributeValue application = keys.get("application");
        AttributeValue entity = keys.get("entity");
        if (application != null && application.s() != null && entity != null && entity.s() != null) {
            found.computeIfAbsent(application.s(), unused -> new Application()).add(entity.s());
        }
    }
}
