package io.millrace.consumer;

import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.consumer.delivery.DeliverySettings;
import io.millrace.consumer.processor.AsyncRecordProcessor;
import io.millrace.consumer.services.HostName;
import io.millrace.fanout.kinesis.DirectKinesis;
import io.millrace.fanout.pipe.FanOutConsumer;
import io.millrace.fanout.pipe.PipeSettings;
import io.millrace.fanout.polling.PollingSettings;
import io.millrace.lease.LostTable;
import io.millrace.lease.coordinator.LeaseSettings;
import io.millrace.lease.coordinator.LeaseSettings.StreamSettings;
import io.millrace.model.Position;
import io.millrace.model.aggregate.Aggregates;
import io.millrace.runtime.Platform;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;

/**
 * The settings that a worker was built with; {@link WorkerBuilder} documents and checks each.
 *
 * @param fanOut as which consumer it subscribes; absent where it only polls
 */
record WorkerSettings(
        String application,
        List<StreamSettings> streams,
        Supplier<? extends AsyncRecordProcessor> processor,
        @Nullable String workerName,
        Position.Initial initialPosition,
        String table,
        WorkerTiming timing,
        DeliverySettings delivery,
        Aggregates aggregates,
        int maxLeases,
        LostTable onLostTable,
        @Nullable FanOutConsumer fanOut,
        @Nullable KinesisAsyncClient kinesisClient,
        @Nullable DirectKinesis directKinesis,
        @Nullable DynamoDbAsyncClient dynamoDbClient,
        MeterRegistry meterRegistry,
        Platform platform,
        WorkerListener listener) {
    WorkerSettings {
        streams = List.copyOf(streams);
    }

    /** How shards are polled. */
    PollingSettings polling() {
        return PollingSettings.DEFAULT
                .withIdleTime(timing.idleTimeBetweenReads())
                .withMaxRecordsPerBatch(recordsAtOnce())
                .withAggregates(aggregates);
    }

    /** How shards are read by pipe. */
    PipeSettings pipes() {
        return PipeSettings.DEFAULT.withMaxRecordsPerBatch(recordsAtOnce()).withAggregates(aggregates);
    }

    /** Enough for a batch of every lane. */
    private int recordsAtOnce() {
        return Math.min(10_000, delivery.batching().records() * delivery.lanes());
    }

    /** How the worker of this name takes part in coordination. */
    LeaseSettings leases(String worker) {
        LeaseSettings.Builder builder = LeaseSettings.builder()
                .workerName(worker)
                .failoverTime(timing.failoverTime())
                .maxLeases(maxLeases)
                .onLostTable(onLostTable)
                .host(HostName.get());
        streams.forEach(stream -> builder.stream(stream.name(), stream.initialPosition()));
        return builder.build();
    }

    /** The same with these streams. */
    WorkerSettings withStreams(List<StreamSettings> known) {
        return new WorkerSettings(
                application,
                known,
                processor,
                workerName,
                initialPosition,
                table,
                timing,
                delivery,
                aggregates,
                maxLeases,
                onLostTable,
                fanOut,
                kinesisClient,
                directKinesis,
                dynamoDbClient,
                meterRegistry,
                platform,
                listener);
    }
}
