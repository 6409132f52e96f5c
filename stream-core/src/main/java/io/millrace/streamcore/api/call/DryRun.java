package io.millrace.streamcore.api.call;

import io.millrace.model.StreamName;
import io.millrace.streamcore.api.shape.Values;
import io.millrace.streamcore.stream.Streams;
import io.millrace.streamcore.stream.account.Account;
import io.millrace.streamcore.stream.quota.StreamQuota;

/**
 * A call that is checked and not carried out (Kinesis API, member DryRun). It always ends with an error: that of the check
 * that fails, or one that says that all succeeded. Encryption keys are not checked.
 */
public final class DryRun {
    private DryRun() {}

    /** True if the request is one. */
    public static boolean isAskedFor(Values input) {
        return input.flag("DryRun");
    }

    /** What ends a dry run on {@code stream} whose checks succeeded; where limits hold, more than one a second throttles. */
    public static ApiException outcome(Streams streams, StreamName stream, Account account) {
        StreamQuota quota = streams.quotas().of(stream);
        if (quota != null && !quota.takesDryRun()) {
            return new ApiException(
                    ErrorCode.THROTTLING,
                    "Rate exceeded for dry runs on stream " + stream + " under account " + account.id() + ".");
        }
        return new ApiException(ErrorCode.DRY_RUN, "Request would have succeeded, but DryRun flag is set.");
    }
}
