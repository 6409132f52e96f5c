package io.millrace.clients.kpl;

import static java.util.Objects.requireNonNull;

import com.google.common.util.concurrent.FutureCallback;
import com.google.common.util.concurrent.Futures;
import com.google.common.util.concurrent.MoreExecutors;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import software.amazon.kinesis.producer.KinesisProducer;
import software.amazon.kinesis.producer.KinesisProducerConfiguration;
import software.amazon.kinesis.producer.UserRecordFailedException;
import software.amazon.kinesis.producer.UserRecordResult;

/**
 * A producer with the Kinesis Producer Library and its default batching. Arguments: the stream, and the host and port that
 * the server speaks TLS on. Puts as many records as each line of its standard input says, ten keys in turn, the data of a
 * key counting up from 0, and prints what became of each: {@code put} or {@code failed}. Ends when its standard input does.
 */
final class KplProducer {
    private static final int KEYS = 10;

    private KplProducer() {}

    public static void main(String[] args) throws IOException {
        String stream = args[0];
        KinesisProducer producer = new KinesisProducer(settings(args[1], Integer.parseInt(args[2])));
        Map<String, Integer> next = new HashMap<>();
        BufferedReader orders = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String order = orders.readLine(); order != null; order = orders.readLine()) {
            for (int i = 0; i < Integer.parseInt(order); i++) {
                String key = "key-" + i % KEYS;
                put(producer, stream, key, next.merge(key, 1, Integer::sum) - 1);
            }
        }
        producer.flushSync();
        producer.destroy();
        System.out.println("{\"event\":\"stopped\"}");
    }

    private static KinesisProducerConfiguration settings(String host, int port) throws IOException {
        return new KinesisProducerConfiguration()
                .setKinesisEndpoint(host)
                .setKinesisPort(port)
                .setVerifyCertificate(false)
                .setRegion("us-east-1")
                // Nobody is there to count for, and nobody to ask for the account: both calls fail and are done
                // without.
                .setMetricsLevel("none")
                .setCloudwatchEndpoint(host)
                .setCloudwatchPort(port)
                .setStsEndpoint(host)
                .setStsPort(port)
                .setTempDirectory(Files.createDirectories(Path.of("kpl")).toString());
    }

    private static void put(KinesisProducer producer, String stream, String key, int index) {
        String data = Integer.toString(index);
        Futures.addCallback(
                producer.addUserRecord(stream, key, ByteBuffer.wrap(data.getBytes(StandardCharsets.UTF_8))),
                new FutureCallback<>() {
                    @Override
                    public void onSuccess(@Nullable UserRecordResult result) {
                        print("put", key, data, "shard", requireNonNull(result).getShardId());
                    }

                    @Override
                    public void onFailure(Throwable failure) {
                        print("failed", key, data, "reason", reason(failure));
                    }
                },
                MoreExecutors.directExecutor());
    }

    private static String reason(Throwable failure) {
        return failure instanceof UserRecordFailedException failed
                ? failed.getResult().getAttempts().toString()
                : failure.toString();
    }

    private static void print(String event, String key, String data, String name, String value) {
        System.out.println("{\"event\":\"" + event + "\",\"key\":\"" + key + "\",\"data\":\"" + data + "\",\"" + name
                + "\":\"" + value.replace('"', '\'') + "\"}");
    }
}
