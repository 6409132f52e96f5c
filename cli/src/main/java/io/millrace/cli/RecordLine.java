package io.millrace.cli;

import io.millrace.cli.terminal.JsonObject;
import io.millrace.model.Bytes;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import io.millrace.model.StreamRecord;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/** How {@code tail} and {@code consume} print a record: its bytes as they are, or one JSON object a line. */
enum RecordLine {
    PLAIN {
        @Override
        void write(OutputStream out, @Nullable StreamName stream, ShardId shard, StreamRecord record)
                throws IOException {
            Bytes data = record.data();
            out.write(data.toByteArray());
        }
    },
    JSON {
        @Override
        void write(OutputStream out, @Nullable StreamName stream, ShardId shard, StreamRecord record)
                throws IOException {
            JsonObject json = new JsonObject();
            if (stream != null) {
                json.put("stream", stream);
            }
            json.put("shard", shard)
                    .put("sequenceNumber", record.sequenceNumber())
                    .put("subSequenceNumber", record.subSequenceNumber())
                    .put("partitionKey", record.partitionKey());
            record.explicitHashKey().ifPresent(key -> json.put("explicitHashKey", key));
            out.write(json.put(
                            "data",
                            Base64.getEncoder().encodeToString(record.data().toByteArray()))
                    .put("arrival", record.arrival())
                    .toString()
                    .getBytes(StandardCharsets.UTF_8));
        }
    };

    abstract void write(OutputStream out, @Nullable StreamName stream, ShardId shard, StreamRecord record)
            throws IOException;

    /** Prints the record and ends the line; JSON names the stream if one is given. */
    void print(OutputStream out, @Nullable StreamName stream, ShardId shard, StreamRecord record) throws IOException {
        write(out, stream, shard, record);
        out.write('\n');
    }
}
