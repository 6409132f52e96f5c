package io.millrace.streamcore.api.consumer;

import io.millrace.model.StreamName;
import io.millrace.streamcore.api.call.ApiException;
import io.millrace.streamcore.api.call.Operation;
import io.millrace.streamcore.api.call.PageTokens;
import io.millrace.streamcore.api.call.StreamAddress;
import io.millrace.streamcore.api.call.TokenSeal;
import io.millrace.streamcore.api.shape.AnswerWriter;
import io.millrace.streamcore.api.shape.Values;
import io.millrace.streamcore.stream.ConsumerState;
import io.millrace.streamcore.stream.Streams;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Lists a stream's consumers by name, a page at a time. */
final class ListStreamConsumers implements Operation {
    /** The service's default. */
    private static final int PAGE = 100;

    private final Streams streams;
    private final StreamAddress address;
    private final PageTokens tokens;

    ListStreamConsumers(Streams streams, StreamAddress address, PageTokens tokens) {
        this.streams = streams;
        this.address = address;
        this.tokens = tokens;
    }

    @Override
    public CompletionStage<Content> run(Values input) {
        StreamName stream = address.streamByArn(input);
        checkCreation(stream, input.time("StreamCreationTimestamp"));
        String after =
                input.text("NextToken").map(token -> place(stream, token)).orElse("");
        int limit = input.whole("MaxResults").orElse(PAGE);
        List<ConsumerState> rest = streams.consumers().list(stream).stream()
                .filter(consumer -> consumer.name().compareTo(after) > 0)
                .toList();
        List<ConsumerState> page = rest.subList(0, Math.min(limit, rest.size()));
        return CompletableFuture.completedFuture(out -> write(out, stream, page, rest.size() > page.size()));
    }

    /** The caller means the stream that was made at that second, not one of the same name. */
    private void checkCreation(StreamName stream, Optional<Instant> created) {
        boolean isOther = created.isPresent()
                && streams.get(stream).created().getEpochSecond()
                        != created.get().getEpochSecond();
        if (isOther) {
            throw ApiException.notFound("Stream " + stream + " under account "
                    + address.account().id() + " was not created at the given StreamCreationTimestamp.");
        }
    }

    private String place(StreamName stream, String token) {
        List<String> parts = tokens.read(TokenSeal.Purpose.CONSUMER_PAGE, token);
        if (!parts.get(0).equals(stream.value())) {
            throw ApiException.invalidArgument("NextToken belongs to a list of another stream's consumers.");
        }
        return parts.get(1);
    }

    private void write(AnswerWriter out, StreamName stream, List<ConsumerState> page, boolean hasMore)
            throws IOException {
        out.start().startList("Consumers");
        for (ConsumerState consumer : page) {
            out.start();
            ConsumerAnswers.members(out, consumer);
            out.end();
        }
        out.endList();
        if (hasMore) {
            String last = page.get(page.size() - 1).name();
            out.text("NextToken", tokens.write(TokenSeal.Purpose.CONSUMER_PAGE, stream.value(), last));
        }
        out.end();
    }
}
