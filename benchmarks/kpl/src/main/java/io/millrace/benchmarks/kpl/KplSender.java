package io.millrace.benchmarks.kpl;

import com.google.common.util.concurrent.FutureCallback;
import com.google.common.util.concurrent.Futures;
import com.google.common.util.concurrent.MoreExecutors;
import io.millrace.benchmarks.producer.SendLoad;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import software.amazon.kinesis.producer.KinesisProducer;
import software.amazon.kinesis.producer.KinesisProducerConfiguration;
import software.amazon.kinesis.producer.UserRecordResult;

/**
 * Sends by the Kinesis Producer Library with its defaults, but for its limit of a shard's rate, which a local server does not
 * have. Arguments: endpoint, stream, bytes of a record. Ends when its standard input does.
 */
public final class KplSender {
    /** In percent of the service's limit for a shard. */
    private static final long NO_LIMIT = 100_000;

    private KplSender() {}

    /** Runs one. */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        String stream = arguments[1];
        KinesisProducer producer = new KinesisProducer(settings(URI.create(arguments[0])));
        SendLoad.Target target = new SendLoad.Target() {
            @Override
            public void send(String key, byte[] record, Consumer<Boolean> outcome) {
                Futures.addCallback(
                        producer.addUserRecord(stream, key, ByteBuffer.wrap(record)),
                        new FutureCallback<>() {
                            @Override
                            public void onSuccess(@Nullable UserRecordResult result) {
                                outcome.accept(true);
                            }

                            @Override
                            public void onFailure(Throwable failure) {
                                outcome.accept(false);
                            }
                        },
                        MoreExecutors.directExecutor());
            }

            @Override
            public void flush() {
                producer.flush();
            }
        };
        new SendLoad(target, System::nanoTime, Integer.parseInt(arguments[2])).run();
        producer.destroy();
    }

    private static KinesisProducerConfiguration settings(URI endpoint) throws IOException {
        return new KinesisProducerConfiguration()
                .setKinesisEndpoint(endpoint.getHost())
                .setKinesisPort(endpoint.getPort())
                .setVerifyCertificate(false)
                .setRegion("us-east-1")
                .setRateLimit(NO_LIMIT)
                // Nobody is there to count for, and nobody to ask for the account.
                .setMetricsLevel("none")
                .setCloudwatchEndpoint(endpoint.getHost())
                .setCloudwatchPort(endpoint.getPort())
                .setStsEndpoint(endpoint.getHost())
                .setStsPort(endpoint.getPort())
                .setTempDirectory(Files.createDirectories(Path.of("kpl")).toString());
    }
}
