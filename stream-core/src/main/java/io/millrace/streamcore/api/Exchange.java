package io.millrace.streamcore.api;

import io.millrace.streamcore.api.auth.Caller;
import io.millrace.streamcore.api.call.ApiRequest;
import io.millrace.streamcore.api.shape.Values;
import io.millrace.streamcore.stream.account.Account;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One request and what was found out about it so far. Belongs to whoever works on the request: the transport's thread until
 * the operation runs, then whoever completes it.
 */
final class Exchange {
    private final ApiRequest request;
    private String operation = "";
    private @Nullable Caller caller;
    private @Nullable Values input;
    private @Nullable Account owner;

    Exchange(ApiRequest request) {
        this.request = request;
    }

    ApiRequest request() {
        return request;
    }

    /** What the request asks for; empty while that is unknown. */
    String operation() {
        return operation;
    }

    void asksFor(String name) {
        operation = name;
    }

    /** Who asks; empty before that was found out, and when it could not be. */
    Optional<Caller> caller() {
        return Optional.ofNullable(caller);
    }

    void comesFrom(Caller admitted) {
        caller = admitted;
    }

    /** The account whose streams the request is about; empty before that was found out. */
    Optional<Account> owner() {
        return Optional.ofNullable(owner);
    }

    void concerns(Account found) {
        owner = found;
    }

    /** What the request gives; empty before it was read, and when it could not be. */
    Optional<Values> input() {
        return Optional.ofNullable(input);
    }

    void gives(@Nullable Values read) {
        input = read;
    }
}
