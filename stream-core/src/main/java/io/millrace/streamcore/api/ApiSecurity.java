package io.millrace.streamcore.api;

import static java.util.Objects.requireNonNull;

import io.millrace.streamcore.api.audit.Audit;
import io.millrace.streamcore.api.auth.AccessGate;
import io.millrace.streamcore.api.auth.RequestedStreams;
import io.millrace.streamcore.api.call.PageTokens;
import io.millrace.streamcore.api.call.TokenSeal;
import io.millrace.streamcore.api.data.DataOperations;
import io.millrace.streamcore.stream.account.Account;

/**
 * Who may call the API and who hears of it.
 *
 * @param gate decides
 * @param audit hears
 */
public record ApiSecurity(AccessGate gate, Audit audit) {
    /** Everybody may, nobody hears. */
    public static final ApiSecurity NONE = new ApiSecurity(AccessGate.open(Account.USUAL), Audit.OFF);

    /** Checks the parts. */
    public ApiSecurity {
        requireNonNull(gate, "gate");
        requireNonNull(audit, "audit");
    }

    /** Finds the streams that requests concern, in tokens under this seal too. */
    public static RequestedStreams requestedStreams(TokenSeal seal) {
        return new RequestedStreams(
                iterator -> DataOperations.streamOfIterator(seal, iterator),
                token -> PageTokens.firstPart(seal, TokenSeal.Purpose.SHARD_PAGE, token)
                        .or(() -> PageTokens.firstPart(seal, TokenSeal.Purpose.CONSUMER_PAGE, token)));
    }
}
