package io.millrace.streamcore.api.data;

import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import io.millrace.streamcore.api.call.ApiException;
import io.millrace.streamcore.api.call.ErrorCode;
import io.millrace.streamcore.api.shape.AnswerWriter;
import io.millrace.streamcore.stream.Streams.Refused;
import io.millrace.streamcore.stream.account.Account;
import java.io.IOException;

/** What the service says when a shard takes or gives no more now. */
final class RateExceeded {
    private RateExceeded() {}

    /** The error of a whole request. */
    static ApiException error(StreamName stream, ShardId shard, Account account) {
        return new ApiException(ErrorCode.PROVISIONED_THROUGHPUT_EXCEEDED, text(stream, shard, account));
    }

    /** Writes what stands in the answer for a record that was refused. */
    static void entry(AnswerWriter out, StreamName stream, Refused refused, Account account) throws IOException {
        switch (refused.reason()) {
            case RATE_EXCEEDED ->
                out.text("ErrorCode", ErrorCode.PROVISIONED_THROUGHPUT_EXCEEDED.type())
                        .text("ErrorMessage", text(stream, refused.shard(), account));
            case INTERNAL_FAILURE ->
                out.text("ErrorCode", ErrorCode.INTERNAL_FAILURE.type())
                        .text("ErrorMessage", "Internal service failure.");
        }
    }

    private static String text(StreamName stream, ShardId shard, Account account) {
        return "Rate exceeded for shard " + shard + " in stream " + stream + " under account " + account.id() + ".";
    }
}
