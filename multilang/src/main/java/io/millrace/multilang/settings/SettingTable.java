package io.millrace.multilang.settings;

import static io.millrace.multilang.settings.Form.ADDRESS;
import static io.millrace.multilang.settings.Form.DURATION;
import static io.millrace.multilang.settings.Form.FLAG;
import static io.millrace.multilang.settings.Form.TEXT;

import io.millrace.multilang.settings.Row.Use;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Every key that Amazon's daemon knows, in its order, and the few of our own; one row each. */
final class SettingTable {
    private static final Form COUNT = Form.whole(0, Integer.MAX_VALUE);
    private static final Form POSITIVE = Form.whole(1, Integer.MAX_VALUE);
    private static final Form MILLIS = Form.whole(0, Long.MAX_VALUE);
    private static final Form BILLING = Form.choice("PAY_PER_REQUEST", "PROVISIONED");

    /** The year 9999. */
    private static final long MOST_SECONDS = 253_402_300_799L;

    private static final String ONE_TABLE =
            "all workers share one table, and its settings are those that it was made with";
    private static final String NO_METRICS = "the daemon sends nothing to CloudWatch";
    private static final String PLANNED = "the leader plans when something changes, and moves as few leases as it can";
    private static final String OWN_PAUSES = "retries wait by pauses of their own, which grow";

    private static final Map<String, Row> ROWS = rows();

    private SettingTable() {}

    /** All rows, in order. */
    static Collection<Row> all() {
        return ROWS.values();
    }

    /** The row of a key as it stands in the table. */
    static Optional<Row> find(String key) {
        return Optional.ofNullable(ROWS.get(key));
    }

    private static Map<String, Row> rows() {
        Table table = new Table();
        main(table);
        failures(table);
        functions(table);
        services(table);
        reading(table);
        leases(table);
        metrics(table);
        tables(table);
        return table.rows;
    }

    private static final class Table {
        private final Map<String, Row> rows = new LinkedHashMap<>();

        void honoured(String key, Form form, String meaning) {
            add(new Row(key, Use.HONOURED, form, meaning));
        }

        void alias(String key, String target) {
            add(new Row(key, Use.ALIAS, TEXT, target));
        }

        void meaningless(String why, Form form, String... keys) {
            for (String key : keys) {
                add(new Row(key, Use.MEANINGLESS, form, why));
            }
        }

        private void add(Row row) {
            if (rows.put(row.key(), row) != null) {
                throw new IllegalStateException(row.key() + " stands in the table twice");
            }
        }
    }

    private static void main(Table table) {
        table.honoured("executableName", TEXT, "the command of the children; quotes keep words with spaces together");
        table.honoured("applicationName", TEXT, "the application: its workers share the shards and the checkpoints");
        table.honoured("streamName", TEXT, "the stream, or several with commas between them");
        table.honoured("streamArn", TEXT, "the stream by its ARN, or several with commas between them");
        credentials(table);
        table.meaningless("it told Amazon which language asks, and changes nothing", TEXT, "processingLanguage");
        table.meaningless("no thread waits for a child, so there is no pool to bound", COUNT, "maxActiveThreads");
        table.honoured("workerId", TEXT, "the worker's name");
        table.alias("workerIdentifier", "workerId");
        table.honoured(
                "timeoutInSeconds",
                POSITIVE,
                "how long a child may take for a message, in seconds; then it alone is ended");
        table.honoured(
                "startTimeoutInSeconds", POSITIVE, "how long a child may take to answer initialize, in seconds; 30");
        table.honoured(
                "exitTimeoutInSeconds",
                POSITIVE,
                "how long a child may take to end, in seconds, SIGTERM after half of it; 10");
        table.honoured(
                "shardsPerProcess",
                POSITIVE,
                "how many shards a child may serve, where it speaks frames as our own packages do; 1");
        table.honoured(
                "shutdownGraceMillis", MILLIS, "how long a stop waits for children and checkpoints, in ms; 20000");
        table.meaningless(
                "checkpoints are always checked against what was delivered",
                FLAG,
                "validateSequenceNumberBeforeCheckpointing");
    }

