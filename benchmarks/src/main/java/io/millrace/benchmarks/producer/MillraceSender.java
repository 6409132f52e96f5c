package io.millrace.benchmarks.producer;

import io.millrace.model.Bytes;
import io.millrace.producer.OutgoingRecord;
import io.millrace.producer.Producer;
import io.millrace.runtime.SystemPlatform;
import java.io.IOException;
import java.net.URI;
import java.util.function.Consumer;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.http.SdkHttpConfigurationOption;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.utils.AttributeMap;

/** Sends by our producer with its defaults. Arguments: endpoint, stream, bytes of a record. Ends when its standard input does. */
public final class MillraceSender {
    private MillraceSender() {}

    /** Runs one. */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        try (KinesisAsyncClient kinesis = kinesis(URI.create(arguments[0]));
                Producer producer = Producer.builder().stream(arguments[1])
                        .kinesisClient(kinesis)
                        .build()) {
            SendLoad.Target target = new SendLoad.Target() {
                @Override
                public void send(String key, byte[] record, Consumer<Boolean> outcome) {
                    producer.send(new OutgoingRecord(key, Bytes.wrap(record)))
                            .whenComplete((stored, error) -> outcome.accept(stored != null));
                }

                @Override
                public void flush() {
                    producer.flush();
                }
            };
            new SendLoad(target, new SystemPlatform().ticker()::nanoTime, Integer.parseInt(arguments[2])).run();
        }
    }

    /** The library beside it speaks TLS alone and believes any certificate here. */
    private static KinesisAsyncClient kinesis(URI endpoint) {
        return KinesisAsyncClient.builder()
                .endpointOverride(endpoint)
                .region(Region.US_EAST_1)
                .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create("local", "local")))
                .httpClient(NettyNioAsyncHttpClient.builder()
                        .buildWithDefaults(AttributeMap.builder()
                                .put(SdkHttpConfigurationOption.TRUST_ALL_CERTIFICATES, true)
                                .build()))
                .overrideConfiguration(calls -> calls.retryStrategy(AwsRetryStrategy.doNotRetry()))
                .build();
    }
}
