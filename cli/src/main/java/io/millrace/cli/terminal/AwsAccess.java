package io.millrace.cli.terminal;

import io.millrace.fanout.kinesis.DirectKinesis;
import io.millrace.fanout.pipe.PipeClient;
import io.millrace.runtime.Platform;
import io.millrace.runtime.SystemPlatform;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.AwsClient;
import software.amazon.awssdk.awscore.client.builder.AwsAsyncClientBuilder;
import software.amazon.awssdk.awscore.client.builder.AwsClientBuilder;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.client.config.ClientOverrideConfiguration;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.http.nio.netty.SdkEventLoopGroup;
import software.amazon.awssdk.profiles.ProfileFile;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.regions.providers.AwsProfileRegionProvider;
import software.amazon.awssdk.regions.providers.AwsRegionProviderChain;
import software.amazon.awssdk.regions.providers.SystemSettingsRegionProvider;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.s3.S3AsyncClient;
import software.amazon.awssdk.services.s3.S3AsyncClientBuilder;
import software.amazon.awssdk.services.sqs.SqsAsyncClient;

/**
 * The clients of a command, from the standard AWS settings: environment variables, profiles and credentials as the AWS
 * SDK reads them, {@code AWS_ENDPOINT_URL}, {@code AWS_ENDPOINT_URL_KINESIS}, {@code AWS_ENDPOINT_URL_DYNAMODB} and
 * {@code AWS_ENDPOINT_URL_SQS} among them.
 *
 * <p>Where neither an endpoint nor any credentials are set, the clients talk to {@code millrace server} on this machine,
 * and say so. Amazon's own service is only used when credentials are set and no endpoint is; that is said too. Safe for
 * any thread.
 */
public final class AwsAccess {
    /** Where {@code millrace server} serves streams by default. */
    public static final URI LOCAL_KINESIS = URI.create("http://127.0.0.1:4567");

    /** Where {@code millrace server} serves DynamoDB by default. */
    public static final URI LOCAL_DYNAMODB = URI.create("http://127.0.0.1:8000");

    /** How the service of the streams is called. */
    static final String KINESIS = "Kinesis";

    /** How the service of the lease table is called. */
    static final String DYNAMODB = "DynamoDB";

    /** How the service of queues is called. */
    static final String SQS = "SQS";

    static final String S3 = "S3";

    /** The start of an endpoint that is Amazon's own. */
    static final String AMAZON = "Amazon ";

    private static final int CONNECT_MILLIS = 3_000;

    private static final List<String> CREDENTIAL_VARIABLES = List.of(
            "AWS_ACCESS_KEY_ID",
            "AWS_PROFILE",
            "AWS_WEB_IDENTITY_TOKEN_FILE",
            "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
            "AWS_CONTAINER_CREDENTIALS_FULL_URI");

    private static final List<String> CREDENTIAL_KEYS = List.of(
            "aws_access_key_id",
            "role_arn",
            "credential_process",
            "credential_source",
            "sso_session",
            "sso_start_url",
            "login_session");

    private static final AwsCredentialsProvider NO_SECRET =
            StaticCredentialsProvider.create(AwsBasicCredentials.create("local", "local"));

    private final SdkEventLoopGroup threads =
            SdkEventLoopGroup.builder().numberOfThreads(2).build();
    private final Platform platform = new SystemPlatform();
    private final Terminal terminal;
    private final Map<String, String> environment;
    private final Map<String, String> endpoints;
    private final Map<String, String> origins;

    private final TimeLimits limits;
    private final AwsChoice choice;

    /** As {@link #of}, with these variables for the process's and these limits for the tools' calls. */
    AwsAccess(Terminal terminal, Map<String, String> environment, TimeLimits limits) {
        this.terminal = terminal;
        this.environment = environment;
        this.limits = limits;
        this.choice = AwsChoice.NONE;
        this.endpoints = new ConcurrentHashMap<>();
        this.origins = new ConcurrentHashMap<>();
    }

    private AwsAccess(AwsAccess other, AwsChoice choice) {
        this.terminal = other.terminal;
        this.environment = other.environment;
        this.limits = other.limits;
        this.choice = choice;
        this.endpoints = other.endpoints;
        this.origins = other.origins;
    }

    /** The same where {@code preferred} does not say otherwise. Errors of its clients are told with their endpoints as well. */
    public AwsAccess preferring(AwsChoice preferred) {
        return new AwsAccess(this, preferred);
    }

    /** The settings of this process; {@code terminal} is told where a default leads. */
    public static AwsAccess of(Terminal terminal) {
        return new AwsAccess(terminal, System.getenv(), TimeLimits.OF_TOOLS);
    }

