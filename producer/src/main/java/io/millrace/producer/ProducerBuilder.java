package io.millrace.producer;

import static java.util.Objects.requireNonNull;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import io.millrace.model.StreamArn;
import io.millrace.model.StreamName;
import io.millrace.runtime.Platform;
import io.millrace.runtime.SystemPlatform;
import java.time.Duration;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;

/**
 * Collects what a {@link Producer} needs. {@link #stream} must be given; every method checks its argument at once. Not safe for
 * several threads.
 */
public final class ProducerBuilder {
    private static final int MOST_RECORD_BYTES = 10 << 20;

    private @Nullable String stream;
    private boolean isOrdered;
    /** Two of the units in which Amazon charges for what is put; as in the Kinesis Producer Library. */
    private int aggregateBytes = 51_200;

    private Duration linger = Duration.ofMillis(50);
    private Duration giveUpAfter = Duration.ofSeconds(30);
    private long maxBytes = 64L << 20;
    private WhenFull whenFull = WhenFull.BLOCK;
    private int maxRecordBytes = 1 << 20;
    private int requests = 8;
    private Duration requestTimeout = Duration.ofSeconds(10);
    private Predicate<String> hotKeys = key -> false;
    private int ways = 1;
    private @Nullable KinesisAsyncClient client;
    private @Nullable MeterRegistry registry;
    private @Nullable Platform platform;

    ProducerBuilder() {}

    /** The stream, by its name or its ARN; with an ARN it may be another account's. */
    public ProducerBuilder stream(String nameOrArn) {
        if (StreamArn.isMeant(nameOrArn)) {
            StreamArn.parse(nameOrArn);
        } else if (new StreamName(nameOrArn).arn().isPresent()) {
            throw new IllegalArgumentException("a stream of another account is given by its ARN, not as " + nameOrArn);
        }
        this.stream = nameOrArn;
        return this;
    }

    /**
     * Keeps the order of each key: of two records of a key the one that was sent later, or is sent after the first one's {@code
     * send} has returned, is stored later, whatever fails and however shards are split. One batch of a shard is under way at a time,
     * in which a key is in one entry only. A record that is stored twice keeps its place once; one that is given up leaves a gap.
     * Default: several batches, and no such promise.
     */
    public ProducerBuilder ordered() {
        this.isOrdered = true;
        return this;
    }

    /**
     * Packs records of one shard into aggregates of at most so many bytes, in the Kinesis Producer Library's format: our worker and
     * the Kinesis Client Library take them apart by themselves, other readers must. Needs the permission {@code kinesis:ListShards};
     * without it records are put one by one and the log says so. A larger record goes by itself. 1,000 to 1,048,576 bytes. Default:
     * 51,200.
     */
    public ProducerBuilder aggregates(int mostBytes) {
        if (mostBytes < 1_000 || mostBytes > 1 << 20) {
            throw new IllegalArgumentException("an aggregate has 1,000 to 1,048,576 bytes, not " + mostBytes);
        }
        this.aggregateBytes = mostBytes;
        return this;
    }

    /** Puts each record by itself, for readers that do not know aggregates. Requests still have many. */
    public ProducerBuilder withoutAggregates() {
        this.aggregateBytes = 0;
        return this;
    }

    /**
     * How long a record waits for others to go with; full requests go at once, and so does all at {@link Producer#flush}. Zero sends
     * whatever is there. Default: 50 ms.
     */
    public ProducerBuilder linger(Duration time) {
        if (time.isNegative() || time.compareTo(Duration.ofMinutes(1)) > 0) {
            throw new IllegalArgumentException("linger is zero to 1 min, not " + time);
        }
        this.linger = time;
        return this;
    }

    /**
     * How old a record that is not stored becomes before it fails with {@link SendException.Expired}. One that is in a request is
     * judged when the answer is there. From 1 ms on. Default: 30 s.
     */
    public ProducerBuilder giveUpAfter(Duration age) {
        this.giveUpAfter = positive(age, "giveUpAfter");
        return this;
    }

    /**
     * How many bytes the records without an outcome may take, each with its key and 160 bytes for what is kept of it; requests
     * under way take up to as much again. From 1 on; a record that is larger by itself has its turn when nothing else is held.
     * Default: 64 MiB.
     */
    public ProducerBuilder maxBytes(long bytes) {
        if (bytes < 1) {
            throw new IllegalArgumentException("a producer holds at least 1 byte, not " + bytes);
        }
        this.maxBytes = bytes;
        return this;
    }

    /** The way of a send that finds no room. Default: {@link WhenFull#BLOCK}. */
    public ProducerBuilder whenFull(WhenFull way) {
        this.whenFull = requireNonNull(way, "whenFull");
        return this;
    }

