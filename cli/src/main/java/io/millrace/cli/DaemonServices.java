package io.millrace.cli;

import io.millrace.cli.terminal.AwsChoice;
import io.millrace.cli.terminal.CommandFailure;
import io.millrace.multilang.settings.Credentials;
import io.millrace.multilang.settings.DaemonSettings;
import java.net.URI;
import java.util.List;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.auth.credentials.AnonymousCredentialsProvider;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProviderChain;
import software.amazon.awssdk.auth.credentials.ContainerCredentialsProvider;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.auth.credentials.EnvironmentVariableCredentialsProvider;
import software.amazon.awssdk.auth.credentials.InstanceProfileCredentialsProvider;
import software.amazon.awssdk.auth.credentials.ProfileCredentialsProvider;
import software.amazon.awssdk.auth.credentials.SystemPropertyCredentialsProvider;
import software.amazon.awssdk.auth.credentials.WebIdentityTokenFileCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.sts.StsClient;
import software.amazon.awssdk.services.sts.StsClientBuilder;
import software.amazon.awssdk.services.sts.auth.StsAssumeRoleCredentialsProvider;

/** Turns what a daemon's settings say of services into regions, addresses and providers of the SDK. */
final class DaemonServices {
    private DaemonServices() {}

    static AwsChoice of(DaemonSettings.Services services) {
        Region region = region(services.regionOrNull());
        Region tableRegion = services.tableRegionOrNull() == null ? region : region(services.tableRegionOrNull());
        DaemonSettings.Variant kinesis = services.kinesisVariant();
        DaemonSettings.Variant table = services.tableVariant();
        return AwsChoice.of(
                new AwsChoice.OfService(
                        region,
                        services.kinesisOrNull(),
                        provider(services.credentials(), region),
                        "kinesisEndpoint",
                        kinesis.isFipsOrNull(),
                        kinesis.isDualStackOrNull()),
                new AwsChoice.OfService(
                        tableRegion,
                        services.dynamoDbOrNull(),
                        provider(services.tableCredentials(), tableRegion),
                        "dynamoDBEndpoint",
                        table.isFipsOrNull(),
                        table.isDualStackOrNull()),
                new AwsChoice.OfService(region, null, provider(services.credentials(), region), "", null, null));
    }

    private static @Nullable Region region(@Nullable String name) {
        return name == null ? null : Region.of(name);
    }

    /** Absent where the SDK's default chain is meant. */
    private static @Nullable AwsCredentialsProvider provider(List<Credentials> chain, @Nullable Region region) {
        if (chain.isEmpty() || (chain.size() == 1 && chain.get(0).kind() == Credentials.Kind.DEFAULT)) {
            return null;
        }
        return AwsCredentialsProviderChain.builder()
                .credentialsProviders(
                        chain.stream().map(one -> provider(one, region)).toList())
                .build();
    }

    private static AwsCredentialsProvider provider(Credentials credentials, @Nullable Region region) {
        return switch (credentials.kind()) {
            case DEFAULT -> DefaultCredentialsProvider.builder().build();
            case PROFILE ->
                credentials.arguments().isEmpty()
                        ? ProfileCredentialsProvider.create()
                        : ProfileCredentialsProvider.create(
                                credentials.arguments().get(0));
            case ENVIRONMENT -> EnvironmentVariableCredentialsProvider.create();
            case SYSTEM_PROPERTY -> SystemPropertyCredentialsProvider.create();
            case CONTAINER -> ContainerCredentialsProvider.create();
            case INSTANCE -> InstanceProfileCredentialsProvider.create();
            case WEB_IDENTITY -> WebIdentityTokenFileCredentialsProvider.create();
            case ANONYMOUS -> AnonymousCredentialsProvider.create();
            case ASSUME_ROLE -> role(credentials, region);
        };
    }

    private static AwsCredentialsProvider role(Credentials credentials, @Nullable Region region) {
        StsClientBuilder sts = StsClient.builder();
        String named = credentials.key(Credentials.ENDPOINT_REGION);
        String endpoint = credentials.key(Credentials.ENDPOINT);
        if (endpoint != null) {
            // Its address, a ^, and its region.
            int hat = endpoint.indexOf('^');
            try {
                sts.endpointOverride(URI.create(hat < 0 ? endpoint : endpoint.substring(0, hat)));
            } catch (IllegalArgumentException noAddress) {
                throw CommandFailure.failed("AwsCredentialsProvider: endpoint is no address: '" + endpoint + "'");
            }
            if (hat >= 0) {
                named = endpoint.substring(hat + 1);
            }
        }
        if (named != null) {
            sts.region(Region.of(named));
        } else if (region != null) {
            sts.region(region);
        }
        return StsAssumeRoleCredentialsProvider.builder()
                .stsClient(sts.build())
                .refreshRequest(
                        request -> request.roleArn(credentials.arguments().get(0))
                                .roleSessionName(credentials.arguments().get(1))
                                .externalId(credentials.key(Credentials.EXTERNAL_ID)))
                .build();
    }
}
