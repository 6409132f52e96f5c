package io.millrace.streamcore.api.auth;

import static java.util.Objects.requireNonNull;

import io.millrace.streamcore.api.policy.Principal;
import io.millrace.streamcore.stream.account.Account;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A key that may sign requests, with what it may do. Safe for any thread: the only thing that changes is what it
 * remembers, and each of that is immutable.
 */
final class AccessKey {
    /** What an id looks like: nothing that a scope or a header would be cut at. */
    static final Pattern ID = Pattern.compile("[A-Za-z0-9_.-]{1,128}");

    private final String id;
    private final String secret;
    private final List<Grant> grants;
    private final @Nullable String accountOrNull;
    private volatile @Nullable SigningKey remembered;
    private volatile @Nullable Account rememberedAccount;

    /**
     * A key.
     *
     * @param accountOrNull the account whose user it is; absent for the server's usual one
     */
    AccessKey(String id, String secret, List<Grant> grants, @Nullable String accountOrNull) {
        this.id = requireNonNull(id, "id");
        this.secret = requireNonNull(secret, "secret");
        this.grants = List.copyOf(grants);
        this.accountOrNull = accountOrNull;
    }

    String id() {
        return id;
    }

    /** The account whose user it is, in the region of the {@code usual} one, which it is where it has none of its own. */
    Account account(Account usual) {
        String own = accountOrNull;
        if (own == null) {
            return usual;
        }
        Account known = rememberedAccount;
        if (known == null || !known.region().equals(usual.region())) {
            known = new Account(usual.region(), own);
            rememberedAccount = known;
        }
        return known;
    }

    /** Who signs with it, as a user of {@code account}, where {@code owner} owns what is asked for. */
    Principal principal(String account, String owner) {
        return new Principal(account, id, account.equals(owner));
    }

    /** True when some grant allows {@code action} on {@code stream}. */
    boolean allows(String action, String stream) {
        return grants.stream().anyMatch(grant -> grant.allows(action, stream));
    }

    /** True when some grant allows {@code action} on all streams, those to come included. */
    boolean allowsEverywhere(String action) {
        return grants.stream().anyMatch(grant -> grant.allowsEverywhere(action));
    }

    /** True when some grant allows {@code action} on any stream at all. */
    boolean allowsSomewhere(String action) {
        return grants.stream().anyMatch(grant -> grant.allowsSomewhere(action));
    }

    /** The key that signs on a day in a region; derived once, as long as the day stays. */
    byte[] signingKey(Hashes hashes, String date, String region, String service) {
        SigningKey known = remembered;
        if (known == null || !known.date.equals(date) || !known.region.equals(region)) {
            byte[] forDate = hashes.hmac(("AWS4" + secret).getBytes(StandardCharsets.UTF_8), date);
            byte[] forRegion = hashes.hmac(forDate, region);
            byte[] forService = hashes.hmac(forRegion, service);
            known = new SigningKey(date, region, hashes.hmac(forService, SignatureClaims.TERMINATOR));
            remembered = known;
        }
        return known.key;
    }

    /** Never the secret. */
    @Override
    public String toString() {
        return id;
    }

    private static final class SigningKey {
        private final String date;
        private final String region;
        private final byte[] key;

        SigningKey(String date, String region, byte[] key) {
            this.date = date;
            this.region = region;
            this.key = key;
        }
    }
}
