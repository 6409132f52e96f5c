package io.millrace.streamcore.api.auth;

import io.millrace.runtime.Platform;
import io.millrace.streamcore.api.call.ApiException;
import io.millrace.streamcore.api.call.ApiRequest;
import io.millrace.streamcore.api.shape.Values;
import io.millrace.streamcore.stream.account.Account;
import java.util.Optional;

/** Decides who may ask for what. Safe for any thread; never blocks. */
public interface AccessGate {
    /**
     * Judges what is here of a request: its header, and its body as it was sent once all of that is here.
     *
     * @param operation what it asks for, which may not exist
     * @throws ApiException if the request will be refused, whatever is still to come
     */
    void look(ApiRequest begun, String operation);

    /**
     * Judges a request before its body is read.
     *
     * @param operation what it asks for, which may not exist
     * @throws ApiException if it is refused
     */
    Caller admit(ApiRequest request, String operation);

    /**
     * Judges a request that was admitted, once it is known that its operation exists and what it concerns.
     *
     * @param input what it gives, not yet checked against any constraint; empty if a member has the wrong type
     * @param concerned the streams that it is about: the caller's own, or those of an ARN's account
     * @throws ApiException if it is refused
     */
    void permit(Caller caller, ApiRequest request, String operation, Optional<Values> input, OwnedStreams concerned);

    /**
     * Lets everybody do everything, as long as requests have the form of signed ones.
     *
     * @param usual the account of all callers, and the region of requests that name none
     */
    static AccessGate open(Account usual) {
        return new OpenGate(usual);
    }

    /**
     * Verifies every signature against the keys of a file, and lets each key do what the file and the policies on what it
     * asks for say.
     *
     * @param usual the account of keys whose account the file does not name, and the region that all sign for
     */
    static AccessGate keyed(CredentialsFile file, RequestedStreams requested, Account usual, Platform platform) {
        SignatureVerifier verifier = new SignatureVerifier(file::current, usual.region(), platform);
        return new KeyedGate(verifier, requested, usual);
    }
}