    private static void credentials(Table table) {
        table.honoured("AwsCredentialsProvider", TEXT, "the credentials for all services");
        table.honoured("AwsCredentialsProviderDynamoDB", TEXT, "the credentials for the lease table");
        table.meaningless(NO_METRICS, TEXT, "AwsCredentialsProviderCloudWatch");
        for (String service : new String[] {"kinesis", "dynamoDB"}) {
            String nested = service + "CredentialsProvider";
            table.honoured(
                    nested + ".class",
                    TEXT,
                    "the credentials for " + (service.equals("kinesis") ? "all services" : "the lease table")
                            + ", by the name of the provider's class");
            table.honoured(nested + ".profileName", TEXT, "the profile of that provider");
            table.alias(nested + "[0]", nested + ".profileName");
        }
        for (String part : new String[] {".class", ".profileName", "[0]"}) {
            table.meaningless(NO_METRICS, TEXT, "cloudWatchCredentialsProvider" + part);
        }
    }

    private static void failures(Table table) {
        table.honoured(
                "failureAction",
                Form.choice("RETRY", "LETTER", "SKIP", "STOP_SHARD", "STOP_WORKER"),
                "what becomes of records that children fail at, once a limit is reached; RETRY, for ever");
        table.honoured("failureTries", POSITIVE, "the limit as failures in a row");
        table.honoured(
                "failureTimeInSeconds", POSITIVE, "the limit as time since the first failure in a row, in seconds");
        table.honoured("failureRecordAgeInSeconds", POSITIVE, "the limit as age of the oldest record, in seconds");
        table.honoured("failureIsolate", FLAG, "looks for the record that fails, so that it alone is given up; false");
        table.honoured(
                "failureDestination",
                TEXT,
                "where LETTER writes: a file, stream:NAME, s3://BUCKET, a queue's URL, or the ARN of one of them");
        table.alias("failureLetterFile", "failureDestination");
    }

    private static void functions(Table table) {
        table.honoured(
                "handler", TEXT, "a function in the manner of AWS Lambda, such as app.lambda_handler, run unmodified");
        table.honoured("CodeUri", TEXT, "the folder of the handler's code, in which it runs; the current one");
        table.honoured("FunctionName", Form.name(), "what the function is called; the application's name");
        table.honoured("Timeout", Form.whole(1, 900), "how long an invocation may take, in seconds; 3");
        table.honoured("MemorySize", Form.whole(128, 10_240), "what the function is told of its memory, in MB; 128");
        table.honoured("BatchSize", Form.whole(1, 10_000), "the most records of an invocation; 100");
        table.honoured(
                "MaximumBatchingWindowInSeconds",
                Form.whole(0, 300),
                "how long to wait for a full batch, in seconds; 0");
        table.alias("MaximumBatchingWindow", "MaximumBatchingWindowInSeconds");
        table.honoured(
                "ParallelizationFactor",
                Form.whole(1, 10),
                "how many batches of a shard are processed at once, in order per key; 1");
        table.honoured(
                "BisectBatchOnFunctionError",
                FLAG,
                "a batch that fails comes again in halves, without using tries up; false");
        table.honoured(
                "MaximumRetryAttempts",
                Form.whole(-1, 10_000),
                "how often records come again before they are given up; -1, for ever");
        table.honoured(
                "MaximumRecordAgeInSeconds",
                Form.whole(-1, 604_800),
                "records older than this are given up, from 60 on, in seconds; -1, none is");
        table.alias("MaximumRecordAge", "MaximumRecordAgeInSeconds");
        table.honoured(
                "FunctionResponseTypes",
                Form.choice("ReportBatchItemFailures"),
                "answers may name the records that were not processed");
        table.honoured("FilterCriteria", TEXT, "the function gets records alone that match one of these patterns");
        table.honoured(
                "OnFailure", TEXT, "the queue, bucket, stream or file that is told what is given up; it is left out");
        table.alias("DestinationConfig.OnFailure.Destination", "OnFailure");
        table.honoured(
                "TumblingWindowInSeconds",
                Form.whole(0, 900),
                "the length of windows of arrival times, in seconds; 0, none");
        table.honoured(
                "StartingPosition",
                Form.choice("TRIM_HORIZON", "LATEST", "AT_TIMESTAMP"),
                "where the function begins on a stream that is new to it; TRIM_HORIZON");
        table.honoured("StartingPositionTimestamp", Form.number(), "the time of AT_TIMESTAMP, in seconds since 1970");
    }

