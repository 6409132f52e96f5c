package io.millrace.multilang.settings;

import io.millrace.model.Position;
import io.millrace.model.StreamArn;
import io.millrace.model.StreamName;
import io.millrace.multilang.child.ChildLimits;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The settings of a daemon.
 *
 * @param command the program of the children and its arguments; those of the interpreter, if any, where there is a function
 * @param lambdaOrNull the function that children run; absent if they speak the protocol themselves
 * @param application the application
 * @param streams names or ARNs of streams, at least one
 * @param from where the application begins on a stream that it never read
 * @param retrieval how records are read
 * @param worker settings of the worker
 * @param failures what becomes of records that children fail at
 * @param services where services are, and who speaks to them
 * @param limits how long children may take for what
 * @param shardsPerProcess how many shards a child may serve
 * @param grace how long a stop waits
 * @param lines a line for each setting that was given, saying what it means
 * @param warnings a line for each setting that has no effect
 */
public record DaemonSettings(
        List<String> command,
        @Nullable LambdaChoice lambdaOrNull,
        String application,
        List<String> streams,
        Position.Initial from,
        Retrieval retrieval,
        WorkerChoices worker,
        FailureChoice failures,
        Services services,
        ChildLimits limits,
        int shardsPerProcess,
        Duration grace,
        List<String> lines,
        List<String> warnings) {
    private static final Duration GRACE = Duration.ofSeconds(20);
    private static final Duration SHORTEST_IDLE = Duration.ofMillis(200);
    private static final int RECORDS = 10_000;

    private static final List<String> OF_POLLING = List.of(
            "maxRecords",
            "idleTimeBetweenReadsInMillis",
            "retryGetRecordsInSeconds",
            "maxGetRecordsThreadPool",
            "millisBehindLatestThresholdForReducedTps");

    /** Copies the lists. */
    public DaemonSettings {
        command = List.copyOf(command);
        streams = List.copyOf(streams);
        lines = List.copyOf(lines);
        warnings = List.copyOf(warnings);
    }

    /**
     * How records are read.
     *
     * @param isFanOut true for enhanced fan-out
     * @param consumerOrNull the registered consumer, by name or ARN; absent for that of the application's name
     */
    public record Retrieval(boolean isFanOut, @Nullable String consumerOrNull) {}

    /**
     * Settings of the worker; those that are absent stay at its defaults.
     *
     * @param nameOrNull its name
     * @param tableOrNull the lease table
     * @param failoverTimeOrNull after how long others take its shards
     * @param idleTimeOrNull how long to wait before a shard is read again
     * @param stuckAfterOrNull after how long a call counts as stuck
     * @param maxLeasesOrNull the most shards that it takes
     * @param maxRecords the most records of a batch
     * @param isEmptyWanted true if children are told of reads that found nothing
     */
    public record WorkerChoices(
            @Nullable String nameOrNull,
            @Nullable String tableOrNull,
            @Nullable Duration failoverTimeOrNull,
            @Nullable Duration idleTimeOrNull,
            @Nullable Duration stuckAfterOrNull,
            @Nullable Integer maxLeasesOrNull,
            int maxRecords,
            boolean isEmptyWanted) {}

    /**
     * Where services are, and who speaks to them; what is absent comes from the standard settings of the SDK.
     *
     * @param regionOrNull the region
     * @param tableRegionOrNull the region of the lease table
     * @param kinesisOrNull the address of the streams
     * @param dynamoDbOrNull the address of the lease table
     * @param kinesisVariant which of the endpoints that Amazon has for streams
     * @param tableVariant which of those that it has for the lease table
     * @param credentials for all services; none for the SDK's chain
     * @param tableCredentials for the lease table
     */
    public record Services(
            @Nullable String regionOrNull,
            @Nullable String tableRegionOrNull,
            @Nullable URI kinesisOrNull,
            @Nullable URI dynamoDbOrNull,
            Variant kinesisVariant,
            Variant tableVariant,
            List<Credentials> credentials,
            List<Credentials> tableCredentials) {
        /** Copies the lists. */
        public Services {
            credentials = List.copyOf(credentials);
            tableCredentials = List.copyOf(tableCredentials);
        }
    }

    /**
     * One of the endpoints that Amazon has for a service in a region; what is absent comes from the standard settings of the SDK.
     *
     * @param isFipsOrNull true for cryptography by FIPS 140
     * @param isDualStackOrNull true for IPv6 as well
     */
    public record Variant(
            @Nullable Boolean isFipsOrNull, @Nullable Boolean isDualStackOrNull) {
        /** Nothing is said. */
        public static final Variant NONE = new Variant(null, null);
    }

    /**
     * Reads settings.
     *
     * @param file those of the file: each key once
     * @param overrides those that replace them, a stream or consumer by name also one by ARN and the reverse; the last of a key
     *     counts
     * @throws SettingsException if something is wrong with them
     */
    public static DaemonSettings of(List<Setting> file, List<Setting> overrides) {
        Values values = Values.of(file, overrides);
        Duration grace = values.millis("shutdownGraceMillis").orElse(GRACE);
        Retrieval retrieval = retrieval(values);
        LambdaChoice lambda = LambdaChoice.of(values);
        Position.Initial position = LambdaChoice.from(values);
        FailureChoice failures = FailureChoice.of(values);
        List<String> streams = streams(values);
        refuseOwn(values, "failureDestination", failures.lettersOrNull(), streams);
        refuseOwn(values, "OnFailure", lambda == null ? null : lambda.onFailureOrNull(), streams);
        return new DaemonSettings(
                command(values),
                lambda,
                required(
                        values,
                        "applicationName",
                        "name the application that the shards' checkpoints are kept for; or give --app"),
                streams,
                position == null ? from(values) : position,
                retrieval,
                worker(values),
                failures,
                services(values),
                limits(values),
                values.whole("shardsPerProcess").orElse(1),
                grace,
                Explanations.of(values, retrieval.isFanOut()),
                Explanations.warnings(values, retrieval.isFanOut()));
    }

    /** The same, beginning elsewhere. */
    public DaemonSettings withFrom(Position.Initial position) {
        return new DaemonSettings(
                command,
                lambdaOrNull,
                application,
                streams,
                position,
                retrieval,
                worker,
                failures,
                services,
                limits,
                shardsPerProcess,
                grace,
                lines,
                warnings);
    }

    private static String required(Values values, String key, String advice) {
        return values.text(key).orElseThrow(() -> new SettingsException(key + " is missing: " + advice));
    }

    private static List<String> command(Values values) {
        if (values.has("handler") && !values.has("executableName")) {
            return List.of();
        }
        String text = required(values, "executableName", "give the command that starts a child");
        try {
            return CommandWords.split(text);
        } catch (IllegalArgumentException wrong) {
            throw values.wrong("executableName", "cannot be split into words: " + wrong.getMessage());
        }
    }

    private static List<String> streams(Values values) {
        List<String> names = values.list("streamName");
        List<String> arns = values.list("streamArn");
        if (names.isEmpty() && arns.isEmpty()) {
            throw new SettingsException(
                    "streamName is missing: give the stream's name, or its ARN as streamArn; or --stream");
        }
        List<String> known = new ArrayList<>();
        for (String arn : arns) {
            try {
                known.add(StreamArn.parse(arn).name());
            } catch (IllegalArgumentException wrong) {
                throw values.wrong("streamArn", "is no ARN of a stream: " + wrong.getMessage());
            }
        }
        for (String name : names) {
            checkName(values, name);
            if (!arns.isEmpty() && !known.contains(name)) {
                throw values.wrong(
                        "streamName", "is '" + name + "', but streamArn names another stream; leave one of them");
            }
        }
        return arns.isEmpty() ? names : arns;
    }

    private static void checkName(Values values, String name) {
        try {
            StreamName unused = new StreamName(name);
        } catch (IllegalArgumentException wrong) {
            throw values.wrong("streamName", "is no name of a stream: '" + name + "'");
        }
    }

    private static void refuseOwn(Values values, String key, @Nullable FailureDestination to, List<String> streams) {
        if (to instanceof FailureDestination.Stream stream && streams.contains(stream.nameOrArn())) {
            throw values.wrong(key, "is a stream that is read; give letters a stream of their own");
        }
    }

    private static Position.Initial from(Values values) {
        Optional<String> name = values.text("initialPositionInStream").map(text -> text.toUpperCase(Locale.ROOT));
        Optional<Duration> time = values.seconds("initialPositionInStreamExtended");
        if (time.isPresent()) {
            if (name.isPresent() && !name.get().equals("AT_TIMESTAMP")) {
                throw values.wrong(
                        "initialPositionInStreamExtended",
                        "is a time, but initialPositionInStream is " + name.get() + "; leave one of them");
            }
            return new Position.AtTimestamp(Instant.EPOCH.plus(time.get()));
        }
        if (name.isPresent() && name.get().equals("AT_TIMESTAMP")) {
            throw values.wrong(
                    "initialPositionInStream",
                    "needs a time: give initialPositionInStreamExtended, in seconds since 1970");
        }
        return name.isPresent() && name.get().equals("LATEST") ? Position.latest() : Position.trimHorizon();
    }

    private static Retrieval retrieval(Values values) {
        String mode = values.text("retrievalMode").orElse("DEFAULT").toUpperCase(Locale.ROOT);
        Optional<String> arn = values.text("fanoutConfig.consumerArn");
        Optional<String> name = values.text("fanoutConfig.consumerName");
        if (arn.isPresent() && name.isPresent()) {
            throw values.wrong("fanoutConfig.consumerName", "contradicts fanoutConfig.consumerArn; leave one of them");
        }
        boolean isNamed = arn.isPresent() || name.isPresent();
        if (mode.equals("POLLING") && isNamed) {
            throw values.wrong(
                    arn.isPresent() ? "fanoutConfig.consumerArn" : "fanoutConfig.consumerName",
                    "is about fan-out, but retrievalMode is POLLING; leave one of them");
        }
        boolean isPolling = mode.equals("POLLING")
                || (mode.equals("DEFAULT") && !isNamed && OF_POLLING.stream().anyMatch(values::has));
        return new Retrieval(!isPolling, arn.or(() -> name).orElse(null));
    }

    private static WorkerChoices worker(Values values) {
        Duration idle = values.millis("idleTimeBetweenReadsInMillis").orElse(null);
        return new WorkerChoices(
                values.text("workerId").orElse(null),
                values.text("tableName").orElse(null),
                values.millis("failoverTimeMillis").orElse(null),
                idle != null && idle.compareTo(SHORTEST_IDLE) < 0 ? SHORTEST_IDLE : idle,
                values.millis("logWarningForTaskAfterMillis").orElse(null),
                values.whole("maxLeasesForWorker").orElse(null),
                values.whole("maxRecords").orElse(RECORDS),
                values.flag("callProcessRecordsEvenForEmptyRecordList").orElse(false));
    }

    private static Services services(Values values) {
        List<Credentials> all = credentials(values, "AwsCredentialsProvider", "kinesisCredentialsProvider")
                .orElse(List.of());
        return new Services(
                values.text("regionName").orElse(null),
                values.text("dynamoDbClient.region").orElse(null),
                values.text("kinesisEndpoint").map(URI::create).orElse(null),
                values.text("dynamoDBEndpoint").map(URI::create).orElse(null),
                variant(values, "kinesisClient", "kinesisEndpoint"),
                variant(values, "dynamoDbClient", "dynamoDBEndpoint"),
                all,
                credentials(values, "AwsCredentialsProviderDynamoDB", "dynamoDBCredentialsProvider")
                        .orElse(all));
    }

    private static Optional<List<Credentials>> credentials(Values values, String key, String nested) {
        Optional<Setting> provider = values.setting(nested + ".class");
        Optional<Setting> profile = values.setting(nested + ".profileName");
        if (provider.isEmpty() && profile.isPresent()) {
            throw values.wrong(
                    nested + ".profileName",
                    "needs a provider: give " + nested + ".class = ProfileCredentialsProvider");
        }
        if (provider.isPresent() && values.has(key)) {
            throw values.wrong(nested + ".class", "contradicts " + key + "; leave one of them");
        }
        return provider.map(named -> Credentials.parse(named, profile))
                .or(() -> values.setting(key).map(Credentials::parse));
    }

    private static Variant variant(Values values, String client, String endpoint) {
        for (String key : List.of(client + ".fipsEnabled", client + ".dualstackEnabled")) {
            if (values.has(endpoint) && values.flag(key).orElse(false)) {
                throw values.wrong(
                        key, "chooses among Amazon's endpoints, but " + endpoint + " is set; leave one of them");
            }
        }
        return new Variant(
                values.flag(client + ".fipsEnabled").orElse(null),
                values.flag(client + ".dualstackEnabled").orElse(null));
    }

    private static ChildLimits limits(Values values) {
        ChildLimits usual = ChildLimits.DEFAULT;
        ChildLimits limits = new ChildLimits(
                values.seconds("startTimeoutInSeconds").orElse(usual.start()),
                null,
                values.seconds("exitTimeoutInSeconds").orElse(usual.exit()),
                usual.afterLoss());
        return values.seconds("timeoutInSeconds")
                .map(time -> values.has("startTimeoutInSeconds")
                        ? new ChildLimits(limits.start(), time, limits.exit(), limits.afterLoss())
                        : limits.withMessage(time))
                .orElse(limits);
    }
}
