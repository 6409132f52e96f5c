package io.millrace.streamcore.http;

import static java.util.Objects.requireNonNull;

import io.millrace.streamcore.api.call.ApiAnswer;
import io.millrace.streamcore.api.operate.MemoryShortage;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes whole answers, as long as there is memory for what their clients have not taken yet. Safe for any thread. */
final class Answers {
    private static final Logger log = LoggerFactory.getLogger(Answers.class);
    /** The words for a request for which there is no memory. */
    static final String NO_MEMORY = "NoMemoryForRequest";

    private static final byte[] BUSY_TEXT =
            ("{\"__type\":\"ServiceUnavailableException\",\"message\":\"The server has no"
                            + " memory for this request now. Try again.\"}")
                    .getBytes(StandardCharsets.UTF_8);

    /** The answer to a request for which there is no memory: clients of the service try again by themselves. */
    static final ApiAnswer BUSY = ApiAnswer.whole(
            HttpResponseStatus.SERVICE_UNAVAILABLE.code(),
            Map.of("content-type", "application/x-amz-json-1.1", "retry-after", "1"),
            out -> out.write(BUSY_TEXT));

    private final RequestMemory memory;
    private final MemoryShortage shortage;
    private final Refusals refusals;

    Answers(RequestMemory memory, MemoryShortage shortage, Refusals refusals) {
        this.memory = requireNonNull(memory, "memory");
        this.shortage = requireNonNull(shortage, "shortage");
        this.refusals = requireNonNull(refusals, "refusals");
    }

    /**
     * The response that says this, or that the server is busy if there is no memory. Its content counts as waiting until
     * {@link #taken} is told its size.
     *
     * @param answer absent if there is none because of {@code failure}
     */
    FullHttpResponse of(ChannelHandlerContext context, @Nullable ApiAnswer answer, @Nullable Throwable failure) {
        FullHttpResponse response = answer == null ? failed(failure) : written(context, answer);
        if (memory.mayWait(response.content().readableBytes())) {
            return response;
        }
        response.release();
        refusals.refused(RequestHandler.peer(context.channel()), BUSY.status(), NO_MEMORY);
        FullHttpResponse busy = written(context, BUSY);
        // So small that it may.
        memory.mayWait(busy.content().readableBytes());
        return busy;
    }

    /** The content of a response is on its way, or nobody will take it any more. */
    void taken(int bytes) {
        memory.answerTaken(bytes);
    }

    private FullHttpResponse written(ChannelHandlerContext context, ApiAnswer answer) {
        if (!(answer.body() instanceof ApiAnswer.Whole body)) {
            return failed(new IllegalStateException("a pushed body is not written at once"));
        }
        AnswerBuffer out = new AnswerBuffer(context.alloc());
        try {
            body.writeTo(out);
        } catch (IOException | RuntimeException | OutOfMemoryError e) {
            out.release();
            return failed(e);
        }
        ByteBuf content = out.content();
        FullHttpResponse response =
                new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(answer.status()), content);
        answer.headers().forEach((name, value) -> response.headers().add(SentHeaders.prepared(name), value));
        response.headers().add(HttpHeaderNames.CONTENT_LENGTH, Integer.toString(content.readableBytes()));
        return response;
    }

    private FullHttpResponse failed(@Nullable Throwable failure) {
        if (failure != null && shortage.noticed(failure)) {
            return empty(HttpResponseStatus.SERVICE_UNAVAILABLE);
        }
        log.error("An answer could not be written", failure);
        return empty(HttpResponseStatus.INTERNAL_SERVER_ERROR);
    }

    /** A response without content. */
    static FullHttpResponse empty(HttpResponseStatus status) {
        FullHttpResponse response = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status, Unpooled.EMPTY_BUFFER);
        HttpUtil.setContentLength(response, 0);
        return response;
    }

    /** The answer to a request that the codec could not read. */
    static HttpResponseStatus statusOf(DecoderResult result) {
        if (result.cause() instanceof TooLongHttpLineException) {
            return HttpResponseStatus.REQUEST_URI_TOO_LONG;
        }
        return result.cause() instanceof TooLongHttpHeaderException
                ? HttpResponseStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
                : HttpResponseStatus.BAD_REQUEST;
    }
}
