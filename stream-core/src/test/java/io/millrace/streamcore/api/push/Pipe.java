package io.millrace.streamcore.api.push;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.model.Position;
import io.millrace.model.SequenceNumber;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Flow;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.eventstream.HeaderValue;
import software.amazon.awssdk.eventstream.Message;

/** A subscriber that decodes what it gets and checks that it never gets more than it asked for. */
final class Pipe implements Flow.Subscriber<ByteBuffer> {
    private static final Pattern DATA = Pattern.compile("\"Data\":\"([^\"]*)\"");
    private static final Pattern CONTINUATION = Pattern.compile("\"ContinuationSequenceNumber\":\"(\\d+)\"");
    private static final Pattern BEHIND = Pattern.compile("\"MillisBehindLatest\":(\\d+)");
    private static final Pattern CHILD = Pattern.compile("\"ChildShards\":\\[(.*?)\\],\"Millis");
    private static final Pattern SHARD = Pattern.compile("\\{\"ShardId\":\"([^\"]*)\"");

    final List<Frame> frames = new ArrayList<>();
    final List<String> events = new ArrayList<>();
    final List<String> texts = new ArrayList<>();
    final List<String> continuations = new ArrayList<>();
    final List<String> children = new ArrayList<>();
    Position fallback = Position.trimHorizon();
    long lastMillisBehind = -1;
    boolean isComplete;
    private Flow.@Nullable Subscription subscription;
    private long asked;

    void request(long count) {
        asked = Math.min(Long.MAX_VALUE / 2, asked + Math.min(count, Long.MAX_VALUE / 2));
        requireNonNull(subscription).request(count);
    }

    void cancel() {
        requireNonNull(subscription).cancel();
    }

    List<String> types() {
        return frames.stream().map(Frame::type).toList();
    }

    /** The very buffer that came last, for telling whether it is shared. */
    ByteBuffer lastFrame() {
        return frames.get(frames.size() - 1).buffer();
    }

    /** Where to go on after what came. */
    Position continuation(boolean isAt) {
        if (continuations.isEmpty()) {
            return fallback;
        }
        SequenceNumber number = SequenceNumber.parse(continuations.get(continuations.size() - 1));
        return isAt ? new Position.AtSequenceNumber(number) : new Position.AfterSequenceNumber(number);
    }

    @Override
    public void onSubscribe(Flow.Subscription given) {
        subscription = given;
    }

    @Override
    public void onNext(ByteBuffer piece) {
        assertThat(isComplete).as("nothing comes after the end").isFalse();
        assertThat((long) frames.size()).as("no more than was asked for").isLessThan(asked);
        Message message = Message.decode(piece.duplicate());
        Map<String, HeaderValue> headers = message.getHeaders();
        HeaderValue type = headers.getOrDefault(":event-type", headers.get(":exception-type"));
        frames.add(new Frame(requireNonNull(type).getString(), piece));
        if (type.getString().equals("SubscribeToShardEvent")) {
            read(new String(message.getPayload(), UTF_8));
        }
    }

    private void read(String event) {
        events.add(event);
        DATA.matcher(event)
                .results()
                .forEach(found -> texts.add(new String(Base64.getDecoder().decode(found.group(1)), UTF_8)));
        CONTINUATION.matcher(event).results().forEach(found -> continuations.add(found.group(1)));
        BEHIND.matcher(event).results().forEach(found -> lastMillisBehind = Long.parseLong(found.group(1)));
        Matcher list = CHILD.matcher(event);
        if (list.find()) {
            SHARD.matcher(list.group(1)).results().forEach(found -> children.add(found.group(1)));
        }
    }

    @Override
    public void onError(Throwable error) {
        throw new AssertionError("a pipe does not fail", error);
    }

    @Override
    public void onComplete() {
        assertThat(isComplete).as("one end").isFalse();
        isComplete = true;
    }

    /** A frame as it came. */
    record Frame(String type, ByteBuffer buffer) {}
}
