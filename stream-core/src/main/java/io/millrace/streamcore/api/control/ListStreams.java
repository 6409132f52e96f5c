package io.millrace.streamcore.api.control;

import io.millrace.model.StreamName;
import io.millrace.streamcore.api.call.Operation;
import io.millrace.streamcore.api.call.PageTokens;
import io.millrace.streamcore.api.call.StreamAnswers;
import io.millrace.streamcore.api.call.TokenSeal;
import io.millrace.streamcore.api.shape.AnswerWriter;
import io.millrace.streamcore.api.shape.Values;
import io.millrace.streamcore.stream.StreamException;
import io.millrace.streamcore.stream.StreamState;
import io.millrace.streamcore.stream.Streams;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Lists streams by name, a page at a time. */
final class ListStreams implements Operation {
    /** The service's default, and the most it ever answers whatever the request asks for. */
    private static final int MOST = 100;

    private final Streams streams;
    private final PageTokens tokens;

    ListStreams(Streams streams, PageTokens tokens) {
        this.streams = streams;
        this.tokens = tokens;
    }

    @Override
    public CompletionStage<Content> run(Values input) {
        Optional<String> token = input.text("NextToken");
        String after = token.map(
                        t -> tokens.read(TokenSeal.Purpose.STREAM_PAGE, t).get(0))
                .or(() -> input.text("ExclusiveStartStreamName"))
                .orElse("");
        int limit = Math.min(MOST, input.whole("Limit").orElse(MOST));
        List<StreamState> page = new ArrayList<>();
        boolean hasMore = false;
        for (StreamName name : streams.names()) {
            if (name.value().compareTo(after) <= 0) {
                continue;
            }
            if (page.size() == limit) {
                hasMore = true;
                break;
            }
            find(name).ifPresent(page::add);
        }
        boolean more = hasMore;
        return CompletableFuture.completedFuture(out -> write(out, page, more));
    }

    private Optional<StreamState> find(StreamName name) {
        try {
            return Optional.of(streams.get(name));
        } catch (StreamException deletedMeanwhile) {
            return Optional.empty();
        }
    }

    private void write(AnswerWriter out, List<StreamState> page, boolean hasMore) throws IOException {
        out.start().startList("StreamNames");
        for (StreamState state : page) {
            out.text(state.name().value());
        }
        out.endList().flag("HasMoreStreams", hasMore).startList("StreamSummaries");
        for (StreamState state : page) {
            out.start();
            StreamAnswers.identity(out, state);
            out.end();
        }
        out.endList();
        if (hasMore) {
            String last = page.get(page.size() - 1).name().value();
            out.text("NextToken", tokens.write(TokenSeal.Purpose.STREAM_PAGE, last));
        }
        out.end();
    }
}
