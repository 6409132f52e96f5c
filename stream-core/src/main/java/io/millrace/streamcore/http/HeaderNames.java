package io.millrace.streamcore.http;

import io.netty.util.AsciiString;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The names of headers in the form that the codec takes without hashing and converting them anew for every request.
 * Immutable.
 */
final class HeaderNames {
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

    private HeaderNames() {}

    /** The same name, prepared if it is one of every day. */
    static CharSequence of(String name) {
        AsciiString known = KNOWN.get(name);
        return known == null ? name : known;
    }
}
