package io.millrace.consumer.services;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.util.Map;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClientBuilder;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;

class ServicePlaceTest {
    private static final String ADDRESS = "http://127.0.0.1:8000";

    @Test
    void endpointIsNamedWithTheSettingThatItIsFrom() {
        try (DynamoDbAsyncClient client =
                builder().endpointOverride(URI.create(ADDRESS)).build()) {
            assertThat(ServicePlace.of("DynamoDB", client, true, Map.of("AWS_ENDPOINT_URL_DYNAMODB", ADDRESS)))
                    .isEqualTo("DynamoDB at " + ADDRESS + ", from AWS_ENDPOINT_URL_DYNAMODB");
            assertThat(ServicePlace.of("DynamoDB", client, true, Map.of("AWS_ENDPOINT_URL", ADDRESS)))
                    .isEqualTo("DynamoDB at " + ADDRESS + ", from AWS_ENDPOINT_URL");
            assertThat(ServicePlace.of("DynamoDB", client, true, Map.of()))
                    .isEqualTo("DynamoDB at " + ADDRESS + ", from the AWS profile");
            assertThat(ServicePlace.of("DynamoDB", client, false, Map.of()))
                    .isEqualTo("DynamoDB at " + ADDRESS + ", from the client given to the builder");
        }
    }

    @Test
    void clientsWithoutAnEndpointOrASettingAreNamed() {
        try (DynamoDbAsyncClient client = builder().build()) {
            assertThat(ServicePlace.of("DynamoDB", client, true, Map.of()))
                    .isEqualTo("Amazon DynamoDB in eu-west-1, from the default, no endpoint is set");
        }
        assertThat(ServicePlace.of("Kinesis", new Unconfigured(), false, Map.of()))
                .isEqualTo("Kinesis through the client given to the builder");
    }

    private static DynamoDbAsyncClientBuilder builder() {
        return DynamoDbAsyncClient.builder()
                .region(Region.EU_WEST_1)
                .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create("local", "local")));
    }

    /** A client such as a test makes. */
    private static final class Unconfigured implements KinesisAsyncClient {
        @Override
        public String serviceName() {
            return "kinesis";
        }

        @Override
        public void close() {}
    }
}
