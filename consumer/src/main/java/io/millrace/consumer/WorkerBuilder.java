package io.millrace.consumer;

import static java.util.Objects.requireNonNull;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import io.millrace.consumer.delivery.CheckpointMode;
import io.millrace.consumer.delivery.DeliverySettings;
import io.millrace.consumer.delivery.FailurePolicy;
import io.millrace.consumer.health.WorkerHealth;
import io.millrace.consumer.mapping.BatchFunction;
import io.millrace.consumer.mapping.EventSourceMapping;
import io.millrace.consumer.processor.AsyncRecordProcessor;
import io.millrace.consumer.processor.RecordProcessor;
import io.millrace.consumer.shard.BlockingProcessor;
import io.millrace.fanout.kinesis.DirectKinesis;
import io.millrace.fanout.pipe.FanOutConsumer;
import io.millrace.fanout.pipe.PipeClient;
import io.millrace.lease.LostTable;
import io.millrace.lease.coordinator.LeaseSettings.StreamSettings;
import io.millrace.model.Position;
import io.millrace.model.StreamArn;
import io.millrace.model.StreamName;
import io.millrace.model.StreamRecord;
import io.millrace.model.aggregate.Aggregates;
import io.millrace.runtime.Platform;
import io.millrace.runtime.SystemPlatform;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;

/**
 * Collects what a {@link Worker} needs. {@link #application}, {@link #stream(String)} and {@link #processor} must be given;
 * every method checks its argument at once. Not safe for several threads.
 */
public final class WorkerBuilder {
    private @Nullable String application;
    /** Where each stream begins; empty where {@link #initialPosition} says it. */
    private final Map<StreamName, Optional<Position.Initial>> streams = new LinkedHashMap<>();

    private @Nullable Supplier<? extends AsyncRecordProcessor> processor;
    private @Nullable String workerName;
    private Position.Initial initialPosition = Position.trimHorizon();
    private String table = "millrace";
    private WorkerTiming timing = WorkerTiming.DEFAULT;
    private DeliverySettings delivery = DeliverySettings.DEFAULT;
    private Aggregates aggregates = Aggregates.SPLIT;
    private int maxLeases = Integer.MAX_VALUE;
    private LostTable onLostTable = LostTable.STOP;
    private boolean isFanOut;
    /** Absent where the application lends its name. */
    private @Nullable FanOutConsumer fanOut;

    private @Nullable KinesisAsyncClient kinesisClient;
    private @Nullable DirectKinesis directKinesis;
    private @Nullable DynamoDbAsyncClient dynamoDbClient;
    private @Nullable MeterRegistry meterRegistry;
    private @Nullable Platform platform;
    private WorkerListener listener = event -> {};

    WorkerBuilder() {}

    /** Whose work this is: workers of the same application share the stream's shards and their checkpoints. */
    public WorkerBuilder application(String name) {
        requireNonNull(name, "application");
        if (name.isBlank() || name.length() > 255) {
            throw new IllegalArgumentException("an application name has 1 to 255 characters, not: '" + name + "'");
        }
        this.application = name;
        return this;
    }

    /**
     * A stream to read, from where {@link #initialPosition} says. Call it once for each stream.
     *
     * @param nameOrArn its name, or its ARN, which may be that of another account but not of another region than the
     *     client's. An ARN is what requests then give. A stream of the own account is the same one by name and by ARN; one
     *     of another account is known by its qualified name, {@code account:region:name}
     */
    public WorkerBuilder stream(String nameOrArn) {
        return add(nameOrArn, Optional.empty());
    }

    /**
     * A stream to read, by its name or its ARN, with an initial position of its own; see {@link #initialPosition} for what
     * that means. Call it once for each stream.
     */
    public WorkerBuilder stream(String nameOrArn, Position.Initial from) {
        return add(nameOrArn, Optional.of(from));
    }

    private WorkerBuilder add(String nameOrArn, Optional<Position.Initial> from) {
        StreamName name =
                StreamArn.isMeant(nameOrArn) ? StreamArn.parse(nameOrArn).qualifiedName() : new StreamName(nameOrArn);
        if (streams.putIfAbsent(name, from) != null) {
            throw new IllegalArgumentException("stream " + nameOrArn + " is named twice");
        }
        return this;
    }

    /**
     * Makes the processors, one for every lease taken, or for every lane of it. Called where user code runs, so it may block. Give
     * either this or {@link #asyncProcessor}; the last one counts.
     */
    public WorkerBuilder processor(Supplier<? extends RecordProcessor> factory) {
        requireNonNull(factory, "processor");
        return asyncProcessor(
                () -> new BlockingProcessor(requireNonNull(factory.get(), "the processor's factory returned null")));
    }

