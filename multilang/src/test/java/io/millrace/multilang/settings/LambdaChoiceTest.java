package io.millrace.multilang.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.consumer.mapping.EventSourceMapping;
import io.millrace.model.Position;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The settings of a Lambda handler: Lambda's names, ranges and defaults. */
class LambdaChoiceTest {
    private static final String LEAST = "handler = app.lambda_handler\napplicationName = my app\nstreamName = orders\n";

    @Test
    void defaultsAreLambdas() {
        DaemonSettings settings = read(LEAST);
        LambdaChoice lambda = Objects.requireNonNull(settings.lambdaOrNull());

        assertThat(settings.command()).isEmpty();
        assertThat(settings.from()).isEqualTo(Position.trimHorizon());
        assertThat(lambda.handler()).isEqualTo("app.lambda_handler");
        assertThat(lambda.code()).isEqualTo(Path.of("").toAbsolutePath());
        assertThat(lambda.functionName()).isEqualTo("my-app");
        assertThat(lambda.timeout()).isEqualTo(Duration.ofSeconds(3));
        assertThat(lambda.memoryMegabytes()).isEqualTo(128);
        assertThat(lambda.mapping()).isEqualTo(EventSourceMapping.DEFAULT);
        assertThat(lambda.onFailureOrNull()).isNull();
        assertThat(read("executableName = python3 app.py\napplicationName = a\nstreamName = s\n")
                        .lambdaOrNull())
                .isNull();
    }

    @Test
    void everyOptionHasItsEffect() {
        DaemonSettings settings = read(LEAST + """
                executableName = /opt/python -X dev
                CodeUri = /opt/code
                FunctionName = orders-function
                Timeout = 900
                MemorySize = 512
                batchSize = 10000
                MaximumBatchingWindow = 300
                ParallelizationFactor = 10
                BisectBatchOnFunctionError = true
                MaximumRetryAttempts = 0
                MaximumRecordAge = 604800
                FunctionResponseTypes = ReportBatchItemFailures
                FilterCriteria = {"Filters":[{"Pattern":"{\\\\"data\\\\":{\\\\"x\\\\":[1]}}"},{"Pattern":{"partitionKey":["k"]}}]}
                DestinationConfig.OnFailure.Destination = arn:aws:sqs:eu-west-1:111122223333:failures
                StartingPosition = at_timestamp
                StartingPositionTimestamp = 1700000000.5
                """);
        LambdaChoice lambda = Objects.requireNonNull(settings.lambdaOrNull());

        assertThat(settings.command()).containsExactly("/opt/python", "-X", "dev");
        assertThat(settings.from()).isEqualTo(new Position.AtTimestamp(Instant.ofEpochMilli(1_700_000_000_500L)));
        assertThat(lambda.code()).isEqualTo(Path.of("/opt/code"));
        assertThat(lambda.functionName()).isEqualTo("orders-function");
        assertThat(lambda.timeout()).isEqualTo(Duration.ofMinutes(15));
        assertThat(lambda.memoryMegabytes()).isEqualTo(512);
        assertThat(lambda.mapping().batchSize()).isEqualTo(10_000);
        assertThat(lambda.mapping().maximumBatchingWindow()).isEqualTo(Duration.ofMinutes(5));
        assertThat(lambda.mapping().parallelizationFactor()).isEqualTo(10);
        assertThat(lambda.mapping().bisectBatchOnFunctionError()).isTrue();
        assertThat(lambda.mapping().maximumRetryAttempts()).isZero();
        assertThat(lambda.mapping().maximumRecordAgeOrNull()).isEqualTo(Duration.ofDays(7));
        assertThat(lambda.mapping().reportBatchItemFailures()).isTrue();
        assertThat(lambda.mapping().filterOrNull()).isNotNull();
        assertThat(lambda.onFailureOrNull())
                .isEqualTo(new FailureDestination.Queue("arn:aws:sqs:eu-west-1:111122223333:failures"));
    }

    @Test
    void ageAndWindowsMayBeSwitchedOffByTheirNumbers() {
        LambdaChoice lambda = Objects.requireNonNull(
                read(LEAST + "MaximumRecordAgeInSeconds = -1\nTumblingWindowInSeconds = 0\nMaximumRetryAttempts = -1\n")
                        .lambdaOrNull());
        assertThat(lambda.mapping().maximumRecordAgeOrNull()).isNull();
        assertThat(lambda.mapping().tumblingWindowOrNull()).isNull();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "BatchSize = 10001 | line 4: BatchSize is a whole number from 1 to 10000, not '10001'",
                "MaximumRecordAgeInSeconds = 59 | line 4: MaximumRecordAgeInSeconds is -1, or 60 to 604800, not 59",
                "ParallelizationFactor = 0 | from 1 to 10",
                "MaximumRetryAttempts = -2 | from -1 to 10000",
                "TumblingWindowInSeconds = 901 | from 0 to 900",
                "MaximumBatchingWindowInSeconds = 301 | from 0 to 300",
                "FunctionResponseTypes = Other | one of ReportBatchItemFailures",
                "BatchSise = 4 | did you mean BatchSize?",
                "FilterCriteria = nothing | is no JSON such as",
                "FilterCriteria = {\"Filters\":[{\"Pattern\":{\"data\":{\"x\":1}}}]} | the pattern of filter 1 is refused",
                "timeoutInSeconds = 4 | has no use with a Lambda handler; give Timeout instead",
                "failureTries = 4 | has no use with a Lambda handler; give MaximumRetryAttempts instead",
                "StartingPosition = AT_TIMESTAMP | needs a time",
                "StartingPositionTimestamp = 17 | needs StartingPosition = AT_TIMESTAMP"
            })
    void mistakesAreToldWithTheirLine(String line, String complaint) {
        assertThatThrownBy(() -> read(LEAST + line + "\n"))
                .isInstanceOf(SettingsException.class)
                .hasMessageContaining(complaint);
    }

    @Test
    void windowsNeedWholeShardsAndOptionsAHandler() {
        assertThatThrownBy(() -> read(LEAST + "TumblingWindowInSeconds = 9\nParallelizationFactor = 2\n"))
                .isInstanceOf(SettingsException.class)
                .hasMessageContaining("needs a ParallelizationFactor of 1");
        assertThatThrownBy(() -> read("executableName = x\napplicationName = a\nstreamName = s\nBatchSize = 9\n"))
                .hasMessageContaining("is about a Lambda function");
        assertThatThrownBy(() -> read(LEAST + "StartingPosition = LATEST\ninitialPositionInStream = LATEST\n"))
                .hasMessageContaining("contradicts StartingPosition");
    }

    private static DaemonSettings read(String text) {
        return DaemonSettings.of(PropertiesText.parse(text.getBytes(StandardCharsets.UTF_8)), List.of());
    }
}
