package io.millrace.streamcore.api.auth;

import static java.util.Objects.requireNonNull;

import io.millrace.streamcore.stream.account.Account;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Who asks, as far as that was found out. Immutable. */
public final class Caller {
    private final @Nullable AccessKey key;
    private final Account account;

    private Caller(@Nullable AccessKey key, Account account) {
        this.key = key;
        this.account = requireNonNull(account, "account");
    }

    /** Somebody who was not asked for a proof, whose streams are those of this account. */
    static Caller anyone(Account account) {
        return new Caller(null, account);
    }

    static Caller of(AccessKey key, Account account) {
        return new Caller(key, account);
    }

    /** The account and region that streams given by name are of. */
    public Account account() {
        return account;
    }

    /** The key whose signature was verified; empty where none is asked for. */
    Optional<AccessKey> key() {
        return Optional.ofNullable(key);
    }

    /** The id of the key whose signature was verified; empty where none is asked for. */
    public Optional<String> keyId() {
        return key().map(AccessKey::id);
    }
}
