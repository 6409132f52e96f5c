package io.millrace.systemtests.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.millrace.consumer.Worker;
import io.millrace.consumer.WorkerException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.core.SdkRequest;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.DynamoDbException;
import software.amazon.awssdk.services.dynamodb.model.GetItemRequest;
import software.amazon.awssdk.services.dynamodb.model.QueryRequest;
import software.amazon.awssdk.services.dynamodb.model.UpdateItemRequest;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.DescribeStreamSummaryRequest;
import software.amazon.awssdk.services.kinesis.model.KinesisException;

/** How a worker starts with real services, and what it says where it may not. */
@Timeout(60)
class StartTest {
    @Test
    void refusedPermissionFailsTheStartInOneLineThatNamesTheCall(@TempDir Path folder) throws Exception {
        try (Services services = new Services(folder)) {
            services.createStream("orders", 1);
            for (Class<? extends SdkRequest> refused :
                    List.of(QueryRequest.class, GetItemRequest.class, UpdateItemRequest.class)) {
                String call = refused.getSimpleName().replace("Request", "");
                try (DynamoDbAsyncClient dynamoDb = services.dynamoDbWith(new Refusal(refused));
                        Worker worker = services.worker("orders", () -> batch -> {})
                                .dynamoDbClient(dynamoDb)
                                .build()) {
                    assertThatThrownBy(worker::start)
                            .isInstanceOf(WorkerException.class)
                            .hasMessageStartingWith("DynamoDB refuses " + call + " on table '")
                            .hasMessageContaining("not authorized");
                }
            }
            try (KinesisAsyncClient kinesis = services.kinesisWith(new Refusal(DescribeStreamSummaryRequest.class));
                    Worker worker = services.worker("orders", () -> batch -> {})
                            .kinesisClient(kinesis)
                            .build()) {
                assertThatThrownBy(worker::start)
                        .isInstanceOf(WorkerException.class)
                        .hasMessageStartingWith("Kinesis refuses DescribeStreamSummary of stream orders:")
                        .hasMessageContaining("not authorized");
            }
        }
    }

    @Test
    void healthyWorkerSaysOnceThatItStartedAndWithWhat(@TempDir Path folder) throws Exception {
        Logger logger = (Logger) LoggerFactory.getLogger(Worker.class);
        Level before = logger.getLevel();
        ListAppender<ILoggingEvent> told = new ListAppender<>();
        told.start();
        logger.setLevel(Level.INFO);
        logger.addAppender(told);
        try (Services services = new Services(folder)) {
            services.createStream("orders", 1);
            try (Worker worker = services.worker("orders", () -> batch -> {}).build()) {
                worker.start();
                assertThat(told.list)
                        .singleElement()
                        .satisfies(line -> assertThat(line.getFormattedMessage())
                                .startsWith("worker " + worker.name() + " started: application ")
                                .contains(
                                        "streams [orders]",
                                        "table ",
                                        "DynamoDB at " + services.tables(),
                                        "Kinesis at http"));
            }
        } finally {
            logger.detachAppender(told);
            logger.setLevel(before);
        }
    }

    /** Answers calls of one kind as the services answer where a policy does not allow them. */
    private record Refusal(Class<? extends SdkRequest> calls) implements ExecutionInterceptor {
        @Override
        public void beforeExecution(Context.BeforeExecution context, ExecutionAttributes attributes) {
            if (calls.isInstance(context.request())) {
                AwsErrorDetails details = AwsErrorDetails.builder()
                        .errorCode("AccessDeniedException")
                        .errorMessage("User: somebody is not authorized to perform this")
                        .build();
                throw calls == DescribeStreamSummaryRequest.class
                        ? KinesisException.builder()
                                .statusCode(400)
                                .message(details.errorMessage())
                                .awsErrorDetails(details)
                                .build()
                        : DynamoDbException.builder()
                                .statusCode(400)
                                .message(details.errorMessage())
                                .awsErrorDetails(details)
                                .build();
            }
        }
    }
}
