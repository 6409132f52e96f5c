package io.millrace.benchmarks.kcl;

import io.millrace.benchmarks.delivery.Tally;
import java.io.IOException;
import software.amazon.awssdk.http.Protocol;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.services.cloudwatch.CloudWatchAsyncClient;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.kinesis.common.ConfigsBuilder;
import software.amazon.kinesis.common.InitialPositionInStream;
import software.amazon.kinesis.common.InitialPositionInStreamExtended;
import software.amazon.kinesis.coordinator.Scheduler;
import software.amazon.kinesis.leases.LeaseManagementConfig;
import software.amazon.kinesis.metrics.MetricsLevel;
import software.amazon.kinesis.processor.SingleStreamTracker;
import software.amazon.kinesis.retrieval.RetrievalSpecificConfig;
import software.amazon.kinesis.retrieval.fanout.FanOutConfig;
import software.amazon.kinesis.retrieval.polling.PollingConfig;

/** A worker of the Kinesis Client Library that counts records. Ends when its standard input does. */
public final class KclReader {
    private static final long TUNED_MILLIS = 250;

    private KclReader() {}

    /**
     * Runs one.
     *
     * @param arguments application, stream, and {@code polling} (all settings as shipped), {@code tuned} (polling every 250 ms)
     *     or {@code fan-out}; the latter two assign leases every second, so that a run does not wait for them
     */
    public static void main(String[] arguments) throws IOException {
        String application = arguments[0];
        String stream = arguments[1];
        String mode = arguments[2];
        Tally tally = new Tally(System::nanoTime);
        KinesisAsyncClient kinesis = kinesis();
        ConfigsBuilder configs = new ConfigsBuilder(
                new SingleStreamTracker(
                        stream,
                        InitialPositionInStreamExtended.newInitialPosition(InitialPositionInStream.TRIM_HORIZON)),
                application,
                kinesis,
                DynamoDbAsyncClient.create(),
                // Asked for even with the metrics off; never called.
                CloudWatchAsyncClient.create(),
                "worker-1",
                () -> new CountingProcessor(tally));
        LeaseManagementConfig leases = configs.leaseManagementConfig();
        // There is no CloudWatch and no container here whose load it could look up.
        leases.workerUtilizationAwareAssignmentConfig().disableWorkerMetrics(true);
        Scheduler scheduler = new Scheduler(
                configs.checkpointConfig(),
                configs.coordinatorConfig(),
                mode.equals("polling") ? leases : leases.leaseAssignmentIntervalMillis(1_000L),
                configs.lifecycleConfig(),
                configs.metricsConfig().metricsLevel(MetricsLevel.NONE),
                configs.processorConfig(),
                configs.retrievalConfig().retrievalSpecificConfig(retrieval(mode, kinesis, stream, application)));
        Thread worker = new Thread(scheduler, "kcl-scheduler");
        worker.setDaemon(true);
        worker.start();
        tally.answer();
    }

    private static RetrievalSpecificConfig retrieval(
            String mode, KinesisAsyncClient kinesis, String stream, String application) {
        return switch (mode) {
            case "polling" -> new PollingConfig(stream, kinesis);
            case "tuned" -> new PollingConfig(stream, kinesis).idleTimeBetweenReadsInMillis(TUNED_MILLIS);
            case "fan-out" -> new FanOutConfig(kinesis).streamName(stream).applicationName(application);
            default -> throw new IllegalArgumentException("no such mode: " + mode);
        };
    }

    /** As the library's own KinesisClientUtil makes it. */
    private static KinesisAsyncClient kinesis() {
        return KinesisAsyncClient.builder()
                .httpClientBuilder(NettyNioAsyncHttpClient.builder()
                        .protocol(Protocol.HTTP2)
                        .maxConcurrency(Integer.MAX_VALUE))
                .build();
    }
}