    /**
     * A client for streams whose calls fail when they are not answered within seconds, wait out limits, and may give a
     * stream's ARN for its name; the caller closes it.
     */
    public KinesisAsyncClient kinesis() {
        return client(KinesisAsyncClient::builder, KINESIS, LOCAL_KINESIS, this::http, config -> {
            patiently(KINESIS).accept(config);
            config.addExecutionInterceptor(new ArnRequests());
        });
    }

    /**
     * A client for tables whose calls fail when they are not answered within seconds and wait out limits; the caller
     * closes it.
     */
    public DynamoDbAsyncClient dynamoDb() {
        return client(DynamoDbAsyncClient::builder, DYNAMODB, LOCAL_DYNAMODB, this::http, patiently(DYNAMODB));
    }

    /**
     * A client for queues whose calls fail when they are not answered within seconds and wait out limits; the caller closes
     * it. {@code millrace server} has no queues, so they must be set.
     */
    public SqsAsyncClient sqs() {
        return client(SqsAsyncClient::builder, SQS, null, this::http, patiently(SQS));
    }

    /**
     * A client for buckets whose calls fail when they are not answered within seconds and wait out limits; the caller closes
     * it. {@code millrace server} has no buckets, so they must be set.
     */
    public S3AsyncClient s3() {
        // Servers other than Amazon's have no host for each bucket, and many do not know its newer checksums.
        boolean isElsewhere = !EndpointSetting.of(S3, environment).isEmpty();
        return client(() -> isElsewhere ? elsewhere() : S3AsyncClient.builder(), S3, null, this::http, patiently(S3));
    }

