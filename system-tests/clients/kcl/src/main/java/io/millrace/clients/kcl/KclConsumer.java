package io.millrace.clients.kcl;

import java.io.IOException;
import java.util.concurrent.ExecutionException;
import software.amazon.awssdk.http.Protocol;
import software.amazon.awssdk.http.SdkHttpConfigurationOption;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.services.cloudwatch.CloudWatchAsyncClient;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.utils.AttributeMap;
import software.amazon.kinesis.common.ConfigsBuilder;
import software.amazon.kinesis.common.InitialPositionInStream;
import software.amazon.kinesis.common.InitialPositionInStreamExtended;
import software.amazon.kinesis.coordinator.Scheduler;
import software.amazon.kinesis.leases.LeaseManagementConfig;
import software.amazon.kinesis.metrics.MetricsLevel;
import software.amazon.kinesis.processor.SingleStreamTracker;
import software.amazon.kinesis.retrieval.RetrievalConfig;
import software.amazon.kinesis.retrieval.fanout.FanOutConfig;
import software.amazon.kinesis.retrieval.polling.PollingConfig;

/**
 * A worker of the Kinesis Client Library that reads a stream from its beginning. Arguments: the stream, and {@code polling}
 * or {@code fan-out}. Endpoints and credentials come from the environment, as they do for any program that uses the SDK.
 * When its standard input ends it stops gracefully.
 */
final class KclConsumer {
    private static final long PATIENCE_MILLIS = 250;

    private KclConsumer() {}

    public static void main(String[] args) throws Exception {
        String stream = args[0];
        boolean isFanOut = args[1].equals("fan-out");
        ConfigsBuilder configs = new ConfigsBuilder(
                new SingleStreamTracker(
                        stream,
                        InitialPositionInStreamExtended.newInitialPosition(InitialPositionInStream.TRIM_HORIZON)),
                "kcl-" + args[1],
                kinesis(),
                DynamoDbAsyncClient.create(),
                // Asked for even with the metrics off; never called.
                CloudWatchAsyncClient.create(),
                "worker-1",
                PrintingProcessor::new);
        Scheduler scheduler = new Scheduler(
                configs.checkpointConfig(),
                configs.coordinatorConfig()
                        .parentShardPollIntervalMillis(PATIENCE_MILLIS)
                        .shardConsumerDispatchPollIntervalMillis(PATIENCE_MILLIS),
                impatient(configs.leaseManagementConfig()),
                configs.lifecycleConfig(),
                configs.metricsConfig().metricsLevel(MetricsLevel.NONE),
                configs.processorConfig(),
                retrieval(configs, stream, isFanOut));
        Thread worker = new Thread(scheduler, "kcl-scheduler");
        worker.start();
        awaitEndOfInput();
        boolean isGraceful = stop(scheduler);
        worker.join();
        Lines.print("stopped", "graceful", Boolean.toString(isGraceful));
        // The library's lease assignment leaves threads behind that keep a process alive.
        System.exit(0);
    }

    /** As the library's own KinesisClientUtil makes it, but trusting the certificate that the server signed itself. */
    private static KinesisAsyncClient kinesis() {
        return KinesisAsyncClient.builder()
                .httpClient(NettyNioAsyncHttpClient.builder()
                        .protocol(Protocol.HTTP2)
                        .maxConcurrency(Integer.MAX_VALUE)
                        .buildWithDefaults(AttributeMap.builder()
                                .put(SdkHttpConfigurationOption.TRUST_ALL_CERTIFICATES, true)
                                .build()))
                .build();
    }

    /** The default times suit leases that live for days; a test wants to be done in seconds. */
    private static LeaseManagementConfig impatient(LeaseManagementConfig leases) {
        leases.workerUtilizationAwareAssignmentConfig()
                .disableWorkerMetrics(true)
                .workerMetricsReporterFreqInMillis(1_000);
        return leases.failoverTimeMillis(5_000)
                .leaseAssignmentIntervalMillis(4 * PATIENCE_MILLIS)
                .shardSyncIntervalMillis(4 * PATIENCE_MILLIS);
    }

    private static RetrievalConfig retrieval(ConfigsBuilder configs, String stream, boolean isFanOut) {
        KinesisAsyncClient kinesis = configs.kinesisClient();
        return configs.retrievalConfig()
                .retrievalSpecificConfig(
                        isFanOut
                                ? new FanOutConfig(kinesis).streamName(stream).applicationName("kcl-fan-out")
                                : new PollingConfig(stream, kinesis).idleTimeBetweenReadsInMillis(PATIENCE_MILLIS));
    }

    private static boolean stop(Scheduler scheduler) throws InterruptedException {
        try {
            return scheduler.startGracefulShutdown().get();
        } catch (ExecutionException e) {
            throw new IllegalStateException("the library failed to stop", e);
        }
    }

    private static void awaitEndOfInput() throws IOException {
        while (System.in.read() >= 0) {
            // Nothing is expected: only the end counts.
        }
    }
}
