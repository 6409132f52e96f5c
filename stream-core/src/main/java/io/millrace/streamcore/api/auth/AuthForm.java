package io.millrace.streamcore.api.auth;

import io.millrace.streamcore.api.call.ApiException;
import io.millrace.streamcore.api.call.ApiRequest;
import io.millrace.streamcore.api.call.ErrorCode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Checks that a request says who signed it, in the header or in the query, in the order and words of the service. Whether
 * it is true is for the {@link SignatureVerifier} to say.
 */
public final class AuthForm {
    private static final List<String> HEADER_PARTS = List.of("Credential", "Signature", "SignedHeaders");
    private static final List<String> QUERY_PARTS =
            List.of("X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature", "X-Amz-SignedHeaders", "X-Amz-Date");

    /** The query form is meant as soon as its first parameter is there, with or without a value. */
    private static final Pattern IN_QUERY = Pattern.compile("(^|&)X-Amz-Algorithm(=|&|$)");

    private AuthForm() {}

    /** What is wrong with the request's authorization; empty if it is well-formed. */
    public static Optional<ApiException> flaw(ApiRequest request) {
        Optional<String> header = request.header("Authorization");
        boolean isInQuery =
                !request.query().isEmpty() && IN_QUERY.matcher(request.query()).find();
        if (header.isPresent() && isInQuery) {
            return Optional.of(new ApiException(
                    ErrorCode.INVALID_SIGNATURE,
                    "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header."));
        }
        if (header.isPresent()) {
            return headerFlaw(request, header.get());
        }
        if (isInQuery) {
            return queryFlaw(request.query());
        }
        return Optional.of(new ApiException(ErrorCode.MISSING_AUTHENTICATION_TOKEN, "Missing Authentication Token"));
    }

    private static Optional<ApiException> headerFlaw(ApiRequest request, String header) {
        List<String> flaws = new ArrayList<>();
        for (String part : HEADER_PARTS) {
            if (!has(header, ", ", part)) {
                flaws.add("Authorization header requires '" + part + "' parameter. ");
            }
        }
        if (request.header("X-Amz-Date").isEmpty() && request.header("Date").isEmpty()) {
            flaws.add("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ");
        }
        return incomplete(flaws, "Authorization=" + header);
    }

    private static Optional<ApiException> queryFlaw(String query) {
        List<String> flaws = new ArrayList<>();
        for (String part : QUERY_PARTS) {
            if (!has(query, "&", part)) {
                flaws.add("AWS query-string parameters must include '" + part + "'. ");
            }
        }
        return incomplete(flaws, "Re-examine the query-string parameters.");
    }

    private static Optional<ApiException> incomplete(List<String> flaws, String ending) {
        return flaws.isEmpty()
                ? Optional.empty()
                : Optional.of(new ApiException(ErrorCode.INCOMPLETE_SIGNATURE, String.join("", flaws) + ending));
    }

    /**
     * True if {@code text} has a pair {@code name=value} with a value, where any of {@code separators} parts pairs. Looks in
     * place: every request comes through here.
     */
    private static boolean has(String text, String separators, String name) {
        for (int at = text.indexOf(name); at >= 0; at = text.indexOf(name, at + 1)) {
            int value = at + name.length() + 1;
            boolean beginsPair = at == 0 || separators.indexOf(text.charAt(at - 1)) >= 0;
            if (beginsPair
                    && value < text.length()
                    && text.charAt(value - 1) == '='
                    && separators.indexOf(text.charAt(value)) < 0) {
                return true;
            }
        }
        return false;
    }

    /** The id of the key that the request says it is signed with, whether or not that is true; empty without one. */
    public static Optional<String> claimedKey(ApiRequest request) {
        Optional<String> header = request.header("Authorization");
        String credential = header.isPresent()
                ? pairs(header.get()).getOrDefault("Credential", "")
                : QueryText.parse(request.query()).getOrDefault("X-Amz-Credential", "");
        int slash = credential.indexOf('/');
        String key = slash < 0 ? credential : credential.substring(0, slash);
        return AccessKey.ID.matcher(key).matches() ? Optional.of(key) : Optional.empty();
    }

    /** Those {@code name=value} pairs of a header that have a value, parted by commas or blanks; the first of each name. */
    static Map<String, String> pairs(String header) {
        Map<String, String> found = new HashMap<>();
        int start = 0;
        for (int at = 0; at <= header.length(); at++) {
            if (at == header.length() || header.charAt(at) == ',' || header.charAt(at) == ' ') {
                int equals = header.indexOf('=', start);
                if (equals > start && equals < at - 1) {
                    found.putIfAbsent(header.substring(start, equals), header.substring(equals + 1, at));
                }
                start = at + 1;
            }
        }
        return found;
    }
}
