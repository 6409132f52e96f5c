package io.millrace.multilang.settings;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.consumer.delivery.FailurePolicy;
import io.millrace.model.Position;
import io.millrace.multilang.child.ChildLimits;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DaemonSettingsTest {
    private static final String LEAST = "executableName = python3 app.py\napplicationName = app\nstreamName = orders\n";
    private static final String LETTERS = LEAST + "failureAction = LETTER\nfailureTries = 3\nfailureDestination = ";
    private static final String ARN = "arn:aws:kinesis:us-east-1:123456789012:stream/orders";

    @Test
    void defaultsAreThoseOfAmazonsDaemonButForItsStop() {
        DaemonSettings settings = read(LEAST);

        assertThat(settings.command()).containsExactly("python3", "app.py");
        assertThat(settings.application()).isEqualTo("app");
        assertThat(settings.streams()).containsExactly("orders");
        assertThat(settings.from()).isEqualTo(Position.trimHorizon());
        assertThat(settings.retrieval()).isEqualTo(new DaemonSettings.Retrieval(true, null));
        assertThat(settings.worker())
                .isEqualTo(new DaemonSettings.WorkerChoices(null, null, null, null, null, null, 10_000, false));
        assertThat(settings.services())
                .isEqualTo(new DaemonSettings.Services(
                        null,
                        null,
                        null,
                        null,
                        DaemonSettings.Variant.NONE,
                        DaemonSettings.Variant.NONE,
                        List.of(),
                        List.of()));
        assertThat(settings.limits()).isEqualTo(ChildLimits.DEFAULT);
        assertThat(settings.grace()).isEqualTo(Duration.ofSeconds(20));
        assertThat(settings.warnings()).isEmpty();
    }

    @Test
    void everyHonouredSettingHasItsEffect() {
        DaemonSettings settings = read("""
                executableName = "/opt/my app/run" -x
                applicationName = app
                streamArn = %s
                AwsCredentialsProvider = ProfileCredentialsProvider|dev
                AwsCredentialsProviderDynamoDB = EnvironmentVariableCredentialsProvider, InstanceProfileCredentialsProvider
                workerId = "w 1"
                timeoutInSeconds = 90
                exitTimeoutInSeconds = 4
                shutdownGraceMillis = 0
                regionName = eu-west-1
                kinesisEndpoint = http://127.0.0.1:4567
                dynamoDBEndpoint = http://127.0.0.1:8000
                dynamoDbClient.region = us-west-2
                initialPositionInStreamExtended = 1700000000
                retrievalMode = polling
                maxRecords = 500
                idleTimeBetweenReadsInMillis = 0
                callProcessRecordsEvenForEmptyRecordList = true
                failoverTimeMillis = 5000
                maxLeasesForWorker = 7
                logWarningForTaskAfterMillis = 2000
                tableName = leases
                """.replace("%s", ARN));

        assertThat(settings.command()).containsExactly("/opt/my app/run", "-x");
        assertThat(settings.streams()).containsExactly(ARN);
        assertThat(settings.from()).isEqualTo(new Position.AtTimestamp(Instant.ofEpochSecond(1_700_000_000)));
        assertThat(settings.retrieval()).isEqualTo(new DaemonSettings.Retrieval(false, null));
        assertThat(settings.worker())
                .isEqualTo(new DaemonSettings.WorkerChoices(
                        "\"w 1\"",
                        "leases",
                        Duration.ofSeconds(5),
                        Duration.ofMillis(200),
                        Duration.ofSeconds(2),
                        7,
                        500,
                        true));
        assertThat(settings.services())
                .isEqualTo(new DaemonSettings.Services(
                        "eu-west-1",
                        "us-west-2",
                        URI.create("http://127.0.0.1:4567"),
                        URI.create("http://127.0.0.1:8000"),
                        DaemonSettings.Variant.NONE,
                        DaemonSettings.Variant.NONE,
                        List.of(new Credentials(Credentials.Kind.PROFILE, List.of("dev"), Map.of())),
                        List.of(
                                new Credentials(Credentials.Kind.ENVIRONMENT, List.of(), Map.of()),
                                new Credentials(Credentials.Kind.INSTANCE, List.of(), Map.of()))));
        assertThat(settings.limits())
                .isEqualTo(new ChildLimits(
                        Duration.ofSeconds(90), Duration.ofSeconds(90), Duration.ofSeconds(4), Duration.ofSeconds(10)));
        assertThat(settings.grace()).isZero();
    }

    @Test
    void failuresFollowTheirPolicy() {
        assertThat(policy("")).hasToString("retry for ever");
        assertThat(policy("failureAction = letter\nfailureTries = 3\nfailureTimeInSeconds = 60\nfailureIsolate = true\n"
                        + "failureRecordAgeInSeconds = 3600\nfailureLetterFile = letters.jsonl"))
                .hasToString("after 3 failures or PT1M or at the age of PT1H, one by one then LETTER");
        assertThat(policy("failureAction = STOP_SHARD\nfailureTries = 1"))
                .hasToString("after 1 failures then STOP_SHARD");
        assertThatThrownBy(() -> read(LEAST + "failureTries = 3")).hasMessageContaining("failureAction is RETRY");
        assertThatThrownBy(() -> read(LEAST + "failureIsolate = true")).hasMessageContaining("failureAction is RETRY");
        assertThatThrownBy(() -> read(LEAST + "failureAction = SKIP")).hasMessageContaining("needs a limit");
        assertThatThrownBy(() -> read(LEAST + "failureAction = LETTER\nfailureTries = 3"))
                .hasMessageContaining("failureDestination");
        assertThatThrownBy(() -> read(LEAST + "failureAction = SKIP\nfailureTries = 3\nfailureLetterFile = x"))
                .hasMessageContaining("failureAction is SKIP");
        assertThatThrownBy(() -> read(LETTERS + "a\nfailureLetterFile = b"))
                .hasMessageContaining("line 7: failureLetterFile is set already in line 6");
    }

    private static FailurePolicy policy(String lines) {
        return read(LEAST + lines).failures().policy(to -> letters -> {});
    }

    @Test
    void lettersGoToAFileAStreamAQueueOrABucket() {
        assertThat(destination("letters.jsonl")).isEqualTo(new FailureDestination.File(Path.of("letters.jsonl")));
        assertThat(destination("/var/stream:x")).isEqualTo(new FailureDestination.File(Path.of("/var/stream:x")));
        assertThat(destination("stream:dead")).isEqualTo(new FailureDestination.Stream("dead"));
        assertThat(destination(ARN)).isEqualTo(new FailureDestination.Stream(ARN));
        assertThat(destination("s3://my-bucket")).isEqualTo(new FailureDestination.Bucket("my-bucket"));
        assertThat(destination("arn:aws:s3:::my-bucket")).isEqualTo(new FailureDestination.Bucket("my-bucket"));
        String url = "https://sqs.eu-west-1.amazonaws.com/111122223333/letters";
        assertThat(destination(url)).isEqualTo(new FailureDestination.Queue(url));
        assertThat(destination("sqs:" + url)).isEqualTo(new FailureDestination.Queue(url));
        String queue = "arn:aws:sqs:eu-west-1:111122223333:letters.fifo";
        assertThat(destination(queue)).isEqualTo(new FailureDestination.Queue(queue));
    }

    private static @Nullable FailureDestination destination(String text) {
        DaemonSettings settings = read(LETTERS + text);
        assertThat(settings.lines()).anyMatch(line -> line.startsWith("line 6: failureDestination = " + text));
        return settings.failures().lettersOrNull();
    }

    /** Before anything is asked of a service. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '#',
            value = {
                "arn:aws:sns:eu-west-1:111122223333:topic # line 6: failureDestination is the ARN of a queue, a bucket or a stream",
                "kafka:broker # or a file, not 'kafka:broker'",
                "arn:aws:sqs:eu-west-1:1:q # is no queue, such as",
                "https://sqs # is no queue, such as",
                "s3://B # names no bucket, such as s3://my-bucket, not 's3://B'",
                "s3://bucket/folder # names no bucket",
                "stream:a b # names no stream: ",
                "stream:orders # is a stream that is read; give letters a stream of their own"
            })
    void destinationThatIsNoneIsToldWithItsLine(String destination, String told) {
        assertThatThrownBy(() -> read(LETTERS + destination))
                .isInstanceOf(SettingsException.class)
                .hasMessageStartingWith("line 6: failureDestination ")
                .hasMessageContaining(told)
                .hasMessageNotContaining("\n");
    }

    @Test
    void startMayBeShorterThanAMessageIfThatIsSaid() {
        assertThat(read(LEAST + "timeoutInSeconds = 90\nstartTimeoutInSeconds = 5")
                        .limits())
                .isEqualTo(new ChildLimits(
                        Duration.ofSeconds(5), Duration.ofSeconds(90), Duration.ofSeconds(10), Duration.ofSeconds(10)));
    }

    @Test
    void overridesReplaceWhatTheFileSays() {
        DaemonSettings settings = DaemonSettings.of(
                PropertiesText.parse(LEAST.getBytes(StandardCharsets.UTF_8)),
                List.of(
                        new Setting("streamName", "other", "--set"),
                        new Setting("streamName", "a, b", "--stream"),
                        new Setting("MaxRecords", "5", "--set")));

        assertThat(settings.streams()).containsExactly("a", "b");
        assertThat(settings.worker().maxRecords()).isEqualTo(5);
    }

    @Test
    void overrideReplacesTheOtherNameOfTheSameThingAsWell() {
        assertThat(overridden("streamArn = " + ARN, "streamName", "other").streams())
                .containsExactly("other");
        assertThat(overridden("streamName = other", "streamArn", ARN).streams()).containsExactly(ARN);
        assertThat(overridden("streamName = s\nfanoutConfig.consumerName = c", "fanoutConfig.consumerArn", "arn:c")
                        .retrieval())
                .isEqualTo(new DaemonSettings.Retrieval(true, "arn:c"));
        assertThat(overridden("streamName = s\nfanoutConfig.consumerArn = arn:c", "FanoutConfig.consumerName", "c")
                        .retrieval())
                .isEqualTo(new DaemonSettings.Retrieval(true, "c"));
        assertThat(overridden("streamArn = " + ARN, "streamName", "other").lines())
                .as("a check shows what is in force")
                .noneMatch(line -> line.contains("streamArn"));
    }

    private static DaemonSettings overridden(String lines, String key, String value) {
        String file = "executableName = x\napplicationName = app\n" + lines;
        return DaemonSettings.of(
                PropertiesText.parse(file.getBytes(StandardCharsets.UTF_8)),
                List.of(new Setting(key, value, "--flag")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"retrievalMode = FANOUT", "fanoutConfig.consumerName = c"})
    void settingOfPollingIsWarnedOfInFanOut(String lines) {
        DaemonSettings settings = read(LEAST + lines + "\nidleTimeBetweenReadsInMillis = 500\nmaxRecords = 7");
        assertThat(settings.retrieval().isFanOut()).isTrue();
        assertThat(settings.warnings())
                .singleElement()
                .asString()
                .startsWith("line 5: idleTimeBetweenReadsInMillis has no effect here: ")
                .contains("fan-out");
        assertThat(settings.lines())
                .anyMatch(line -> line.startsWith("line 5: idleTimeBetweenReadsInMillis = 500: has no effect here: "))
                .anyMatch(line -> line.startsWith("line 6: maxRecords = 7: the most records"));
        assertThat(read(LEAST + "idleTimeBetweenReadsInMillis = 500").warnings())
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "retrievalMode = DEFAULT, true",
        "retrievalMode = FANOUT, true",
        "retrievalMode = POLLING, false",
        "maxRecords = 100, false",
        "'retrievalMode = fanout\nmaxRecords = 100', true",
        "'fanoutConfig.consumerName = c\nmaxRecords = 100', true"
    })
    void retrievalFollowsAmazonsRule(String lines, boolean isFanOut) {
        assertThat(read(LEAST + lines).retrieval().isFanOut()).isEqualTo(isFanOut);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '#',
            value = {
                "failoverTimeMilis = 5000 # line 4: there is no setting failoverTimeMilis; did you mean failoverTimeMillis?",
                "failovertimemillis = 5000 # did you mean failoverTimeMillis?",
                "billingMode = PAY_PER_REQUEST # there is no setting billingMode",
                "qqqqqqq = 1 # see docs/multilang.md",
                "maxRecords = 10001 # line 4: maxRecords is a whole number from 1 to 10000, not '10001'",
                "maxRecords = ten # maxRecords is a whole number",
                "maxRecords = # not ''",
                "failoverTimeMillis = -1 # failoverTimeMillis is a whole number from 1000 on, not '-1'",
                "failoverTimeMillis = 99999999999 # failoverTimeMillis is a whole number",
                "timeoutInSeconds = 0 # timeoutInSeconds is a whole number from 1 on, not '0'",
                "metricsLevel = LOUD # metricsLevel is one of NONE, SUMMARY, DETAILED, not 'LOUD'",
                "metricsBufferTimeMillis = soon # metricsBufferTimeMillis is a whole number",
                "cleanupLeasesUponShardCompletion = no # is true or false, not 'no'",
                "kinesisEndpoint = localhost:4567 # kinesisEndpoint is an address such as",
                "staleWorkerMetricsEntryCleanupDuration = 1 # is a duration such as",
                "workerMetricsEMAAlpha = -0.5 # is a number that is not negative",
                "applicationName = other # line 4: applicationName is set already in line 2; leave one of them",
                "ApplicationName = other # line 4: ApplicationName is set already in line 2",
                "initialPositionInStream = AT_TIMESTAMP # needs a time: give initialPositionInStreamExtended",
                "initialPositionInStream = SOMEWHERE # is one of TRIM_HORIZON, LATEST, AT_TIMESTAMP",
                "streamArn = arn:aws:kinesis:us-east-1:123456789012:stream/other # streamName is 'orders', but streamArn",
                "streamArn = orders # streamArn is no ARN of a stream",
                "AwsCredentialsProvider = StaticCredentialsProvider|a|b # put keys into a profile",
                "AwsCredentialsProvider = NoSuchProvider # names no provider of credentials that is known here: 'NoSuchProvider'",
                "kinesisCredentialsProvider.class = X # names no provider of credentials that is known here: 'X'",
                "kinesisCredentialsProvider.class = a,b # names one class of the SDK",
                "kinesisCredentialsProvider.profileName = dev # line 4: kinesisCredentialsProvider.profileName needs a provider",
                "kinesisCredentialsProvider.asyncThreadName = x # only .class, .profileName and [0] are; or write AwsCredentials",
                "kinesisCredentialsProvider[1] = x # only .class, .profileName and [0] are",
                "kinesisClient.httpClient = x # only .region, .endpointOverride, .fipsEnabled",
                "kinesisClient.fipsEnabled = yes # is true or false, not 'yes'"
            },
            quoteCharacter = '`')
    void mistakesAreToldWithTheirLine(String line, String told) {
        assertThatThrownBy(() -> read(LEAST + line))
                .isInstanceOf(SettingsException.class)
                .hasMessageContaining(told)
                .hasMessageNotContaining("\n");
    }

    @Test
    void contradictionsAreTold() {
        assertThatThrownBy(() -> read(LEAST + "initialPositionInStream = LATEST\ninitialPositionInStreamExtended = 5"))
                .hasMessageContaining("initialPositionInStream is LATEST; leave one of them");
        assertThatThrownBy(() -> read(LEAST + "retrievalMode = POLLING\nfanoutConfig.consumerName = c"))
                .hasMessageContaining("retrievalMode is POLLING; leave one of them");
        assertThatThrownBy(() -> read(LEAST + "fanoutConfig.consumerArn = a\nfanoutConfig.consumerName = c"))
                .hasMessageContaining("contradicts fanoutConfig.consumerArn");
        assertThat(read(LEAST + "initialPositionInStream = at_timestamp\ninitialPositionInStreamExtended = 5")
                        .from())
                .isEqualTo(new Position.AtTimestamp(Instant.ofEpochSecond(5)));
        assertThat(read(LEAST + "streamArn = " + ARN).streams()).containsExactly(ARN);
    }

    @ParameterizedTest
    @ValueSource(strings = {"executableName", "applicationName", "streamName"})
    void missingSettingIsNamed(String key) {
        assertThatThrownBy(() -> read(LEAST.replaceAll("(?m)^" + key + ".*$", "")))
                .hasMessageContaining(key + " is missing");
    }

    @Test
    void providerMayBeNamedByItsClass() {
        DaemonSettings.Services services = read(LEAST + """
                kinesisCredentialsProvider.class = software.amazon.awssdk.auth.credentials.ProfileCredentialsProvider
                kinesisCredentialsProvider.profileName = dev
                DynamoDBCredentialsProvider.class = ProfileCredentialsProvider
                dynamoDBCredentialsProvider[0] = leases
                cloudWatchCredentialsProvider.class = DefaultCredentialsProvider
                """).services();

        assertThat(services.credentials())
                .containsExactly(new Credentials(Credentials.Kind.PROFILE, List.of("dev"), Map.of()));
        assertThat(services.tableCredentials())
                .containsExactly(new Credentials(Credentials.Kind.PROFILE, List.of("leases"), Map.of()));
        assertThat(read(LEAST + "kinesisCredentialsProvider.class = AnonymousCredentialsProvider")
                        .services()
                        .tableCredentials())
                .as("that of the streams")
                .containsExactly(new Credentials(Credentials.Kind.ANONYMOUS, List.of(), Map.of()));
        assertThatThrownBy(() -> read(LEAST + "kinesisCredentialsProvider.class = ContainerCredentialsProvider\n"
                        + "kinesisCredentialsProvider.profileName = dev"))
                .hasMessage(
                        "line 5: kinesisCredentialsProvider.profileName ContainerCredentialsProvider takes no arguments");
        assertThatThrownBy(() -> read(LEAST + "kinesisCredentialsProvider.class = DefaultCredentialsProvider\n"
                        + "AwsCredentialsProvider = DefaultCredentialsProvider"))
                .hasMessageContaining("contradicts AwsCredentialsProvider; leave one of them");
    }

    @Test
    void amazonsOtherEndpointsMayBeChosen() {
        DaemonSettings.Services services = read(LEAST
                        + "kinesisClient.fipsEnabled = true\ndynamoDbClient.dualstackEnabled = true\n"
                        + "dynamoDbClient.fipsEnabled = false\ndynamoDBRegionName = us-west-2")
                .services();

        assertThat(services.kinesisVariant()).isEqualTo(new DaemonSettings.Variant(true, null));
        assertThat(services.tableVariant()).isEqualTo(new DaemonSettings.Variant(false, true));
        assertThat(services.tableRegionOrNull()).isEqualTo("us-west-2");
        assertThatThrownBy(
                        () -> read(LEAST + "kinesisClient.fipsEnabled = true\nkinesisEndpoint = http://localhost:4567"))
                .hasMessageContaining("kinesisEndpoint is set; leave one of them");
    }

    /** Those of section 2 of the facts about Amazon's daemon, and what its clients' builders take. */
    @Test
    void everyKeyOfAmazonsDaemonHasARow() throws IOException {
        try (InputStream keys = requireNonNull(DaemonSettingsTest.class.getResourceAsStream("amazons-keys.txt"))) {
            assertThat(new String(keys.readAllBytes(), StandardCharsets.UTF_8).lines())
                    .hasSizeGreaterThan(100)
                    .allSatisfy(
                            key -> assertThat(SettingTable.find(key)).as(key).isPresent());
        }
    }

    @Test
    void falseAndZeroApply() {
        DaemonSettings settings =
                read(LEAST + "callProcessRecordsEvenForEmptyRecordList = false\nshutdownGraceMillis = 0");
        assertThat(settings.worker().isEmptyWanted()).isFalse();
        assertThat(settings.grace()).isZero();
    }

    @Test
    void firstLettersInUpperCaseAndOldNamesAreAliases() {
        DaemonSettings settings = read(LEAST.replace("stream", "Stream")
                + "FailoverTimeMillis = 4000\nworkerIdentifier = w\nAWSCREDENTIALSPROVIDER = DefaultAWSCredentialsProviderChain\n"
                + "kinesisClient.endpointOverride = http://localhost:1");

        assertThat(settings.worker().failoverTimeOrNull()).isEqualTo(Duration.ofSeconds(4));
        assertThat(settings.worker().nameOrNull()).isEqualTo("w");
        assertThat(settings.services().credentials())
                .containsExactly(new Credentials(Credentials.Kind.DEFAULT, List.of(), Map.of()));
        assertThat(settings.services().kinesisOrNull()).isEqualTo(URI.create("http://localhost:1"));
        assertThat(settings.lines())
                .anyMatch(line -> line.contains("FailoverTimeMillis = 4000 (as failoverTimeMillis)"));
        assertThat(settings.warnings()).isEmpty();
    }

    @Test
    void settingWithoutEffectIsWarnedOfOnceWithItsReason() {
        assertThat(read(LEAST + "metricsLevel = NONE\nshardSyncIntervalMillis = 0")
                        .warnings())
                .satisfiesExactly(
                        line -> assertThat(line).startsWith("line 4: metricsLevel has no effect here: the daemon"),
                        line -> assertThat(line).startsWith("line 5: shardSyncIntervalMillis has no effect here: "));
    }

    /** A role, with an endpoint of the service that gives out its credentials. */
    @Test
    void roleHasItsKeys() {
        assertThat(read(LEAST
                                + "AwsCredentialsProvider = software.amazon.awssdk.x.StsAssumeRoleCredentialsProvider|"
                                + "arn:aws:iam::1:role/r|session|endpoint=https://sts.eu-west-1.amazonaws.com^eu-west-1|externalId=e")
                        .services()
                        .credentials())
                .containsExactly(new Credentials(
                        Credentials.Kind.ASSUME_ROLE,
                        List.of("arn:aws:iam::1:role/r", "session"),
                        Map.of("endpoint", "https://sts.eu-west-1.amazonaws.com^eu-west-1", "externalId", "e")));
        assertThatThrownBy(() -> read(LEAST + "AwsCredentialsProvider = StsAssumeRoleCredentialsProvider|arn"))
                .hasMessageContaining("StsAssumeRoleCredentialsProvider|ARN|SESSION");
        assertThatThrownBy(() -> read(LEAST + "AwsCredentialsProvider = DefaultCredentialsProvider|x"))
                .hasMessageContaining("takes no arguments");
    }

    @Test
    void fileIsReadAsPropertiesAreAndLinesKeepTheirNumbers() {
        List<Setting> settings =
                PropertiesText.parse("\uFEFF# c \\\na : 1\r\n\n  b\\\n   c  2  \n! x\nd=\\u00e4\u20ac\\\\\nlast=\\\n"
                        .getBytes(StandardCharsets.UTF_8));

        assertThat(settings)
                .containsExactly(
                        new Setting("a", "1", "line 2"),
                        new Setting("bc", "2", "line 4"),
                        new Setting("d", "\u00e4\u20ac\\", "line 7"),
                        new Setting("last", "", "line 8"));
        assertThatThrownBy(() -> PropertiesText.parse(new byte[] {'a', '=', (byte) 0xff}))
                .hasMessageContaining("not UTF-8");
        assertThatThrownBy(() -> PropertiesText.parse("x = \\u12".getBytes(StandardCharsets.UTF_8)))
                .hasMessageContaining("line 1");
    }

    @Test
    void anyFileIsReadOrRefusedInOneLine() {
        SplittableRandom random = new SplittableRandom(7);
        List<String> keys = SettingTable.all().stream().map(Row::key).toList();
        for (int i = 0; i < 3_000; i++) {
            StringBuilder text = new StringBuilder(LEAST);
            for (int line = random.nextInt(5); line > 0; line--) {
                text.append(keys.get(random.nextInt(keys.size())))
                        .append(" = ")
                        .append(Arrays.asList(
                                        "1", "-1", "x", "true", "", "PT1S", "http://h:1", "\\", "\\u", "a|b=c,d", "\"")
                                .get(random.nextInt(11)))
                        .append('\n');
            }
            try {
                DaemonSettings unused = read(text.toString());
            } catch (SettingsException refused) {
                assertThat(refused.getMessage()).doesNotContain("\n");
            }
        }
    }

    private static DaemonSettings read(String text) {
        return DaemonSettings.of(PropertiesText.parse(text.getBytes(StandardCharsets.UTF_8)), List.of());
    }
}
