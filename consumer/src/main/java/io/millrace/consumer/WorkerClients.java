package io.millrace.consumer;

import io.millrace.consumer.services.ServicePlace;
import io.millrace.fanout.pipe.PipeClient;
import io.millrace.lease.coordinator.StartFailedException;
import io.millrace.lease.coordinator.StartFailedException.Needed;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.AwsServiceClientConfiguration;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.utils.SdkAutoCloseable;

/** The SDK clients of one worker: those it was given, and those it made and therefore closes. */
record WorkerClients(
        KinesisAsyncClient kinesis, boolean ownsKinesis, DynamoDbAsyncClient dynamoDb, boolean ownsDynamoDb)
        implements AutoCloseable {
    /**
     * Takes the given clients and makes the missing ones from the SDK's standard settings.
     *
     * @param isForPipes true when the client for Kinesis is to hold subscriptions as well
     * @throws WorkerException if the settings do not suffice
     */
    static WorkerClients of(
            @Nullable KinesisAsyncClient kinesis, @Nullable DynamoDbAsyncClient dynamoDb, boolean isForPipes) {
        Supplier<KinesisAsyncClient> maker =
                isForPipes ? () -> PipeClient.create(settings -> {}) : KinesisAsyncClient::create;
        KinesisAsyncClient reads = kinesis != null ? kinesis : make("Kinesis", maker);
        try {
            DynamoDbAsyncClient leases = dynamoDb != null ? dynamoDb : make("DynamoDB", DynamoDbAsyncClient::create);
            return new WorkerClients(reads, kinesis == null, leases, dynamoDb == null);
        } catch (WorkerException failure) {
            if (kinesis == null) {
                reads.close();
            }
            throw failure;
        }
    }

    /** The error of a start; where a service could not be used it says which endpoint that is and where it was set. */
    Throwable located(Throwable error) {
        Throwable cause = error instanceof CompletionException && error.getCause() != null ? error.getCause() : error;
        if (!(cause instanceof StartFailedException failure)
                || failure.unavailable().isEmpty()) {
            return error;
        }
        Map<String, String> environment = System.getenv();
        String place = failure.unavailable().get() == Needed.LEASE_TABLE
                ? ServicePlace.of("DynamoDB", dynamoDb, ownsDynamoDb, environment)
                : ServicePlace.of("Kinesis", kinesis, ownsKinesis, environment);
        return new WorkerException(failure.getMessage() + " (" + place + ")", failure);
    }

    @Override
    public void close() {
        if (ownsKinesis) {
            kinesis.close();
        }
        if (ownsDynamoDb) {
            dynamoDb.close();
        }
    }

    /** Where the services are, for the log. */
    String places() {
        return "DynamoDB " + place(dynamoDb.serviceClientConfiguration()) + ", Kinesis "
                + place(kinesis.serviceClientConfiguration());
    }

    private static String place(AwsServiceClientConfiguration client) {
        return client.endpointOverride()
                .map(endpoint -> "at " + endpoint)
                .orElseGet(() -> "of region " + client.region());
    }

    private static <T extends SdkAutoCloseable> T make(String service, Supplier<T> maker) {
        try {
            return maker.get();
        } catch (SdkException failure) {
            throw new WorkerException(
                    "cannot make a client for " + service
                            + "; set AWS_REGION and credentials, or give the builder a client: " + failure.getMessage(),
                    failure);
        }
    }
}
