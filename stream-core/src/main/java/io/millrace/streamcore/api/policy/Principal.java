package io.millrace.streamcore.api.policy;

import static java.util.Objects.requireNonNull;

/**
 * Who asks.
 *
 * @param account the twelve-digit account it belongs to
 * @param user its name there
 * @param isOfOwner whether the account is the one that owns what is asked for
 */
public record Principal(String account, String user, boolean isOfOwner) {
    /** Checks the parts. */
    public Principal {
        requireNonNull(account, "account");
        requireNonNull(user, "user");
    }

    /** The ARN by which policies name it. */
    public String arn() {
        return "arn:aws:iam::" + account + ":user/" + user;
    }

    /** True when {@code named}, in a policy, is this principal itself or everybody. */
    boolean isNamedBy(String named) {
        return named.equals("*") || named.equals(arn());
    }

    /** True when {@code named}, in a policy, is the whole account. */
    boolean isInAccount(String named) {
        return named.equals(account) || named.equals("arn:aws:iam::" + account + ":root");
    }
}
