package io.millrace.streamcore.http;

import io.millrace.streamcore.api.call.ApiRequest;
import io.netty.channel.Channel;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.util.AsciiString;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The headers of a request as the API sees them.
 *
 * @param headers as they came
 */
record SentHeaders(HttpHeaders headers) implements ApiRequest.Headers {
    /** In the form that the codec takes without hashing and converting them anew for every request. */
    private static final Map<String, AsciiString> KNOWN = Stream.of(
                    // Of requests, as the API asks for them.
                    "Authorization",
                    "Content-Type",
                    "Date",
                    "Host",
                    "Origin",
                    "X-Amz-Date",
                    "X-Amz-Target",
                    // Of answers.
                    "content-type",
                    "date",
                    "x-amz-id-2",
                    "x-amzn-requestid")
            .collect(Collectors.toUnmodifiableMap(Function.identity(), AsciiString::cached));

    @Override
    public @Nullable String getOrNull(String name) {
        return headers.get(prepared(name));
    }

    @Override
    public List<String> all(String name) {
        return headers.getAll(name);
    }

    /**
     * A request as the API sees it.
     *
     * @param body empty if only the header is here
     * @param sent the body as it was sent
     */
    static ApiRequest request(Channel channel, HttpRequest request, ByteBuffer body, ByteBuffer sent) {
        String uri = request.uri();
        int mark = uri.indexOf('?');
        return new ApiRequest(
                RequestHandler.peer(channel),
                request.method().name(),
                mark < 0 ? uri : uri.substring(0, mark),
                mark < 0 ? "" : uri.substring(mark + 1),
                new SentHeaders(request.headers()),
                body,
                sent);
    }

    /** The same name, prepared if it is one of every day. */
    static CharSequence prepared(String name) {
        AsciiString known = KNOWN.get(name);
        return known == null ? name : known;
    }
}
