package io.millrace.systemtests.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.checkpoint.Checkpointer;
import io.millrace.consumer.Worker;
import io.millrace.consumer.processor.RecordBatch;
import io.millrace.consumer.processor.RecordProcessor;
import io.millrace.systemtests.house.Checkout;
import io.millrace.systemtests.process.CallLog;
import io.millrace.systemtests.process.Waiting;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.BatchGetItemRequest;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;

/** The policy of docs/iam.md beside the calls that a worker makes, from an empty table to its close. */
class PermissionsTest {
    private static final Pattern ACTION = Pattern.compile("\"((?:kinesis|dynamodb):\\w+)\"");

    @Test
    @Timeout(60)
    void workerCallsNothingButWhatThePolicyOfTheDocsAllows(@TempDir Path folder) throws Exception {
        CallLog calls = CallLog.in(folder.resolve("calls"));
        CountDownLatch processed = new CountDownLatch(10);
        CountDownLatch watched = new CountDownLatch(1);
        try (Services services = new Services(folder.resolve("data"));
                KinesisAsyncClient kinesis = services.kinesisWith(calls);
                DynamoDbAsyncClient dynamoDb = services.dynamoDbWith(calls);
                DynamoDbAsyncClient joiners = services.dynamoDbWith(new Watch(calls, watched))) {
            services.createStream("watched", 2);
            services.put("watched", 0, 10, 10);
            try (Worker worker = services.worker("watched", () -> new Reluctant(processed, watched))
                            .kinesisClient(kinesis)
                            .dynamoDbClient(dynamoDb)
                            .build();
                    Worker joiner = services.worker("watched", () -> batch -> {})
                            .kinesisClient(kinesis)
                            .dynamoDbClient(joiners)
                            .build()) {
                worker.start();
                assertThat(processed.await(40, TimeUnit.SECONDS)).isTrue();
                joiner.start();
                assertThat(watched.await(40, TimeUnit.SECONDS)).isTrue();
            }
        }

        Set<String> allowed = new TreeSet<>(policy("A worker, polling"));
        allowed.add("dynamodb:CreateTable");
        assertThat(CallLog.actions(CallLog.read(folder.resolve("calls")))).isEqualTo(allowed);
    }

    @Test
    @Timeout(60)
    void workerByFanOutCallsNothingButWhatItsPolicyAdds(@TempDir Path folder) throws Exception {
        CallLog calls = CallLog.in(folder.resolve("calls"));
        SimpleMeterRegistry meters = new SimpleMeterRegistry();
        CountDownLatch processed = new CountDownLatch(10);
        try (Services services = new Services(folder.resolve("data"));
                KinesisAsyncClient pipes = services.pipes(calls)) {
            services.createStream("piped", 1);
            try (Worker worker = services.worker(
                            "piped", () -> batch -> batch.records().forEach(record -> processed.countDown()))
                    .fanOut()
                    .kinesisClient(pipes)
                    .meterRegistry(meters)
                    .build()) {
                worker.start();
                Waiting.until(() -> meters.find("millrace.pipe.opened").counters().stream()
                        .anyMatch(counter -> counter.count() > 0));
                services.put("piped", 0, 10, 1);
                assertThat(processed.await(40, TimeUnit.SECONDS)).isTrue();
            }
        }

        Set<String> made = CallLog.actions(CallLog.read(folder.resolve("calls")));
        Set<String> added = policy("A worker, by enhanced fan-out");
        Set<String> allowed = new TreeSet<>(policy("A worker, polling"));
        allowed.addAll(added);
        assertThat(made).containsAll(added).isSubsetOf(allowed);
    }

    /** Gives no shard back before somebody has looked whether it does. */
    private record Reluctant(CountDownLatch processed, CountDownLatch watched) implements RecordProcessor {
        @Override
        public void processRecords(RecordBatch batch) {
            batch.records().forEach(record -> processed.countDown());
        }

        @Override
        public void shutdownRequested(Checkpointer checkpointer) {
            try {
                assertThat(watched.await(40, TimeUnit.SECONDS)).isTrue();
            } catch (InterruptedException stopped) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Notes calls, and when a lease is looked at that somebody else has. */
    private record Watch(CallLog calls, CountDownLatch watched) implements ExecutionInterceptor {
        @Override
        public void beforeExecution(Context.BeforeExecution context, ExecutionAttributes attributes) {
            calls.beforeExecution(context, attributes);
            if (context.request() instanceof BatchGetItemRequest) {
                watched.countDown();
            }
        }
    }

    /** What the JSON document below a heading of the page allows. */
    private static Set<String> policy(String heading) throws Exception {
        String page = Files.readString(Checkout.top().resolve("docs/iam.md"));
        int begin = page.indexOf("```json", page.indexOf("## " + heading + "\n"));
        return ACTION.matcher(page.substring(begin, page.indexOf("\n```\n", begin)))
                .results()
                .map((MatchResult found) -> found.group(1))
                .collect(Collectors.toSet());
    }
}
