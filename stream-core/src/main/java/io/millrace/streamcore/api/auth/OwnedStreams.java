package io.millrace.streamcore.api.auth;

import static java.util.Objects.requireNonNull;

import io.millrace.streamcore.api.policy.ResourcePolicies;
import io.millrace.streamcore.stream.account.Account;

/**
 * The streams that a request is about, as far as it matters who owns them.
 *
 * @param owner the account, and the region, that they are of
 * @param policies those on them
 */
public record OwnedStreams(Account owner, ResourcePolicies policies) {
    /** Checks the parts. */
    public OwnedStreams {
        requireNonNull(owner, "owner");
        requireNonNull(policies, "policies");
    }
}
