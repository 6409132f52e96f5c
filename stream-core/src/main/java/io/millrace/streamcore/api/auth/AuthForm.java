package io.millrace.streamcore.api.auth;

import io.millrace.streamcore.api.call.ApiException;
import io.millrace.streamcore.api.call.ApiRequest;
import io.millrace.streamcore.api.call.ErrorCode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Checks that a request says who signed it, in the header or in the query, in the order and words of the service. The
 * signature itself is not verified: that needs a credentials file, which this server does not read yet.
 */
public final class AuthForm {
    private static final List<String> HEADER_PARTS = List.of("Credential", "Signature", "SignedHeaders");
    private static final List<String> QUERY_PARTS =
            List.of("X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature", "X-Amz-SignedHeaders", "X-Amz-Date");

    private AuthForm() {}

    /** What is wrong with the request's authorization; empty if it is well-formed. */
    public static Optional<ApiException> flaw(ApiRequest request) {
        Optional<String> header = request.header("Authorization");
        Set<String> queryNames = names(request.query().split("&", -1));
        boolean isInQuery = queryNames.contains("X-Amz-Algorithm");
        if (header.isPresent() && isInQuery) {
            return Optional.of(new ApiException(
                    ErrorCode.INVALID_SIGNATURE,
                    "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header."));
        }
        if (header.isPresent()) {
            return headerFlaw(request, header.get());
        }
        if (isInQuery) {
            return queryFlaw(queryNames);
        }
        return Optional.of(new ApiException(ErrorCode.MISSING_AUTHENTICATION_TOKEN, "Missing Authentication Token"));
    }

    private static Optional<ApiException> headerFlaw(ApiRequest request, String header) {
        Set<String> names = names(header.split("[, ]+", -1));
        List<String> flaws = new ArrayList<>();
        for (String part : HEADER_PARTS) {
            if (!names.contains(part)) {
                flaws.add("Authorization header requires '" + part + "' parameter. ");
            }
        }
        if (request.header("X-Amz-Date").isEmpty() && request.header("Date").isEmpty()) {
            flaws.add("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ");
        }
        return incomplete(flaws, "Authorization=" + header);
    }

    private static Optional<ApiException> queryFlaw(Set<String> names) {
        List<String> flaws = new ArrayList<>();
        for (String part : QUERY_PARTS) {
            if (!names.contains(part)) {
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

    /** The names of those {@code name=value} pairs that have a value. */
    private static Set<String> names(String[] pairs) {
        Set<String> names = new HashSet<>();
        for (String pair : pairs) {
            int equals = pair.indexOf('=');
            if (equals > 0 && equals < pair.length() - 1) {
                names.add(pair.substring(0, equals));
            }
        }
        return names;
    }
}
