package io.millrace.streamcore.api.call;

import static java.util.Objects.requireNonNull;

import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A whole request.
 *
 * @param peer where it comes from: the other end of its connection
 * @param method such as POST
 * @param path without the query
 * @param query what follows the question mark, still encoded; empty when there is none
 * @param headers how to look a header up
 * @param body backed by an array; read before the API returns, never kept
 * @param sentBody the body as it was sent, which is what a signature covers; differs where it was packed
 */
public record ApiRequest(
        InetAddress peer,
        String method,
        String path,
        String query,
        Headers headers,
        ByteBuffer body,
        ByteBuffer sentBody) {
    /** Checks the parts. */
    public ApiRequest {
        requireNonNull(peer, "peer");
        requireNonNull(method, "method");
        requireNonNull(path, "path");
        requireNonNull(query, "query");
        requireNonNull(headers, "headers");
        requireNonNull(body, "body");
        requireNonNull(sentBody, "sentBody");
    }

    /** A request whose body was sent as it is. */
    public ApiRequest(InetAddress peer, String method, String path, String query, Headers headers, ByteBuffer body) {
        this(peer, method, path, query, headers, body, body);
    }

    /** A request from this machine. */
    public static ApiRequest local(String method, String path, String query, Headers headers, ByteBuffer body) {
        return new ApiRequest(InetAddress.getLoopbackAddress(), method, path, query, headers, body);
    }

    /** The first value of a header, whatever the case of its name. */
    public Optional<String> header(String name) {
        return Optional.ofNullable(headers.getOrNull(name));
    }

    /** The headers of a request. */
    @FunctionalInterface
    public interface Headers {
        /** The first value of the header of this name, whatever its case. */
        @Nullable
        String getOrNull(String name);

        /** All values of the header of this name, in the order they came. */
        default List<String> all(String name) {
            String only = getOrNull(name);
            return only == null ? List.of() : List.of(only);
        }
    }
}
