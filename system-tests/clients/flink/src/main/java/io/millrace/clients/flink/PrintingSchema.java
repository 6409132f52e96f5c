package io.millrace.clients.flink;

import java.nio.charset.StandardCharsets;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.connectors.kinesis.serialization.KinesisDeserializationSchema;

/** Prints each record as the connector hands it over; its value is the line. */
final class PrintingSchema implements KinesisDeserializationSchema<String> {
    private static final long serialVersionUID = 1L;

    @Override
    public String deserialize(
            byte[] data, String partitionKey, String sequence, long arrival, String stream, String shard) {
        String line = "{\"event\":\"record\",\"shard\":\"" + shard + "\",\"key\":\"" + partitionKey + "\",\"data\":\""
                + new String(data, StandardCharsets.UTF_8) + "\"}";
        System.out.println(line);
        return line;
    }

    @Override
    public TypeInformation<String> getProducedType() {
        return Types.STRING;
    }
}