    /** Makes processors whose calls hold no thread, one for every lease taken, or for every lane of it. */
    public WorkerBuilder asyncProcessor(Supplier<? extends AsyncRecordProcessor> factory) {
        requireNonNull(factory, "asyncProcessor");
        this.processor = factory;
        return this;
    }

    /**
     * Calls functions in the manner of AWS Lambda, one for every lease taken, or for every lane of it. The mapping sets batches, lanes,
     * checkpoints, the filter and what becomes of failures, and keeps aggregates whole, as Lambda does: settings of these that came
     * before have no effect, and those that come after take its place. Give this instead of a processor.
     */
    public WorkerBuilder function(EventSourceMapping mapping, Supplier<? extends BatchFunction> functions) {
        requireNonNull(functions, "functions");
        this.delivery = mapping.delivery();
        this.aggregates = Aggregates.RAW;
        this.processor = mapping.processors(functions);
        return this;
    }

    /**
     * Gives processors those records alone that {@code filter} takes; the others count as processed. It is called on threads that may
     * block, for several shards at once. Default: all records.
     */
    public WorkerBuilder filter(Predicate<StreamRecord> filter) {
        this.delivery = delivery.withFilter(requireNonNull(filter, "filter"));
        return this;
    }

    /**
     * How many processors share a shard, 1 to 256. Each has a lane of its own: all records of a partition key go to the same lane,
     * and come in order there. The shard's checkpoint stands before the first record that some lane has not processed, so that after
     * a crash records of the other lanes come again. Default: 1.
     */
    public WorkerBuilder lanes(int number) {
        this.delivery = delivery.withLanes(number);
        return this;
    }

    /** How many records of a shard may be in its lanes before the slowest lane must catch up; from 1 on. Default: 10,000. */
    public WorkerBuilder maxOpenRecords(int records) {
        this.delivery = delivery.withOpenRecords(records);
        return this;
    }

    /** Says what becomes of records that a processor throws at. Default: they come again for ever. */
    public WorkerBuilder onFailure(FailurePolicy policy) {
        this.delivery = delivery.withFailures(policy);
        return this;
    }

    /** When records count as processed, so that their checkpoint is saved. Default: once the processor has returned from them. */
    public WorkerBuilder checkpoints(CheckpointMode mode) {
        this.delivery = delivery.withCheckpoints(mode);
        return this;
    }

    /**
     * Interrupts the thread of a call that runs when its shard's lease is lost. A processor can also ask
     * {@link io.millrace.consumer.processor.RecordBatch#isLeaseLost}. Default: it is not interrupted.
     */
    public WorkerBuilder interruptOnLeaseLost(boolean wanted) {
        this.delivery = delivery.withInterrupts(wanted);
        return this;
    }

    /** The most payload bytes that a processor gets at once; a single record may be larger. From 1 on. Default: any number. */
    public WorkerBuilder maxBytesPerBatch(long bytes) {
        this.delivery = delivery.withBatching(delivery.batching().withBytes(bytes));
        return this;
    }

    /**
     * How long a batch that is not full waits for more records after its first one came; up to 5 min. At a shard's end, when it
     * is given back, and when it holds as much as it may, nothing is waited for. Default: not at all.
     */
    public WorkerBuilder batchWindow(Duration time) {
        this.delivery = delivery.withBatching(delivery.batching().withWindow(time));
        return this;
    }

    /** Calls {@code processRecords} with an empty batch when a read finds nothing. Default: it is not called. */
    public WorkerBuilder emptyBatches(boolean wanted) {
        this.delivery = delivery.withBatching(delivery.batching().withEmpty(wanted));
        return this;
    }

    /**
     * What the worker is called in the lease table and in logs; 1 to 128 characters, without {@code #}. Names need not be
     * unique: every start is told from all others. Default: host name, process id and a random part.
     */
    public WorkerBuilder workerName(String name) {
        requireNonNull(name, "workerName");
        if (name.isBlank() || name.length() > 128 || name.indexOf('#') >= 0) {
            throw new IllegalArgumentException(
                    "a worker name has 1 to 128 characters and no '#', unlike this: '" + name + "'");
        }
        this.workerName = name;
        return this;
    }

    /**
     * Where the application begins on a stream when it meets it for the first time; later starts go on where the
     * checkpoints are, whatever this says. {@link Position.Latest} means the moment of the first start. Counts for all
     * streams that are named without a position of their own. Default: the trim horizon.
     */
    public WorkerBuilder initialPosition(Position.Initial position) {
        this.initialPosition = requireNonNull(position, "initialPosition");
        return this;
    }

