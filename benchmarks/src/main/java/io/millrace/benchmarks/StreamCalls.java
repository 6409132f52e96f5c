package io.millrace.benchmarks;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** The calls that set a measurement up and that it is made of. Belongs to one thread; the requests it makes do not. */
final class StreamCalls {
    private static final Duration MOMENT = Duration.ofMillis(50);
    private static final int TRIES = 400;
    static final String SHARD = "shardId-000000000000";

    private final Connection connection;
    private final Pause pause;
    private final boolean isEncrypting;

    StreamCalls(Connection connection, Pause pause) {
        this(connection, pause, false);
    }

    private StreamCalls(Connection connection, Pause pause, boolean isEncrypting) {
        this.connection = connection;
        this.pause = pause;
        this.isEncrypting = isEncrypting;
    }

    /** The same, but every stream that is made is encrypted before anything is put. */
    StreamCalls encrypting() {
        return new StreamCalls(connection, pause, true);
    }

    /** Makes a stream and waits until it takes records. */
    void create(String stream, int shards) throws IOException {
        create(stream, out -> {
            out.writeStringField("StreamName", stream);
            out.writeNumberField("ShardCount", shards);
        });
    }

    /** Makes a stream that can have more than 20 consumers: on-demand, in an account with a commitment. */
    void createForMany(String stream) throws IOException {
        create(stream, out -> {
            out.writeStringField("StreamName", stream);
            out.writeObjectFieldStart("StreamModeDetails");
            out.writeStringField("StreamMode", "ON_DEMAND");
            out.writeEndObject();
        });
        connection.exchange(Form.JSON.request("UpdateAccountSettings", out -> {
            out.writeObjectFieldStart("MinimumThroughputBillingCommitment");
            out.writeStringField("Status", "ENABLED");
            out.writeEndObject();
        }));
    }

    /** Ends the on-demand mode, in which the server splits a shard that many puts go to; consumers stay. */
    void keepShards(String stream) throws IOException {
        connection.exchange(
                Form.JSON.request("DescribeStreamSummary", out -> out.writeStringField("StreamName", stream)));
        String streamArn = connection.member("StreamARN");
        connection.exchange(Form.JSON.request("UpdateStreamMode", out -> {
            out.writeStringField("StreamARN", streamArn);
            out.writeObjectFieldStart("StreamModeDetails");
            out.writeStringField("StreamMode", "PROVISIONED");
            out.writeEndObject();
        }));
    }

    private void create(String stream, Form.Body input) throws IOException {
        ByteBuffer request = Form.JSON.request("CreateStream", input);
        for (int tries = 0; !isTaken(request, tries < TRIES); tries++) {
            pause();
        }
        awaitActive(stream);
        if (isEncrypting) {
            connection.exchange(Form.JSON.request("StartStreamEncryption", out -> {
                out.writeStringField("StreamName", stream);
                out.writeStringField("EncryptionType", "KMS");
                out.writeStringField("KeyId", "alias/aws/kinesis");
            }));
            awaitActive(stream);
        }
    }

    private void awaitActive(String stream) throws IOException {
        for (int tries = 0; tries < TRIES; tries++) {
            try {
                connection.exchange(Form.JSON.request("DescribeStreamSummary", out -> {
                    out.writeStringField("StreamName", stream);
                }));
                if (connection.member("StreamStatus").equals("ACTIVE")) {
                    return;
                }
            } catch (IOException notYet) {
                // kinesis-mock answers a creation before the stream can be described.
                if (tries == TRIES - 1) {
                    throw notYet;
                }
            }
            pause();
        }
        throw new IOException(stream + " does not become active");
    }

    /** False if the server is not ready and may be asked again. */
    private boolean isTaken(ByteBuffer request, boolean mayAskAgain) throws IOException {
        try {
            connection.exchange(request);
            return true;
        } catch (IOException refused) {
            // Ours listens before it serves.
            if (mayAskAgain && String.valueOf(refused.getMessage()).startsWith("status 503")) {
                return false;
            }
            throw refused;
        }
    }

    /** Puts {@code requests} times {@code batch} records of {@code bytes}. */
    void fill(String stream, int requests, int batch, int bytes) throws IOException {
        SplittableRandom random = new SplittableRandom(7);
        ByteBuffer[] puts = new ByteBuffer[4];
        for (int i = 0; i < puts.length; i++) {
            puts[i] = putRecords(Form.JSON, stream, batch, bytes, random);
        }
        for (int i = 0; i < requests; i++) {
            connection.exchange(puts[i % puts.length]);
        }
    }

