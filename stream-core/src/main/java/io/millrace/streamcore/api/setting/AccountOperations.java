package io.millrace.streamcore.api.setting;

import io.millrace.streamcore.api.call.Operation;
import io.millrace.streamcore.api.shape.AnswerWriter;
import io.millrace.streamcore.api.shape.Values;
import io.millrace.streamcore.stream.Streams;
import io.millrace.streamcore.stream.account.BillingCommitment;
import java.io.IOException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** The settings of the account. */
final class AccountOperations {
    private final Streams streams;
    private final InstantSource clock;

    AccountOperations(Streams streams, InstantSource clock) {
        this.streams = streams;
        this.clock = clock;
    }

    Map<String, Operation> operations() {
        return Map.of("DescribeAccountSettings", this::describe, "UpdateAccountSettings", this::update);
    }

    private CompletionStage<Operation.Content> describe(Values input) {
        BillingCommitment commitment = streams.account().commitment();
        return CompletableFuture.completedFuture(out -> write(out, commitment));
    }

    private CompletionStage<Operation.Content> update(Values input) {
        boolean isEnabled = input.requiredStructure("MinimumThroughputBillingCommitment")
                .requiredText("Status")
                .equals("ENABLED");
        return streams.commit(isEnabled).thenApply(commitment -> out -> write(out, commitment));
    }

    private void write(AnswerWriter out, BillingCommitment commitment) throws IOException {
        Instant now = clock.instant();
        out.start()
                .start("MinimumThroughputBillingCommitment")
                .text("Status", commitment.statusAt(now).name());
        if (commitment.started().isPresent()) {
            out.time("StartedAt", commitment.started().get());
            out.time("EarliestAllowedEndAt", commitment.earliestEnd().orElseThrow());
        }
        if (commitment.ends().isPresent()) {
            out.time("EndedAt", commitment.ends().get());
        }
        out.end().end();
    }
}
