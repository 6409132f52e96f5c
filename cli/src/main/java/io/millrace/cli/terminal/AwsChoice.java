package io.millrace.cli.terminal;

import static java.util.Objects.requireNonNull;

import java.net.URI;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.regions.Region;

/**
 * The services that a command's own settings name. They take precedence over the standard AWS settings.
 *
 * @param services by the name of the service
 */
public record AwsChoice(Map<String, OfService> services) {
    /** Nothing is said. */
    static final AwsChoice NONE = new AwsChoice(Map.of());

    /** Copies the map. */
    public AwsChoice {
        services = Map.copyOf(services);
    }

    /** Says this of streams, of the lease table, and of queues and buckets. */
    public static AwsChoice of(OfService kinesis, OfService dynamoDb, OfService others) {
        return new AwsChoice(Map.of(
                AwsAccess.KINESIS, kinesis, AwsAccess.DYNAMODB, dynamoDb, AwsAccess.SQS, others, AwsAccess.S3, others));
    }

    OfService of(String service) {
        return services.getOrDefault(service, OfService.NOTHING);
    }

    /**
     * The settings of one service. The standard AWS settings supply those that are absent.
     *
     * @param regionOrNull its region
     * @param endpointOrNull its address
     * @param credentialsOrNull who speaks to it
     * @param origin where the address is set, for messages
     * @param isFipsOrNull true for Amazon's endpoint that has cryptography by FIPS 140
     * @param isDualStackOrNull true for Amazon's endpoint that IPv6 reaches as well
     */
    public record OfService(
            @Nullable Region regionOrNull,
            @Nullable URI endpointOrNull,
            @Nullable AwsCredentialsProvider credentialsOrNull,
            String origin,
            @Nullable Boolean isFipsOrNull,
            @Nullable Boolean isDualStackOrNull) {
        static final OfService NOTHING = new OfService(null, null, null, "", null, null);

        /** Checks the part. */
        public OfService {
            requireNonNull(origin, "origin");
        }
    }
}
