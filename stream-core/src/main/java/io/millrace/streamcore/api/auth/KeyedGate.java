package io.millrace.streamcore.api.auth;

import io.millrace.streamcore.api.call.Account;
import io.millrace.streamcore.api.call.ApiException;
import io.millrace.streamcore.api.call.ApiRequest;
import io.millrace.streamcore.api.call.ErrorCode;
import io.millrace.streamcore.api.call.ServiceOperations;
import io.millrace.streamcore.api.shape.Values;
import java.util.Optional;

/**
 * Admits who signs with a known key, and permits what that key's grants allow. The signature comes before the body is
 * read, so that strangers reach none of the decoders. Safe for any thread.
 */
final class KeyedGate implements AccessGate {
    private final SignatureVerifier verifier;
    private final RequestedStreams requested;
    private final Account account;

    KeyedGate(SignatureVerifier verifier, RequestedStreams requested, Account account) {
        this.verifier = verifier;
        this.requested = requested;
        this.account = account;
    }

    @Override
    public Caller admit(ApiRequest request, String operation) {
        return Caller.of(verifier.verify(request, ServiceOperations.kind(operation)));
    }

    @Override
    public void permit(Caller caller, ApiRequest request, String operation, Optional<Values> input) {
        AccessKey key = caller.key().orElseThrow(() -> new IllegalStateException("nobody was admitted"));
        String action = "kinesis:" + operation;
        if (input.isEmpty()) {
            // A wrong type is told next, whatever stream was meant.
            require(key.allowsSomewhere(action), key, action, "*");
            return;
        }
        RequestedStreams.Found found = requested.in(input.get());
        for (String stream : found.streams()) {
            require(key.allows(action, stream), key, action, arn(stream));
        }
        if (!found.isClear()) {
            require(key.allowsEverywhere(action), key, action, "*");
        } else if (found.streams().isEmpty()) {
            // A token that says nothing here is refused by its operation; without any, all streams are meant.
            boolean isAllowed = found.hasToken() ? key.allowsSomewhere(action) : key.allowsEverywhere(action);
            require(isAllowed, key, action, "*");
        }
    }

    private void require(boolean isAllowed, AccessKey key, String action, String resource) {
        if (!isAllowed) {
            throw new ApiException(
                    ErrorCode.ACCESS_DENIED,
                    "User: arn:aws:iam::" + account.id() + ":user/" + key.id() + " is not authorized to perform: "
                            + action + " on resource: " + resource
                            + " because no identity-based policy allows the " + action + " action");
        }
    }

    private String arn(String stream) {
        return "arn:aws:kinesis:" + account.region() + ":" + account.id() + ":stream/" + stream;
    }
}
