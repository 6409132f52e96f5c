package io.millrace.streamcore.api.faults;

import io.millrace.model.HashKey;
import io.millrace.model.Shard;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import io.millrace.streamcore.stream.NewRecord;
import io.millrace.streamcore.stream.Streams;
import io.millrace.streamcore.stream.Streams.PutAnswer;
import io.millrace.streamcore.stream.Streams.PutResult;
import io.millrace.streamcore.stream.Streams.Refused;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Refuses single records of PutRecords and stores the others. Safe for any thread. */
public final class RecordFaults {
    private final FaultRule rule;
    private final Faults.Draws draws;

    RecordFaults(FaultRule rule, Faults.Draws draws) {
        this.rule = rule;
        this.draws = draws;
    }

    /** Puts the records that are spared; the answers are about all of them. */
    public CompletableFuture<PutResult> put(Streams streams, StreamName stream, List<NewRecord> records) {
        @Nullable PutAnswer[] answers = new PutAnswer[records.size()];
        List<NewRecord> spared = new ArrayList<>();
        SplittableRandom random = draws.next();
        for (int i = 0; i < answers.length; i++) {
            Optional<Refused.Reason> reason = draw(random);
            if (reason.isPresent()) {
                answers[i] = new Refused(shard(streams, stream, records.get(i)), reason.get());
            } else {
                spared.add(records.get(i));
            }
        }
        int refused = records.size() - spared.size();
        return streams.put(stream, spared).thenApply(result -> {
            int next = 0;
            for (int i = 0; i < answers.length; i++) {
                if (answers[i] == null) {
                    answers[i] = result.answers().get(next++);
                }
            }
            return new PutResult(
                    Arrays.stream(answers)
                            .flatMap(answer -> Optional.ofNullable(answer).stream())
                            .toList(),
                    refused + result.refused(),
                    result.isEncrypted());
        });
    }

    private Optional<Refused.Reason> draw(SplittableRandom random) {
        boolean isThrottled = random.nextDouble() < rule.throttle();
        boolean fails = random.nextDouble() < rule.internal();
        if (isThrottled) {
            return Optional.of(Refused.Reason.RATE_EXCEEDED);
        }
        return fails ? Optional.of(Refused.Reason.INTERNAL_FAILURE) : Optional.empty();
    }

    private static ShardId shard(Streams streams, StreamName stream, NewRecord record) {
        HashKey key = record.hashKey();
        return streams.get(stream).shards().stream()
                .filter(shard -> shard.isOpen() && shard.hashKeyRange().contains(key))
                .map(Shard::id)
                .findFirst()
                .orElse(ShardId.of(0));
    }
}
