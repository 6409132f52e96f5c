package io.millrace.streamcore.api.push;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.eventstream.HeaderValue;
import software.amazon.awssdk.eventstream.Message;

/** The framing, against known bytes and against the decoder of the AWS SDK. */
class EventMessageTest {
    @Test
    void anEmptyMessageIsPreludeAndChecksums() {
        ByteBuffer message = new EventMessage().payload(out -> {});

        assertThat(hex(message)).isEqualTo("00000010" + "00000000" + "05c248eb" + "7d98c8ff");
    }

    @Test
    void headersStandBetweenPreludeAndPayload() {
        ByteBuffer message = new EventMessage().header("a", "bc").payload(out -> out.write('d'));

        assertThat(hex(message))
                .startsWith("00000018" + "00000007")
                .contains("01" + "61" + "07" + "0002" + "6263" + "64")
                .hasSize(2 * 24);
    }

    @Test
    void theSdkDecodesWhatIsEncoded() {
        byte[] payload = "{\"text\":\"\u00e4\u20ac\"}".repeat(10_000).getBytes(UTF_8);
        Message message = Message.decode(new EventMessage()
                .header(":message-type", "event")
                .header(":event-type", "\u00e4\u20ac")
                .payload(out -> out.write(payload)));

        assertThat(message.getHeaders())
                .containsEntry(":message-type", HeaderValue.fromString("event"))
                .containsEntry(":event-type", HeaderValue.fromString("\u00e4\u20ac"))
                .hasSize(2);
        assertThat(message.getPayload()).isEqualTo(payload);
    }

    @Test
    void everyStreamBeginsWithTheInitialResponse() {
        Message message = Message.decode(PushedEvent.initialResponse().duplicate());

        assertThat(message.getHeaders())
                .containsEntry(":message-type", HeaderValue.fromString("event"))
                .containsEntry(":event-type", HeaderValue.fromString("initial-response"))
                .containsEntry(":content-type", HeaderValue.fromString("application/x-amz-json-1.1"));
        assertThat(new String(message.getPayload(), UTF_8)).isEqualTo("{}");
    }

    @Test
    void anExceptionCarriesItsTypeAndText() {
        Message message = Message.decode(PushedEvent.exception("ResourceInUseException", "another \"one\""));

        assertThat(message.getHeaders())
                .containsEntry(":message-type", HeaderValue.fromString("exception"))
                .containsEntry(":exception-type", HeaderValue.fromString("ResourceInUseException"));
        assertThat(new String(message.getPayload(), UTF_8)).isEqualTo("{\"message\":\"another \\\"one\\\"\"}");
    }

    private static String hex(ByteBuffer message) {
        byte[] bytes = new byte[message.remaining()];
        message.get(bytes);
        return HexFormat.of().formatHex(bytes);
    }
}
