package io.millrace.streamcore;

import static java.util.Objects.requireNonNull;

import io.millrace.runtime.Transitions;
import io.millrace.streamcore.api.call.ApiAnswer;
import io.millrace.streamcore.api.call.ApiHandler;
import io.millrace.streamcore.api.call.ApiRequest;
import io.millrace.streamcore.api.operate.Health;
import io.millrace.streamcore.api.operate.OperatorPages;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.slf4j.event.Level;

/**
 * Stands before the API: while the server starts, requests are told to come again, and whoever asks for the server's
 * health hears where it is. Safe for any thread.
 */
final class Gate implements ApiHandler {
    private static final byte[] COME_AGAIN =
            "{\"__type\":\"ServiceUnavailableException\",\"message\":\"The server is starting.\"}"
                    .getBytes(StandardCharsets.UTF_8);

    private final AtomicReference<Phase> phase = new AtomicReference<>(Phase.STARTING);
    private final Supplier<? extends Map<String, String>> failedLogs;
    private final Supplier<Optional<String>> shortage;
    private final List<Supplier<Optional<Health.Flaw>>> watched = new CopyOnWriteArrayList<>();
    private volatile ApiHandler handler;

    /**
     * A gate that is shut.
     *
     * @param failedLogs why logs take no more writes, by their names
     * @param shortage why memory is short, if it is
     */
    Gate(Supplier<? extends Map<String, String>> failedLogs, Supplier<Optional<String>> shortage) {
        this.shortage = requireNonNull(shortage, "shortage");
        this.failedLogs = requireNonNull(failedLogs, "failedLogs");
        this.handler = request -> CompletableFuture.completedFuture(comeAgain());
    }

    /** From now on health tells of this, too. */
    void watch(Supplier<Optional<Health.Flaw>> flaw) {
        watched.add(requireNonNull(flaw, "flaw"));
    }

    /** While the server starts these pages are all there is. */
    void show(OperatorPages pages) {
        handler = request ->
                CompletableFuture.completedFuture(pages.answer(request).orElseGet(Gate::comeAgain));
    }

    /** From now on the API answers. */
    void open(ApiHandler api) {
        handler = requireNonNull(api, "api");
        moveTo(Phase.SERVING, "everything is open");
    }

    /** What is in hand is still answered. */
    void drain() {
        moveTo(Phase.DRAINING, "asked to stop");
    }

    /** How the server is. */
    Health health() {
        Phase now = requireNonNull(phase.get());
        if (now != Phase.SERVING) {
            return new Health(now.status, List.of(now.reason));
        }
        List<String> reasons = new ArrayList<>();
        failedLogs.get().forEach((name, reason) -> reasons.add("the log " + name + " takes no more writes: " + reason));
        boolean isFailed = !reasons.isEmpty();
        for (Supplier<Optional<Health.Flaw>> each : watched) {
            Optional<Health.Flaw> flaw = each.get();
            flaw.ifPresent(found -> reasons.add(found.reason()));
            isFailed |= flaw.filter(Health.Flaw::isFailure).isPresent();
        }
        shortage.get().ifPresent(reasons::add);
        return new Health(isFailed ? Health.Status.FAILED : Health.Status.OK, reasons);
    }

    @Override
    public CompletableFuture<ApiAnswer> apply(ApiRequest request) {
        return handler.apply(request);
    }

    @Override
    public Optional<ApiAnswer> look(ApiRequest begun) {
        return handler.look(begun);
    }

    private void moveTo(Phase next, String reason) {
        Phase.TRANSITIONS.move(requireNonNull(phase.getAndSet(next)), next, reason, "server");
    }

    private static ApiAnswer comeAgain() {
        return ApiAnswer.whole(
                503,
                Map.of("content-type", "application/x-amz-json-1.1", "retry-after", "1"),
                out -> out.write(COME_AGAIN));
    }

    /** The state of the server between start and close. */
    private enum Phase {
        STARTING(Health.Status.STARTING, "the server opens what it keeps"),
        SERVING(Health.Status.OK, ""),
        DRAINING(Health.Status.DRAINING, "the server answers what is in hand and ends");

        static final Transitions<Phase> TRANSITIONS = Transitions.table(Phase.class)
                .from(STARTING)
                .to(SERVING, "everything is open")
                .to(DRAINING, "the server is asked to stop")
                .from(SERVING)
                .to(DRAINING, "the server is asked to stop")
                .loggedAt(Level.INFO)
                .build();

        private final Health.Status status;
        private final String reason;

        Phase(Health.Status status, String reason) {
            this.status = status;
            this.reason = reason;
        }
    }
}
