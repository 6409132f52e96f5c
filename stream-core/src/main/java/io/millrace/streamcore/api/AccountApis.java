package io.millrace.streamcore.api;

import static java.util.Objects.requireNonNull;

import io.millrace.streamcore.api.auth.OwnedStreams;
import io.millrace.streamcore.api.call.ApiException;
import io.millrace.streamcore.api.call.ErrorCode;
import io.millrace.streamcore.api.call.PageTokens;
import io.millrace.streamcore.api.call.StreamAddress;
import io.millrace.streamcore.api.call.TokenSeal;
import io.millrace.streamcore.api.policy.ResourcePolicies;
import io.millrace.streamcore.api.shape.Values;
import io.millrace.streamcore.stream.StreamException;
import io.millrace.streamcore.stream.Streams;
import io.millrace.streamcore.stream.account.Account;
import io.millrace.streamcore.stream.accounts.AccountStreams;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * The operations, once for each account and region: those of a request are the caller's own, but what an ARN of another
 * account names is that account's. Safe for any thread.
 */
final class AccountApis {
    private static final String PAGE = "NextToken";

    private final Function<Account, AccountApi> own;
    private final Function<Account, Optional<AccountApi>> others;
    private final TokenSeal seal;

    private AccountApis(
            Function<Account, AccountApi> own, Function<Account, Optional<AccountApi>> others, TokenSeal seal) {
        this.own = requireNonNull(own, "own");
        this.others = requireNonNull(others, "others");
        this.seal = requireNonNull(seal, "seal");
    }

    /** Over one account's streams, whatever region a request names. */
    static AccountApis ofOne(
            Account account, Streams streams, BiFunction<Account, Streams, OperationTable> operations, TokenSeal seal) {
        AccountApi only = AccountApi.of(account, streams, operations);
        return new AccountApis(caller -> only, other -> Optional.empty(), seal);
    }

    /** Over the streams of all accounts. */
    static AccountApis of(
            AccountStreams streams, BiFunction<Account, Streams, OperationTable> operations, TokenSeal seal) {
        ConcurrentMap<Account, AccountApi> made = new ConcurrentHashMap<>();
        BiFunction<Account, Streams, AccountApi> api =
                (account, found) -> made.computeIfAbsent(account, added -> AccountApi.of(added, found, operations));
        return new AccountApis(
                account -> {
                    AccountApi known = made.get(account);
                    return known == null ? api.apply(account, streams.of(account)) : known;
                },
                account -> streams.find(account).map(found -> api.apply(account, found)),
                seal);
    }

    /**
     * Those of a caller.
     *
     * @throws ApiException if this server has too many accounts and regions already
     */
    AccountApi ofCaller(Account account) {
        try {
            return own.apply(account);
        } catch (StreamException refused) {
            throw new ApiException(ErrorCode.of(refused.kind()), refused.getMessage());
        }
    }

    /**
     * Those of what a caller's request is about. An account that has nothing here is judged as if it had, and then, as
     * another region is, left to the caller's own operations to refuse.
     */
    AccountApi concerned(AccountApi caller, Values input) {
        Optional<Account> owner = caller.address().otherOwner(input).or(() -> ownerOfPage(caller, input));
        return owner.isEmpty() ? caller : others.apply(owner.get()).orElseGet(() -> caller.judgedAs(owner.get()));
    }

    /** A list of shards goes on by its token alone, whose account it was begun with. */
    private Optional<Account> ownerOfPage(AccountApi caller, Values input) {
        if (!input.hasMember(PAGE)) {
            return Optional.empty();
        }
        Account own = caller.streams().owner();
        return input.text(PAGE)
                .flatMap(token -> PageTokens.lastPart(seal, TokenSeal.Purpose.SHARD_PAGE, token))
                .filter(id -> !id.equals(own.id()) && Account.isId(id))
                .map(id -> new Account(own.region(), id));
    }

    /**
     * The operations over one account's streams.
     *
     * @param address finds streams of the account
     * @param streams what gates know of them
     * @param operations what they can be asked for
     */
    record AccountApi(StreamAddress address, OwnedStreams streams, OperationTable operations) {
        AccountApi judgedAs(Account owner) {
            return new AccountApi(address, new OwnedStreams(owner, streams.policies()), operations);
        }

        static AccountApi of(
                Account account, Streams streams, BiFunction<Account, Streams, OperationTable> operations) {
            return new AccountApi(
                    new StreamAddress(account),
                    new OwnedStreams(account, new ResourcePolicies(streams)),
                    operations.apply(account, streams));
        }
    }
}