    /**
     * Registers consumers and waits until they may subscribe.
     *
     * @return the bodies of their requests for the newest of what {@link #putRecord} puts
     */
    List<byte[]> subscriptions(String stream, int count) throws IOException {
        return subscriptions(stream, count, "LATEST");
    }

    /** The same from a position of this type, such as {@code TRIM_HORIZON}. */
    List<byte[]> subscriptions(String stream, int count, String position) throws IOException {
        connection.exchange(
                Form.JSON.request("DescribeStreamSummary", out -> out.writeStringField("StreamName", stream)));
        String streamArn = connection.member("StreamARN");
        connection.exchange(putRecord(stream, new byte[] {1}));
        String shard = connection.member("ShardId");
        List<byte[]> requests = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            String consumer = "consumer-" + i;
            connection.exchange(Form.JSON.request("RegisterStreamConsumer", out -> {
                out.writeStringField("StreamARN", streamArn);
                out.writeStringField("ConsumerName", consumer);
            }));
            String arn = connection.member("ConsumerARN");
            do {
                pause();
                connection.exchange(
                        Form.JSON.request("DescribeStreamConsumer", out -> out.writeStringField("ConsumerARN", arn)));
            } while (!connection.member("ConsumerStatus").equals("ACTIVE"));
            requests.add(Form.JSON.content(out -> {
                out.writeStringField("ConsumerARN", arn);
                out.writeStringField("ShardId", shard);
                out.writeObjectFieldStart("StartingPosition");
                out.writeStringField("Type", position);
                out.writeEndObject();
            }));
        }
        return requests;
    }

    /** A PutRecord of this data. */
    static ByteBuffer putRecord(String stream, byte[] data) {
        return Form.JSON.request("PutRecord", out -> {
            out.writeStringField("StreamName", stream);
            out.writeFieldName("Data");
            out.writeBinary(data);
            out.writeStringField("PartitionKey", "key");
        });
    }

    /** Waits a little. */
    void pause() {
        pause(MOMENT);
    }

    void pause(Duration duration) {
        pause.of(duration);
    }

    /** A PutRecords of random records under random keys. */
    static ByteBuffer putRecords(Form form, String stream, int records, int bytes, SplittableRandom random) {
        return form.request("PutRecords", out -> {
            out.writeStringField("StreamName", stream);
            out.writeArrayFieldStart("Records");
            for (int i = 0; i < records; i++) {
                out.writeStartObject();
                out.writeFieldName("Data");
                out.writeBinary(data(random, bytes));
                out.writeStringField("PartitionKey", key(random));
                out.writeEndObject();
            }
            out.writeEndArray();
        });
    }

    /** A PutRecords of random records that {@link Stamps} takes no notice of, all under one key. */
    static ByteBuffer unstamped(String stream, int records, int bytes, SplittableRandom random) {
        return Form.JSON.request("PutRecords", out -> {
            out.writeStringField("StreamName", stream);
            out.writeArrayFieldStart("Records");
            for (int i = 0; i < records; i++) {
                out.writeStartObject();
                out.writeFieldName("Data");
                out.writeBinary(ByteBuffer.wrap(data(random, bytes))
                        .putLong(0, Stamps.NONE)
                        .array());
                out.writeStringField("PartitionKey", "key");
                out.writeEndObject();
            }
            out.writeEndArray();
        });
    }

    /** A PutRecord of a random record under a random key. */
    static ByteBuffer putRecord(Form form, String stream, int bytes, SplittableRandom random) {
        return form.request("PutRecord", out -> {
            out.writeStringField("StreamName", stream);
            out.writeFieldName("Data");
            out.writeBinary(data(random, bytes));
            out.writeStringField("PartitionKey", key(random));
        });
    }

    /** A GetShardIterator for the first shard's beginning. */
    static ByteBuffer iterator(Form form, String stream) {
        return form.request("GetShardIterator", out -> {
            out.writeStringField("StreamName", stream);
            out.writeStringField("ShardId", SHARD);
            out.writeStringField("ShardIteratorType", "TRIM_HORIZON");
        });
    }

    /** A GetRecords. */
    static ByteBuffer getRecords(Form form, String iterator, int limit) {
        return form.request("GetRecords", out -> {
            out.writeStringField("ShardIterator", iterator);
            out.writeNumberField("Limit", limit);
        });
    }

    private static String key(SplittableRandom random) {
        return "user-" + random.nextInt(1_000_000, 10_000_000);
    }

    private static byte[] data(SplittableRandom random, int bytes) {
        byte[] data = new byte[bytes];
        for (int i = 0; i < bytes; i++) {
            data[i] = (byte) random.nextInt();
        }
        return data;
    }

    /** Waits. */
    @FunctionalInterface
    interface Pause {
        void of(Duration duration);
    }
}
