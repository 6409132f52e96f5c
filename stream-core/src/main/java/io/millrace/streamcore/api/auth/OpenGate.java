package io.millrace.streamcore.api.auth;

import io.millrace.streamcore.api.call.ApiException;
import io.millrace.streamcore.api.call.ApiRequest;
import io.millrace.streamcore.api.shape.Values;
import io.millrace.streamcore.stream.account.Account;
import java.util.Optional;

/**
 * Looks at the form of an authorization only, at the place in the service's order, and takes its region at its word. Safe
 * for any thread.
 */
final class OpenGate implements AccessGate {
    private final ScopeRegion regions;

    /** Admits everybody as of this account, in whatever region. */
    OpenGate(Account usual) {
        this.regions = new ScopeRegion(usual);
    }

    @Override
    public void look(ApiRequest begun, String operation) {}

    @Override
    public Caller admit(ApiRequest request, String operation) {
        return regions.of(request);
    }

    @Override
    public void permit(
            Caller caller, ApiRequest request, String operation, Optional<Values> input, OwnedStreams concerned) {
        Optional<ApiException> flaw = AuthForm.flaw(request);
        if (flaw.isPresent()) {
            throw flaw.get();
        }
    }
}
