package io.millrace.clients.flink;

import java.io.IOException;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.apache.flink.streaming.connectors.kinesis.FlinkKinesisConsumer;

/**
 * Reads a stream from its beginning and prints each record. Arguments: the stream, the server's endpoint, and {@code POLLING}
 * or {@code EFO}, as the connector calls fan-out. Cancels the job and ends when its standard input does.
 */
final class FlinkJob {
    private FlinkJob() {}

    public static void main(String[] args) throws Exception {
        StreamExecutionEnvironment flink = StreamExecutionEnvironment.createLocalEnvironment(1);
        plan(flink, args[0], settings(args[1], args[2]));
        JobClient job = flink.executeAsync("read " + args[0]);
        AtomicBoolean isAskedToStop = new AtomicBoolean();
        CompletableFuture<?> end = job.getJobExecutionResult().whenComplete((result, failure) -> {
            if (!isAskedToStop.get()) {
                // Nobody waits in vain for the records of a job that has failed.
                System.err.println("the job ended: " + failure);
                System.exit(1);
            }
        });
        awaitEndOfInput();
        isAskedToStop.set(true);
        job.cancel().get();
        // A cancelled job ends with an exception, which is no news.
        end.handle((result, cancelled) -> "ended").get();
        flink.close();
        System.out.println("{\"event\":\"stopped\"}");
    }

    /** The connector's newer source, which is no deprecated one, has no fan-out in this version. */
    @SuppressWarnings("deprecation")
    private static void plan(StreamExecutionEnvironment flink, String stream, Properties settings) {
        flink.addSource(new FlinkKinesisConsumer<>(stream, new PrintingSchema(), settings))
                .sinkTo(new DiscardingSink<>());
    }

    private static Properties settings(String endpoint, String reading) {
        Properties settings = new Properties();
        settings.setProperty("aws.region", "us-east-1");
        settings.setProperty("aws.endpoint", endpoint);
        settings.setProperty("aws.credentials.provider", "BASIC");
        settings.setProperty("aws.credentials.provider.basic.accesskeyid", "local");
        settings.setProperty("aws.credentials.provider.basic.secretkey", "local");
        settings.setProperty("flink.stream.initpos", "TRIM_HORIZON");
        settings.setProperty("flink.stream.recordpublisher", reading);
        settings.setProperty("flink.stream.efo.consumername", "flink");
        settings.setProperty("flink.shard.discovery.intervalmillis", "500");
        return settings;
    }

    private static void awaitEndOfInput() throws IOException {
        while (System.in.read() >= 0) {
            // Nothing is expected: only the end counts.
        }
    }
}
