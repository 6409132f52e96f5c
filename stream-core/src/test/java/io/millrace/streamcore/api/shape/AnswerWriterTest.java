package io.millrace.streamcore.api.shape;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.model.Bytes;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Instant;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class AnswerWriterTest {
    private static final Instant TIME = Instant.ofEpochMilli(1_700_000_000_025L);

    @Test
    void jsonHasBase64AndSecondsWithAFraction() throws IOException {
        assertThat(new String(write(Encoding.JSON), UTF_8))
                .isEqualTo("{\"Text\":\"a\\\"b\",\"Number\":5,\"Flag\":true,\"Time\":1700000000.025,\"Blob\":\"AQID\","
                        + "\"List\":[{\"Inner\":\"x\"},\"y\"],\"Nested\":{}}");
    }

    @Test
    void cborHasByteStringsAndTaggedMilliseconds() throws IOException {
        // Written by hand after RFC 8949: c1 is tag 1 (epoch time), 1b a 64-bit integer, 43 a byte string of three.
        assertThat(HexFormat.of().formatHex(write(Encoding.CBOR)))
                .isEqualTo(
                        "bf" + "6454657874" + "63612262" + "664e756d626572" + "05" + "64466c6167" + "f5" + "6454696d65"
                                + "c11b0000018bcfe56819" + "64426c6f62" + "43010203" + "644c697374" + "9f" + "bf"
                                + "65496e6e6572" + "6178" + "ff" + "6179" + "ff" + "664e6573746564" + "bfff" + "ff");
    }

    private static byte[] write(Encoding encoding) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (AnswerWriter writer = new AnswerWriter(encoding, out)) {
            writer.start()
                    .text("Text", "a\"b")
                    .number("Number", 5)
                    .flag("Flag", true)
                    .time("Time", TIME)
                    .blob("Blob", Bytes.copyOf(new byte[] {1, 2, 3}))
                    .startList("List")
                    .start()
                    .text("Inner", "x")
                    .end()
                    .text("y")
                    .endList()
                    .start("Nested")
                    .end()
                    .end();
        }
        return out.toByteArray();
    }
}
