package io.millrace.streamcore.api.faults;

import io.millrace.runtime.EventLoop;
import io.millrace.streamcore.api.call.ApiException;
import io.millrace.streamcore.api.call.ErrorCode;
import io.millrace.streamcore.api.call.Operation;
import io.millrace.streamcore.api.shape.Values;
import java.time.Duration;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;

/**
 * An operation that goes wrong now and then. A failure comes before or after the effect, as likely the one as the other.
 * Time is added after the operation, because what it was given is not to be kept.
 */
final class FaultyOperation implements Operation {
    private static final Set<String> BY_SHARD = Set.of("PutRecord", "PutRecords", "GetRecords", "GetShardIterator");

    private final Operation operation;
    private final FaultRule rule;
    private final Faults.Draws draws;
    private final EventLoop timer;
    private final ErrorCode throttling;

    FaultyOperation(String name, Operation operation, FaultRule rule, Faults.Draws draws, EventLoop timer) {
        this.operation = operation;
        this.rule = rule;
        this.draws = draws;
        this.timer = timer;
        this.throttling =
                BY_SHARD.contains(name) ? ErrorCode.PROVISIONED_THROUGHPUT_EXCEEDED : ErrorCode.LIMIT_EXCEEDED;
    }

    @Override
    public CompletionStage<? extends Reply> run(Values input) {
        SplittableRandom random = draws.next();
        boolean isThrottled = random.nextDouble() < rule.throttle();
        boolean fails = random.nextDouble() < rule.internal();
        boolean failsFirst = random.nextBoolean();
        double place = random.nextDouble();
        CompletionStage<? extends Reply> outcome;
        if (isThrottled) {
            outcome = failed(new ApiException(throttling, "Rate exceeded (a fault on purpose)."));
        } else if (fails && failsFirst) {
            outcome = failed(onPurpose());
        } else {
            outcome = attempt(input);
            if (fails) {
                outcome = outcome.thenCompose(done -> failed(onPurpose()));
            }
        }
        Duration more = rule.least()
                .plusNanos((long) (place * rule.most().minus(rule.least()).toNanos()));
        return more.isZero() ? outcome : later(outcome, more);
    }

    private CompletionStage<? extends Reply> attempt(Values input) {
        try {
            return operation.run(input);
        } catch (RuntimeException refused) {
            return failed(refused);
        }
    }

    private <T extends Reply> CompletionStage<T> later(CompletionStage<T> outcome, Duration delay) {
        CompletableFuture<T> later = new CompletableFuture<>();
        Runnable pass = () -> {
            var unused = outcome.whenComplete((reply, error) -> {
                if (error != null) {
                    later.completeExceptionally(error);
                } else {
                    later.complete(reply);
                }
            });
        };
        try {
            var unused = timer.schedule(delay, pass);
        } catch (RejectedExecutionException closing) {
            pass.run();
        }
        return later;
    }

    private static CompletionStage<Reply> failed(RuntimeException error) {
        return CompletableFuture.failedFuture(error);
    }

    private static ApiException onPurpose() {
        return new ApiException(ErrorCode.INTERNAL_FAILURE, "The server fails this call on purpose (--faults).");
    }
}
