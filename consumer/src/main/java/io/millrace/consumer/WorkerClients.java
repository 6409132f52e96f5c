package io.millrace.consumer;

import static java.util.Objects.requireNonNull;

import io.millrace.consumer.services.ServicePlace;
import io.millrace.fanout.kinesis.DirectKinesis;
import io.millrace.fanout.kinesis.KinesisStreams;
import io.millrace.fanout.pipe.PipeClient;
import io.millrace.lease.coordinator.StartFailedException;
import io.millrace.lease.coordinator.StartFailedException.Needed;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.AwsServiceClientConfiguration;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;

/** The SDK clients of one worker: those it was given, and those it made and therefore closes. */
record WorkerClients(
        KinesisAsyncClient kinesis,
        @Nullable DirectKinesis directOrNull,
        boolean ownsKinesis,
        DynamoDbAsyncClient dynamoDb,
        boolean ownsDynamoDb)
        implements AutoCloseable {
    /**
     * Takes the clients that the worker was given and makes the missing ones from the SDK's standard settings.
     *
     * @throws WorkerException if the settings do not suffice
     */
    static WorkerClients of(WorkerSettings settings) {
        KinesisAsyncClient given = settings.kinesisClient();
        DynamoDbAsyncClient tables = settings.dynamoDbClient();
        DirectKinesis direct = settings.directKinesis();
        if (given == null) {
            direct = make("Kinesis", () -> kinesis(settings));
        }
        try {
            DynamoDbAsyncClient leases = tables != null ? tables : make("DynamoDB", DynamoDbAsyncClient::create);
            return new WorkerClients(
                    given != null ? given : requireNonNull(direct).client(),
                    direct,
                    given == null,
                    leases,
                    tables == null);
        } catch (WorkerException failure) {
            if (given == null) {
                requireNonNull(direct).close();
            }
            throw failure;
        }
    }

    private static DirectKinesis kinesis(WorkerSettings settings) {
        InstantSource clock = settings.platform().clock();
        return settings.fanOut() == null
                ? DirectKinesis.create(clock)
                : new DirectKinesis(
                        PipeClient.create(client -> {}),
                        DirectKinesis.http(),
                        PipeClient.http().build(),
                        clock);
    }

    /** The streams as the worker reads them. */
    KinesisStreams streams() {
        return directOrNull == null ? new KinesisStreams(kinesis) : new KinesisStreams(directOrNull);
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
            requireNonNull(directOrNull).close();
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

    private static <T> T make(String service, Supplier<T> maker) {
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
