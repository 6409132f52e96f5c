package io.millrace.streamcore.http;

import io.millrace.streamcore.api.call.ApiRequest;
import io.netty.channel.Channel;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The headers of a request as the API sees them.
 *
 * @param headers as they came
 */
record SentHeaders(HttpHeaders headers) implements ApiRequest.Headers {
    @Override
    public @Nullable String getOrNull(String name) {
        return headers.get(HeaderNames.of(name));
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
}
