package io.millrace.streamcore.api.auth;

import static java.util.Objects.requireNonNull;

import io.millrace.streamcore.api.call.ApiException;
import io.millrace.streamcore.api.call.ApiRequest;
import io.millrace.streamcore.api.call.ErrorCode;
import io.millrace.streamcore.stream.account.Account;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * Finds the region that a request is signed for, where nobody looks at the signature. A request for the region of the one
 * before costs no object: every request comes through here. Safe for any thread.
 */
final class ScopeRegion {
    private static final String CREDENTIAL = "Credential=";
    private static final int MOST_REMEMBERED = 256;

    private final Account usual;
    private final ConcurrentMap<String, Caller> callers = new ConcurrentHashMap<>();
    private volatile Caller last;

    /** Callers of this account, in its region too where a request names none. */
    ScopeRegion(Account usual) {
        this.usual = requireNonNull(usual, "usual");
        this.last = Caller.anyone(usual);
        callers.put(usual.region(), last);
    }

    /**
     * Who asks, by the region of the request's credential scope.
     *
     * @throws ApiException if that is no name of a region
     */
    Caller of(ApiRequest request) {
        String header = request.headers().getOrNull("Authorization");
        if (header != null) {
            int credential = header.indexOf(CREDENTIAL);
            return credential < 0 ? unknown() : ofScope(header, credential + CREDENTIAL.length());
        }
        if (request.query().isEmpty()) {
            return unknown();
        }
        return ofScope(QueryText.parse(request.query()).getOrDefault("X-Amz-Credential", ""), 0);
    }

    /** {@code key/date/region/...} at a place in a text. Whether the rest is well-formed is for others to say. */
    private Caller ofScope(String text, int at) {
        int date = text.indexOf('/', at);
        int region = date < 0 ? -1 : text.indexOf('/', date + 1);
        int end = region < 0 ? -1 : text.indexOf('/', region + 1);
        return end < 0 ? unknown() : inRegion(text, region + 1, end);
    }

    private Caller inRegion(String text, int start, int end) {
        Caller known = last;
        String region = known.account().region();
        if (region.length() == end - start && text.startsWith(region, start)) {
            return known;
        }
        Caller found = inRegion(text.substring(start, end));
        last = found;
        return found;
    }

    private Caller inRegion(String region) {
        Caller known = callers.get(region);
        if (known != null) {
            return known;
        }
        if (!Account.isRegion(region)) {
            throw new ApiException(
                    ErrorCode.INVALID_SIGNATURE,
                    "Credential should be scoped to a valid region, not '" + region + "'.");
        }
        Caller made = Caller.anyone(new Account(region, usual.id()));
        if (callers.size() < MOST_REMEMBERED) {
            callers.put(region, made);
        }
        return made;
    }

    private Caller unknown() {
        return inRegion(usual.region());
    }
}