    /**
     * How many shards, of all its streams together, this worker takes at most. What no worker has room for waits: the
     * leader warns once and shows it as {@code millrace.lease.unplaced}, and it is taken as soon as there is room. Children
     * of a shard that ended here count; others take what is too much. Default: any number.
     */
    public WorkerBuilder maxLeases(int leases) {
        if (leases < 1) {
            throw new IllegalArgumentException("a worker takes at least one lease, not " + leases);
        }
        this.maxLeases = leases;
        return this;
    }

    /**
     * What the worker does when the lease table is deleted or emptied while it runs, or rows that must be there are:
     * the checkpoints are gone then. With {@link LostTable#STOP} it ends, and {@link Worker#run} throws a {@link WorkerException}
     * that says what is gone; with {@link LostTable#RESTART} it begins again at the initial position. Default: STOP.
     */
    public WorkerBuilder onLostTable(LostTable reaction) {
        this.onLostTable = requireNonNull(reaction, "onLostTable");
        return this;
    }

    /**
     * Reads by enhanced fan-out: the service pushes each shard's records through a pipe of this application's own
     * (SubscribeToShard), within milliseconds and without a share of the shard's read throughput. The application's name is
     * that of the registered consumer, which {@link #fanOut(String)} says more about. Default: shards are polled.
     */
    public WorkerBuilder fanOut() {
        this.isFanOut = true;
        this.fanOut = null;
        return this;
    }

    /**
     * Reads by enhanced fan-out as this consumer. Workers of one application give the same; two applications must not.
     *
     * <p>A consumer of a name is registered on every stream that lacks it, which Amazon charges for, and stays registered when
     * workers end; {@code aws kinesis deregister-stream-consumer} ends that. A consumer's ARN is one of a single stream, so
     * the worker reads that stream alone, and nothing registers it anew.
     *
     * <p>While a shard's pipe is not open, as after a move, after an end, and while it is refused, the shard is polled. A
     * worker starts only if its consumer is there or may be registered; one that is deleted or forbidden later is told in
     * the log, and polling goes on.
     *
     * @param consumerNameOrArn 1 to 128 letters, digits, {@code _}, {@code .} and {@code -}, or an ARN
     */
    public WorkerBuilder fanOut(String consumerNameOrArn) {
        this.isFanOut = true;
        this.fanOut = FanOutConsumer.of(requireNonNull(consumerNameOrArn, "consumerNameOrArn"));
        return this;
    }

    /** How long a worker may be silent before others take its shards; from 1 s on. Default: 10 s. */
    public WorkerBuilder failoverTime(Duration time) {
        this.timing = timing.withFailoverTime(time);
        return this;
    }

    /** The DynamoDB table that holds the leases of all applications; made if it is missing. Default: millrace. */
    public WorkerBuilder table(String name) {
        requireNonNull(name, "table");
        if (!name.matches("[a-zA-Z0-9_.-]{3,255}")) {
            throw new IllegalArgumentException(
                    "a table name has 3 to 255 letters, digits, '_', '.' or '-', unlike this: '" + name + "'");
        }
        this.table = name;
        return this;
    }

    /**
     * The client to read the stream with; the worker does not close it. Default: one made from the SDK's standard
     * settings (AWS_REGION, AWS_ENDPOINT_URL_KINESIS, profiles, the credential chain), closed with the worker. That one
     * reads records past the SDK's machinery for calls, as {@link DirectKinesis} says; a given one reads them itself.
     *
     * <p>With {@link #fanOut()} make it with {@link PipeClient}: the SDK's default holds 50 pipes and cuts one that its reader
     * holds back for 10 s or more.
     */
    public WorkerBuilder kinesisClient(KinesisAsyncClient client) {
        this.kinesisClient = requireNonNull(client, "kinesisClient");
        this.directKinesis = null;
        return this;
    }

    /** The same with a client that reads records in the direct way; the worker does not close it. */
    public WorkerBuilder kinesisClient(DirectKinesis client) {
        this.kinesisClient = client.client();
        this.directKinesis = client;
        return this;
    }

    /**
     * The client to keep leases with; the worker does not close it. Default: one made from the SDK's standard settings
     * (AWS_REGION, AWS_ENDPOINT_URL_DYNAMODB, profiles, the credential chain), closed with the worker.
     */
    public WorkerBuilder dynamoDbClient(DynamoDbAsyncClient client) {
        this.dynamoDbClient = requireNonNull(client, "dynamoDbClient");
        return this;
    }

    /** The most records that a processor gets at once, 1 to 10,000. Default: 1,000. */
    public WorkerBuilder maxRecordsPerBatch(int records) {
        this.delivery = delivery.withBatching(delivery.batching().withRecords(records));
        return this;
    }

