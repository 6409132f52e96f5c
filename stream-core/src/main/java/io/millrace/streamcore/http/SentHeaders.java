package io.millrace.streamcore.http;

import io.millrace.streamcore.api.call.ApiRequest;
import io.netty.handler.codec.http.HttpHeaders;
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
}