    private static S3AsyncClientBuilder elsewhere() {
        return S3AsyncClient.builder()
                .forcePathStyle(true)
                .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED);
    }

    /** A client for a worker, which keeps its own time limits; the caller closes it. */
    public DirectKinesis workerKinesis() {
        return new DirectKinesis(
                client(KinesisAsyncClient::builder, KINESIS, LOCAL_KINESIS, this::http, DirectKinesis::prepare),
                http().build(),
                platform.clock());
    }

    /** The same for one that holds a pipe for each shard. */
    public DirectKinesis pipeKinesis() {
        return new DirectKinesis(
                client(
                        KinesisAsyncClient::builder,
                        KINESIS,
                        LOCAL_KINESIS,
                        () -> unclosed(PipeClient.http()),
                        PipeClient::limit),
                http().build(),
                unclosed(PipeClient.http()).build(),
                platform.clock());
    }

    /** A client for a worker's lease table, which keeps its own time limits; the caller closes it. */
    public DynamoDbAsyncClient workerDynamoDb() {
        return client(DynamoDbAsyncClient::builder, DYNAMODB, LOCAL_DYNAMODB, this::http, config -> {});
    }

    /** Where tables are, for messages: a service, its address, and where that was set. */
    public String dynamoDbPlace() {
        return place(DYNAMODB);
    }

    /** Where a service is, for messages. */
    String place(String service) {
        String endpoint = endpoints.getOrDefault(service, "its endpoint");
        return endpoint.startsWith(AMAZON) ? endpoint : service + " at " + endpoint + " (from " + origin(service) + ")";
    }

    /** True when credentials are set on purpose. */
    public boolean hasCredentials() {
        return credentialsAreSet();
    }

    /** The region that is set, or the one that {@code millrace server} serves. */
    public String regionOrDefault() {
        return region().orElse(Region.US_EAST_1).id();
    }

    /** Where the clients made so far lead: service to endpoint. */
    Map<String, String> endpoints() {
        return Map.copyOf(endpoints);
    }

    /** Where the endpoint of a service was set: a flag of the JVM, a variable, a profile, or nowhere. */
    String origin(String service) {
        return origins.getOrDefault(service, EndpointSetting.DEFAULT);
    }

    private <C extends AwsClient, B extends AwsAsyncClientBuilder<B, C> & AwsClientBuilder<B, C>> C client(
            Supplier<B> builders,
            String service,
            @Nullable URI local,
            Supplier<UnclosedHttpClient.Builder> http,
            Consumer<ClientOverrideConfiguration.Builder> config) {
        ProfileFiles.check(environment);
        AwsChoice.OfService chosen = choice.of(service);
        if (chosen.endpointOrNull() == null) {
            EndpointSetting.of(service, environment).stream().findFirst().ifPresent(setting -> setting.check(service));
        }
        Optional<Region> region = Optional.ofNullable(chosen.regionOrNull()).or(this::region);
        Supplier<B> begun = () -> {
            B builder = builders.get()
                    .region(region.orElse(Region.US_EAST_1))
                    .overrideConfiguration(config)
                    .httpClientBuilder(http.get());
            if (chosen.endpointOrNull() != null) {
                builder.endpointOverride(chosen.endpointOrNull());
            }
            if (chosen.credentialsOrNull() != null) {
                builder.credentialsProvider(chosen.credentialsOrNull());
            }
            if (chosen.isFipsOrNull() != null) {
                builder.fipsEnabled(chosen.isFipsOrNull());
            }
            if (chosen.isDualStackOrNull() != null) {
                builder.dualstackEnabled(chosen.isDualStackOrNull());
            }
            return builder;
        };
        C client = begun.get().build();
        Optional<URI> endpoint = client.serviceClientConfiguration().endpointOverride();
        endpoint.ifPresent(uri -> origins.put(
                service,
                uri.equals(chosen.endpointOrNull())
                        ? chosen.origin()
                        : EndpointSetting.origin(service, uri, environment)));
        if (chosen.credentialsOrNull() != null || credentialsAreSet()) {
            endpoints.put(service, endpoint.map(URI::toString).orElse(AMAZON + service));
            endpoint.filter(AwsAccess::isLoopback).ifPresent(uri -> checkThatItListens(service, uri));
            if (endpoint.isEmpty()) {
                noteAmazon(service, region);
            }
            return client;
        }
        @Nullable URI place = endpoint.orElse(local);
        if (place == null) {
            client.close();
            throw CommandFailure.failed("no AWS settings found for " + service + ": set AWS_REGION and credentials, or "
                    + EndpointSetting.variable(service));
        }
        endpoints.put(service, place.toString());
        if (endpoint.isEmpty()) {
            terminal.note("millrace: no AWS settings found for " + service + ", using " + local);
        } else if (!isLoopback(place)) {
            return client;
        }
        client.close();
        checkThatItListens(service, place);
        return begun.get()
                .endpointOverride(place)
                .credentialsProvider(NO_SECRET)
                .build();
    }

    private Consumer<ClientOverrideConfiguration.Builder> patiently(String service) {
        PatientRetries retries = new PatientRetries(
                limits,
                platform.ticker(),
                platform.random(),
                reason -> terminal.note(
                        "millrace: " + service + " takes no more calls for now, waiting and trying again: " + reason));
        return config -> limits.limit(config, retries);
    }

    private UnclosedHttpClient.Builder http() {
        return unclosed(NettyNioAsyncHttpClient.builder());
    }

    private UnclosedHttpClient.Builder unclosed(NettyNioAsyncHttpClient.Builder http) {
        return new UnclosedHttpClient.Builder(http.eventLoopGroup(threads));
    }

    /** Nothing there is the most common mistake of all, and the SDK takes seconds of retries to tell it. */
    private void checkThatItListens(String service, URI endpoint) {
        int port = endpoint.getPort() >= 0 ? endpoint.getPort() : "https".equals(endpoint.getScheme()) ? 443 : 80;
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(endpoint.getHost(), port), CONNECT_MILLIS);
        } catch (IOException e) {
            throw CommandFailure.failed(
                    ErrorLine.unreachable(
                            service, endpoint.toString(), origin(service), String.valueOf(e.getMessage())),
                    e);
        }
    }

    private void noteAmazon(String service, Optional<Region> region) {
        terminal.note("millrace: using Amazon " + service + " in "
                + region.orElseThrow(
                        () -> CommandFailure.failed("AWS credentials are set but no region: set AWS_REGION,"
                                + " or AWS_ENDPOINT_URL for a server of your own")));
    }

    /** What is set on purpose; the metadata service of a cloud machine does not count. */
    private boolean credentialsAreSet() {
        return CREDENTIAL_VARIABLES.stream().anyMatch(environment::containsKey)
                || System.getProperty("aws.accessKeyId") != null
                || ProfileFile.defaultProfileFile().profile("default").stream()
                        .anyMatch(profile -> CREDENTIAL_KEYS.stream()
                                .anyMatch(key -> profile.property(key).isPresent()));
    }

    private Optional<Region> region() {
        try {
            return Optional.of(
                    new AwsRegionProviderChain(new SystemSettingsRegionProvider(), new AwsProfileRegionProvider())
                            .getRegion());
        } catch (SdkClientException noneSet) {
            // The AWS CLI and boto3 read this one, the Java SDK does not.
            return Optional.ofNullable(environment.get("AWS_DEFAULT_REGION")).map(Region::of);
        }
    }

    private static boolean isLoopback(URI endpoint) {
        String host = String.valueOf(endpoint.getHost());
        return host.equals("localhost") || host.startsWith("127.") || host.equals("[::1]");
    }
}