    /**
     * Says what becomes of the aggregates in which the Kinesis Producer Library packs many user records into a stored one. With
     * {@link Aggregates#SPLIT} processors get user records, and a checkpoint may lie within an aggregate; with
     * {@link Aggregates#RAW} they get stored records and take them apart themselves. The workers of an application may differ, and
     * the setting may change between two starts: nothing is skipped then, and no more than one aggregate a shard comes again.
     * Default: SPLIT.
     */
    public WorkerBuilder aggregates(Aggregates way) {
        this.aggregates = requireNonNull(way, "aggregates");
        return this;
    }

    /**
     * How long to wait before asking a shard again that had nothing new. Default: 250 ms. Reads of one shard begin at
     * least 200 ms apart, or this long if it is shorter: the service allows five a second, for all applications together.
     * Shards that have had no records for 10 s are read less often where a worker has more than ten of them: all of them
     * together forty times a second, each every 1.5 s at least.
     */
    public WorkerBuilder idleTimeBetweenReads(Duration time) {
        this.timing = timing.withIdleTimeBetweenReads(time);
        return this;
    }

    /**
     * How often a shard's progress is saved at most. Where more than twenty shards are busy they save less often, about twenty times
     * a second together, each every 10 s at least. Progress is also saved when a shard is given back and at its end. Default: 1 s.
     */
    public WorkerBuilder checkpointInterval(Duration interval) {
        this.timing = timing.withCheckpointInterval(interval);
        return this;
    }

    /**
     * How long a shard may wait for one call, of the processor above all, before it counts as stuck: then the worker is not
     * {@linkplain WorkerHealth#healthy healthy}, and a {@link WorkerEvent.ShardStuck} event, the log and the gauge
     * {@code millrace.shard.stuck} name the call. Nothing else follows from it. At least 1 s; take more than the longest time
     * that a batch may take. Default: 1 min.
     */
    public WorkerBuilder stuckAfter(Duration time) {
        this.timing = timing.withStuckAfter(time);
        return this;
    }

    /**
     * Where metrics go; they are named {@code millrace.*} and have the tag {@code application}. Several workers may share a
     * registry. The worker goes on without meters that the registry refuses. Default: nowhere.
     */
    public WorkerBuilder meterRegistry(MeterRegistry registry) {
        this.meterRegistry = requireNonNull(registry, "meterRegistry");
        return this;
    }

    /** Where time and threads come from; for simulations. Default: the real ones. */
    public WorkerBuilder platform(Platform platform) {
        this.platform = requireNonNull(platform, "platform");
        return this;
    }

    /** Who is told what happens to the worker. Default: nobody. */
    public WorkerBuilder listener(WorkerListener listener) {
        this.listener = requireNonNull(listener, "listener");
        return this;
    }

    /**
     * A worker that has not started.
     *
     * @throws IllegalStateException if something required is missing
     * @throws IllegalArgumentException if the consumer of {@link #fanOut} does not fit the application or the streams
     */
    public Worker build() {
        return new Worker(settings());
    }

    WorkerSettings settings() {
        List<StreamSettings> all = streams();
        Platform used = platform != null ? platform : new SystemPlatform();
        return new WorkerSettings(
                given(application, "application"),
                all,
                given(processor, "processor"),
                workerName,
                initialPosition,
                table,
                timing,
                delivery,
                aggregates,
                maxLeases,
                onLostTable,
                consumerFor(all),
                kinesisClient,
                directKinesis,
                dynamoDbClient,
                meterRegistry != null ? meterRegistry : new CompositeMeterRegistry(),
                used,
                listener);
    }

    private @Nullable FanOutConsumer consumerFor(List<StreamSettings> all) {
        if (!isFanOut) {
            return null;
        }
        FanOutConsumer consumer =
                fanOut != null ? fanOut : FanOutConsumer.ofApplication(given(application, "application"));
        Optional<String> contradiction =
                consumer.contradiction(all.stream().map(StreamSettings::name).toList());
        if (contradiction.isPresent()) {
            throw new IllegalArgumentException(contradiction.get());
        }
        return consumer;
    }

    private List<StreamSettings> streams() {
        if (streams.isEmpty()) {
            throw missing("stream");
        }
        List<StreamSettings> all = new ArrayList<>();
        streams.forEach((name, from) -> all.add(new StreamSettings(name, from.orElse(initialPosition))));
        return all;
    }

    private static <T> T given(@Nullable T value, String what) {
        if (value == null) {
            throw missing(what);
        }
        return value;
    }

    private static IllegalStateException missing(String what) {
        return new IllegalStateException("a worker needs " + what + "(...); give it to the builder");
    }
}