    /**
     * The most bytes of a record and its key; a stream's own limit, up to 10 MiB, is among its settings. Default: 1 MiB, as
     * streams have it unless told otherwise.
     */
    public ProducerBuilder maxRecordBytes(int bytes) {
        if (bytes < 1 || bytes > MOST_RECORD_BYTES) {
            throw new IllegalArgumentException("a record has 1 to " + MOST_RECORD_BYTES + " bytes, not " + bytes);
        }
        this.maxRecordBytes = bytes;
        return this;
    }

    /** How many requests are under way at once, of up to 5 MiB each; from 1 to 100. Default: 8. */
    public ProducerBuilder requests(int most) {
        if (most < 1 || most > 100) {
            throw new IllegalArgumentException("1 to 100 requests are under way at once, not " + most);
        }
        this.requests = most;
        return this;
    }

    /** How long the service may take to answer a request; then it is sent again. From 1 ms on. Default: 10 s. */
    public ProducerBuilder requestTimeout(Duration time) {
        this.requestTimeout = positive(time, "requestTimeout");
        return this;
    }

    /**
     * Spreads the records of hot keys over several shards, in turn: each gets one of {@code ways} explicit hash keys that follow from
     * its partition key, which readers see unchanged. Records of such a key have no order. Cannot be had with {@link #ordered}.
     *
     * @param hot true for the keys that are to be spread; called on senders' threads, for every record
     * @param hashKeys over how many; from 2 to 1,000
     */
    public ProducerBuilder spread(Predicate<String> hot, int hashKeys) {
        requireNonNull(hot, "hot");
        if (hashKeys < 2 || hashKeys > 1_000) {
            throw new IllegalArgumentException("a key is spread over 2 to 1,000 hash keys, not " + hashKeys);
        }
        this.hotKeys = hot;
        this.ways = hashKeys;
        return this;
    }

    /**
     * The client to put with; the producer does not close it. Retries of its own make answers later and repeat whole requests,
     * so let it have none. Default: one made from the SDK's standard settings (AWS_REGION, AWS_ENDPOINT_URL_KINESIS, profiles,
     * the credential chain), closed with the producer.
     */
    public ProducerBuilder kinesisClient(KinesisAsyncClient given) {
        this.client = requireNonNull(given, "kinesisClient");
        return this;
    }

    /** Takes the producer's meters, each with the tag {@code stream}. Default: nobody does. */
    public ProducerBuilder meterRegistry(MeterRegistry given) {
        this.registry = requireNonNull(given, "meterRegistry");
        return this;
    }

    /** Gives time, randomness and the producer's thread; for tests in virtual time. Default: the system. */
    public ProducerBuilder platform(Platform given) {
        this.platform = requireNonNull(given, "platform");
        return this;
    }

    /**
     * Makes the producer. Asks the service nothing yet: that begins with the first record.
     *
     * @throws IllegalStateException if no stream is named, keys are spread that shall keep their order, or records wait for
     *     company until they are given up
     * @throws software.amazon.awssdk.core.exception.SdkClientException if no client is given and the SDK finds no region
     */
    public Producer build() {
        if (stream == null) {
            throw new IllegalStateException("stream() names the stream that the producer puts into; it is not called");
        }
        if (isOrdered && ways > 1) {
            throw new IllegalStateException("keys that are spread have no order: give ordered() or spread(), not both");
        }
        if (linger.compareTo(giveUpAfter) >= 0) {
            throw new IllegalStateException("a record that waits " + linger + " for company is given up after "
                    + giveUpAfter + ": linger() must be shorter than giveUpAfter()");
        }
        return new Producer(this, platform == null ? new SystemPlatform() : platform);
    }

    ProducerSettings settings() {
        return new ProducerSettings(
                requireNonNull(stream),
                isOrdered,
                aggregateBytes,
                linger,
                giveUpAfter,
                maxBytes,
                whenFull,
                maxRecordBytes,
                requests,
                requestTimeout,
                hotKeys,
                ways);
    }

    @Nullable
    KinesisAsyncClient givenClient() {
        return client;
    }

    MeterRegistry registry() {
        return registry == null ? new CompositeMeterRegistry() : registry;
    }

    static KinesisAsyncClient standardClient() {
        return KinesisAsyncClient.builder()
                .overrideConfiguration(calls -> calls.retryStrategy(AwsRetryStrategy.doNotRetry()))
                .build();
    }

    private static Duration positive(Duration time, String name) {
        if (time.compareTo(Duration.ofMillis(1)) < 0) {
            throw new IllegalArgumentException(name + " is 1 ms or more, not " + time);
        }
        return time;
    }
}
