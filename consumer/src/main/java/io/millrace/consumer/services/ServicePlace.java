package io.millrace.consumer.services;

import java.net.URI;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import software.amazon.awssdk.awscore.AwsClient;
import software.amazon.awssdk.awscore.AwsServiceClientConfiguration;

/** Where a client leads and where that was set, in words for errors. Pure functions. */
public final class ServicePlace {
    private static final String GLOBAL_VARIABLE = "AWS_ENDPOINT_URL";
    private static final String GLOBAL_PROPERTY = "aws.endpointUrl";

    private ServicePlace() {}

    /**
     * Such as {@code DynamoDB at http://127.0.0.1:8000, from AWS_ENDPOINT_URL_DYNAMODB}.
     *
     * @param service the service's name as Amazon writes it
     * @param isMade true for a client that the worker made from the SDK's settings
     */
    public static String of(String service, AwsClient client, boolean isMade, Map<String, String> environment) {
        Optional<AwsServiceClientConfiguration> configuration = configuration(client);
        if (configuration.isEmpty()) {
            return service + " through the client given to the builder";
        }
        Optional<URI> endpoint = configuration.get().endpointOverride();
        String place = endpoint.map(uri -> service + " at " + uri)
                .orElseGet(
                        () -> "Amazon " + service + " in " + configuration.get().region());
        String origin = !isMade
                ? "the client given to the builder"
                : endpoint.map(uri -> origin(service, uri.toString(), environment))
                        .orElse("the default, no endpoint is set");
        return place + ", from " + origin;
    }

    private static String origin(String service, String endpoint, Map<String, String> environment) {
        String variable = GLOBAL_VARIABLE + "_" + service.toUpperCase(Locale.ROOT);
        String property = GLOBAL_PROPERTY + (service.equals("DynamoDB") ? "DynamoDb" : service);
        return Stream.of(property, GLOBAL_PROPERTY)
                .filter(name -> endpoint.equals(System.getProperty(name)))
                .map(name -> "the system property " + name)
                .findFirst()
                .or(() -> Stream.of(variable, GLOBAL_VARIABLE)
                        .filter(name -> endpoint.equals(environment.get(name)))
                        .findFirst())
                .orElse("the AWS profile");
    }

    /** Some clients, such as a test's, have none. */
    private static Optional<AwsServiceClientConfiguration> configuration(AwsClient client) {
        try {
            return Optional.of(client.serviceClientConfiguration());
        } catch (UnsupportedOperationException none) {
            return Optional.empty();
        }
    }
}