    private static void services(Table table) {
        table.honoured("regionName", TEXT, "the region of the stream and the lease table");
        table.honoured("kinesisEndpoint", ADDRESS, "the address of the streams' service");
        table.honoured("dynamoDBEndpoint", ADDRESS, "the address of the lease table's service");
        table.alias("kinesisClient.endpointOverride", "kinesisEndpoint");
        table.alias("kinesisClient.region", "regionName");
        variant(table, "kinesisClient", "streams'");
        table.alias("dynamoDbClient.endpointOverride", "dynamoDBEndpoint");
        table.honoured("dynamoDbClient.region", TEXT, "the region of the lease table, if it is another one");
        table.alias("dynamoDBRegionName", "dynamoDbClient.region");
        variant(table, "dynamoDbClient", "lease table's");
        table.meaningless(
                "calls have time limits and tries of their own",
                TEXT,
                "kinesisClient.defaultsMode",
                "dynamoDbClient.defaultsMode");
        table.meaningless(
                NO_METRICS,
                TEXT,
                "cloudWatchClient.endpointOverride",
                "cloudWatchClient.region",
                "cloudWatchClient.fipsEnabled",
                "cloudWatchClient.dualstackEnabled",
                "cloudWatchClient.defaultsMode",
                "cloudWatchEndpoint",
                "cloudWatchRegionName");
    }

    private static void variant(Table table, String client, String whose) {
        table.honoured(client + ".fipsEnabled", FLAG, "the " + whose + " endpoint that has FIPS 140 cryptography");
        table.honoured(client + ".dualstackEnabled", FLAG, "the " + whose + " endpoint that IPv6 reaches as well");
    }

    private static void reading(Table table) {
        table.honoured(
                "initialPositionInStream",
                Form.choice("TRIM_HORIZON", "LATEST", "AT_TIMESTAMP"),
                "where an application begins that is new to the stream; TRIM_HORIZON, and LATEST in Amazon's daemon");
        table.honoured(
                "initialPositionInStreamExtended",
                Form.whole(0, MOST_SECONDS),
                "the same as a time, in seconds since 1970");
        table.honoured(
                "retrievalMode",
                Form.choice("DEFAULT", "FANOUT", "POLLING"),
                "enhanced fan-out or polling; DEFAULT polls if a setting of polling is there, else it is FANOUT");
        table.honoured("fanoutConfig.consumerArn", TEXT, "the registered consumer to read as, by its ARN");
        table.honoured(
                "fanoutConfig.consumerName",
                TEXT,
                "the registered consumer to read as; that of the application's name");
        table.meaningless(
                OWN_PAUSES,
                MILLIS,
                "fanoutConfig.maxDescribeStreamSummaryRetries",
                "fanoutConfig.maxDescribeStreamConsumerRetries",
                "fanoutConfig.registerStreamConsumerRetries",
                "fanoutConfig.retryBackoffMillis");
        table.honoured("maxRecords", Form.whole(1, 10_000), "the most records that a child gets at once; 10000");
        table.honoured(
                "idleTimeBetweenReadsInMillis",
                MILLIS,
                "how long to wait before a shard is read again that had nothing new, by polling; 1500");
        table.meaningless(
                "reads are asynchronous, and each has its own limit",
                COUNT,
                "retryGetRecordsInSeconds",
                "maxGetRecordsThreadPool");
        table.meaningless(
                "shards without records are read less often by themselves",
                MILLIS,
                "millisBehindLatestThresholdForReducedTps");
        table.honoured(
                "callProcessRecordsEvenForEmptyRecordList", FLAG, "tells children of reads that found nothing; false");
    }

