package io.millrace.streamcore.api.auth;

import io.millrace.streamcore.api.call.ApiException;
import io.millrace.streamcore.api.call.ApiRequest;
import io.millrace.streamcore.api.shape.Values;
import java.util.Optional;

/** Looks at the form of an authorization only, at the place in the service's order. Stateless. */
final class OpenGate implements AccessGate {
    @Override
    public Caller admit(ApiRequest request, String operation) {
        return Caller.ANYONE;
    }

    @Override
    public void permit(Caller caller, ApiRequest request, String operation, Optional<Values> input) {
        Optional<ApiException> flaw = AuthForm.flaw(request);
        if (flaw.isPresent()) {
            throw flaw.get();
        }
    }
}
