package io.millrace.streamcore.api.auth;

import io.millrace.streamcore.api.call.ApiRequest;
import java.util.List;

/**
 * Writes down of a request what its signature covers, in the one form that both sides can make.
 *
 * <p>Form: the service's public documentation of Signature Version 4, for services other than S3. Stateless.
 */
final class CanonicalRequest {
    /** What HTTP/2 has for a host; clients may sign it by this name, and it arrives here as the host. */
    static final String AUTHORITY = ":authority";

    private CanonicalRequest() {}

    /** The canonical form of a request whose body has the hash given. */
    static String of(ApiRequest request, SignatureClaims claims, String bodyHash) {
        StringBuilder text = new StringBuilder(512);
        text.append(request.method()).append('\n');
        text.append(QueryText.canonicalPath(request.path())).append('\n');
        text.append(QueryText.canonical(request.query(), claims.isInQuery())).append('\n');
        List<String> names = claims.signedHeaders();
        for (String name : names) {
            text.append(name).append(':');
            appendValues(text, request.headers().all(name.equals(AUTHORITY) ? "host" : name));
            text.append('\n');
        }
        text.append('\n');
        for (int i = 0; i < names.size(); i++) {
            text.append(i == 0 ? "" : ";").append(names.get(i));
        }
        return text.append('\n').append(bodyHash).toString();
    }

    private static void appendValues(StringBuilder text, List<String> values) {
        for (int i = 0; i < values.size(); i++) {
            if (i > 0) {
                text.append(',');
            }
            appendTrimmed(text, values.get(i));
        }
    }

    /** Without blanks at the ends, and with one for several within. */
    private static void appendTrimmed(StringBuilder text, String value) {
        boolean isStarted = false;
        boolean isAfterBlank = false;
        for (int i = 0; i < value.length(); i++) {
            char next = value.charAt(i);
            if (next == ' ' || (next >= '\t' && next <= '\r')) {
                isAfterBlank = isStarted;
            } else {
                if (isAfterBlank) {
                    text.append(' ');
                    isAfterBlank = false;
                }
                text.append(next);
                isStarted = true;
            }
        }
    }
}
