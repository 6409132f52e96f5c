package io.millrace.systemtests.process;

import io.millrace.dynamodblocal.DynamoDbLocal;
import java.net.URI;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;

/**
 * A DynamoDB without tables, for one test or one class of them. All of this JVM have the same DynamoDB Local one after the
 * other, because its start takes as much CPU time as most tests; it ends with the JVM. Closing deletes all tables, and no two
 * are open at once, so nobody sees what others have left.
 */
public final class Tables implements AutoCloseable {
    private static final AtomicBoolean OPEN = new AtomicBoolean();

    private Tables() {}

    /** Returns once there is no table. */
    public static Tables open() {
        if (!OPEN.compareAndSet(false, true)) {
            throw new IllegalStateException("another test of this JVM has not closed its tables");
        }
        Shared.deleteAll();
        return new Tables();
    }

    /** The endpoint for clients. */
    public URI endpoint() {
        return Shared.SERVER.endpoint();
    }

    @Override
    public void close() {
        if (OPEN.compareAndSet(true, false)) {
            Shared.deleteAll();
        }
    }

    /** Started with the first. */
    private static final class Shared {
        static final DynamoDbLocal SERVER = DynamoDbLocal.start(DynamoDbLocal.Settings.inMemory());
        static final DynamoDbAsyncClient CLIENT = DynamoDbAsyncClient.builder()
                .endpointOverride(SERVER.endpoint())
                .region(Region.US_EAST_1)
                .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create("local", "local")))
                .build();

        static void deleteAll() {
            for (String name :
                    CLIENT.listTables().orTimeout(30, TimeUnit.SECONDS).join().tableNames()) {
                CLIENT.deleteTable(request -> request.tableName(name))
                        .orTimeout(30, TimeUnit.SECONDS)
                        .join();
            }
        }
    }
}