    private static void leases(Table table) {
        table.honoured(
                "failoverTimeMillis",
                Form.whole(1_000, Integer.MAX_VALUE),
                "after how long a silent worker's shards are taken; 10000");
        table.honoured("maxLeasesForWorker", POSITIVE, "the most shards that this worker takes; any number");
        table.honoured(
                "logWarningForTaskAfterMillis",
                Form.whole(1_000, Integer.MAX_VALUE),
                "after how long a call of a child counts as stuck, in ms; 60000");
        table.meaningless(PLANNED, MILLIS, "leaseAssignmentIntervalMillis", "maxLeasesToStealAtOneTime");
        table.meaningless(PLANNED, FLAG, "enablePriorityLeaseAssignment");
        table.meaningless(
                "children are found when their parent ends, and the leader looks for others",
                MILLIS,
                "shardSyncIntervalMillis");
        table.meaningless(
                "ended leases are cleaned up once they are of no use",
                FLAG,
                "cleanupLeasesUponShardCompletion",
                "ignoreUnexpectedChildShards",
                "skipShardSyncAtWorkerInitializationIfLeasesExist");
        table.meaningless("one heartbeat keeps all leases of a worker", COUNT, "maxLeaseRenewalThreads");
        table.meaningless(OWN_PAUSES, MILLIS, "listShardsBackoffTimeInMillis", "maxListShardsRetryAttempts");
        table.meaningless(OWN_PAUSES, MILLIS, "schedulerInitializationBackoffTimeMillis", "taskBackoffTimeMillis");
        table.meaningless("a child shard begins when its parents have ended", MILLIS, "parentShardPollIntervalMillis");
        table.meaningless("all shards are read alike", TEXT, "shardPrioritization");
        table.meaningless(
                "there is one version of the lease table's protocol",
                Form.choice(
                        "CLIENT_VERSION_CONFIG_3X",
                        "CLIENT_VERSION_CONFIG_COMPATIBLE_WITH_2X",
                        "CLIENT_VERSION_CONFIG_COMPATIBLE_WITH_2X_PHASE1"),
                "clientVersionConfig");
        table.meaningless("every move of a lease is graceful", MILLIS, "gracefulLeaseHandoffTimeoutMillis");
        table.meaningless("every move of a lease is graceful", FLAG, "isGracefulLeaseHandoffEnabled");
    }

    private static void metrics(Table table) {
        table.meaningless(NO_METRICS, Form.choice("NONE", "SUMMARY", "DETAILED"), "metricsLevel");
        table.meaningless(NO_METRICS, MILLIS, "metricsBufferTimeMillis", "metricsMaxQueueSize");
        table.meaningless(NO_METRICS, TEXT, "metricsEnabledDimensions");
        table.meaningless(
                "workers weigh leases by the bytes that they process",
                MILLIS,
                "inMemoryWorkerMetricsCaptureFrequencyMillis",
                "workerMetricsReporterFreqInMillis",
                "noOfPersistedMetricsPerWorkerMetrics",
                "dampeningPercentage",
                "reBalanceThresholdPercentage",
                "varianceBalancingFrequency");
        table.meaningless(
                "workers weigh leases by the bytes that they process",
                FLAG,
                "disableWorkerMetrics",
                "allowThroughputOvershoot");
        table.meaningless(
                "workers weigh leases by the bytes that they process",
                Form.number(),
                "maxThroughputPerHostKBps",
                "workerMetricsEMAAlpha");
        table.meaningless(
                "workers weigh leases by the bytes that they process",
                DURATION,
                "staleWorkerMetricsEntryCleanupDuration");
    }

    private static void tables(Table table) {
        table.honoured("tableName", TEXT, "the lease table, which all applications may share; millrace");
        table.meaningless(
                ONE_TABLE,
                FLAG,
                "leaseTableDeletionProtectionEnabled",
                "leaseTablePitrEnabled",
                "migrateAllEntitiesToLeaseTable");
        table.meaningless(
                ONE_TABLE,
                COUNT,
                "initialLeaseTableReadCapacity",
                "initialLeaseTableWriteCapacity",
                "leaseTableScanTotalSegments",
                "tableMigrationCompleteBakeTimeSeconds");
        for (String other : new String[] {"coordinatorState", "workerMetrics"}) {
            table.meaningless(ONE_TABLE, TEXT, other + "TableName", other + "Tags");
            table.meaningless(ONE_TABLE, BILLING, other + "BillingMode");
            table.meaningless(ONE_TABLE, COUNT, other + "ReadCapacity", other + "WriteCapacity");
            table.meaningless(
                    ONE_TABLE, FLAG, other + "PointInTimeRecoveryEnabled", other + "DeletionProtectionEnabled");
        }
    }
}
