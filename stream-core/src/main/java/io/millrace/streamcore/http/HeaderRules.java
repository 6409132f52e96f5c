package io.millrace.streamcore.http;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The rules of RFC 9112 and RFC 9113 for the header of a request that the codecs leave to the server: its version, whose it is
 * and how its body ends. Two programs that read a request differently are a way past the first of them, so what can be read
 * in two ways is refused. Stateless.
 */
final class HeaderRules {
    private static final String CHUNKED = "chunked";

    private HeaderRules() {}

    /** The status of the refusal that {@code request} deserves, null if it deserves none. */
    static @Nullable HttpResponseStatus flawOrNull(HttpRequest request, RequestHandler.Wire wire) {
        if (wire == RequestHandler.Wire.HTTP_2) {
            // RFC 9113, 8.3.1: an authority, which the codec calls host; it refuses a host besides that differs.
            return isHostClear(request.headers(), false) ? null : HttpResponseStatus.BAD_REQUEST;
        }
        HttpVersion version = request.protocolVersion();
        if (version.majorVersion() != 1) {
            return HttpResponseStatus.HTTP_VERSION_NOT_SUPPORTED;
        }
        boolean isOld = version.minorVersion() == 0;
        return isHostClear(request.headers(), isOld)
                ? codingFlawOrNull(request.headers(), isOld)
                : HttpResponseStatus.BAD_REQUEST;
    }

    /** RFC 9112, 3.2: one host, well-formed; before HTTP/1.1 there was none. */
    private static boolean isHostClear(HttpHeaders headers, boolean isOld) {
        Iterator<String> hosts = headers.valueStringIterator(HttpHeaderNames.HOST);
        return hosts.hasNext() ? isHost(hosts.next()) && !hosts.hasNext() : isOld;
    }

    /** True if {@code text} has no character that cannot stand in a host with a port (RFC 3986, 3.2), a user's name left out. */
    private static boolean isHost(String text) {
        for (int i = 0; i < text.length(); i++) {
            char next = text.charAt(i);
            boolean isOne = (next >= 'a' && next <= 'z')
                    || (next >= '0' && next <= '9')
                    || (next >= 'A' && next <= 'Z')
                    || "-._~:[]%!$&'()*+;=".indexOf(next) >= 0;
            if (!isOne) {
                return false;
            }
        }
        return true;
    }

    /** RFC 9112, 6.1 and 6.3: without {@code chunked} at its end nobody knows where a body ends; other codings are not served. */
    private static @Nullable HttpResponseStatus codingFlawOrNull(HttpHeaders headers, boolean isOld) {
        if (!headers.contains(HttpHeaderNames.TRANSFER_ENCODING)) {
            return null;
        }
        List<String> codings = List.of(String.join(",", headers.getAll(HttpHeaderNames.TRANSFER_ENCODING))
                .toLowerCase(Locale.ROOT)
                .split("[ \t]*,[ \t]*", -1));
        int chunked = codings.indexOf(CHUNKED);
        if (isOld || chunked != codings.size() - 1) {
            return HttpResponseStatus.BAD_REQUEST;
        }
        return chunked == 0 ? null : HttpResponseStatus.NOT_IMPLEMENTED;
    }
}
