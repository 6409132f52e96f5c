package io.millrace.streamcore;

import static java.util.Objects.requireNonNull;

import io.millrace.streamcore.api.call.ApiAnswer;
import io.millrace.streamcore.api.call.ApiHandler;
import io.millrace.streamcore.api.call.ApiRequest;
import io.millrace.streamcore.http.Refusals;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Keeps web pages out of a server that verifies nobody. A page runs on the machine of its reader, so it reaches servers that listen
 * on that machine alone. Browsers tell the page's origin with each request that another site's page makes, but for those
 * whose answers the page cannot see; and where the page's own name points at this machine, they send that name as the
 * host's. Other programs send no origin, and a host that is known. Safe for any thread.
 */
final class WebGuard implements ApiHandler {
    private static final Refused FOREIGN_PAGE = new Refused(
            403,
            "AccessDeniedException",
            "This server verifies nobody, so only web pages of this machine may use it. Allow others with --cors.");
    private static final Refused UNKNOWN_HOST = new Refused(
            421,
            "MisdirectedRequest",
            "This server is not known by the name in Host. Use localhost or an address, or give the name with"
                    + " --server-name.");

    private final ApiHandler next;
    private final WebOrigins origins;
    private final HostNames hosts;
    private final Refusals refusals;

    /**
     * A guard before {@code next}.
     *
     * @param refusals hears of what is refused
     */
    WebGuard(ApiHandler next, WebOrigins origins, HostNames hosts, Refusals refusals) {
        this.next = requireNonNull(next, "next");
        this.origins = requireNonNull(origins, "origins");
        this.hosts = requireNonNull(hosts, "hosts");
        this.refusals = requireNonNull(refusals, "refusals");
    }

    @Override
    public CompletableFuture<ApiAnswer> apply(ApiRequest request) {
        @Nullable Refused refused = refused(request);
        return refused == null ? next.apply(request) : CompletableFuture.completedFuture(answer(request, refused));
    }

    @Override
    public Optional<ApiAnswer> look(ApiRequest begun) {
        @Nullable Refused refused = refused(begun);
        return refused == null ? next.look(begun) : Optional.of(answer(begun, refused));
    }

    private ApiAnswer answer(ApiRequest request, Refused refused) {
        refusals.refused(request.peer(), refused.status, refused.type);
        return refused.answer();
    }

    private @Nullable Refused refused(ApiRequest request) {
        String host = request.headers().getOrNull("Host");
        if (host != null && !hosts.isKnown(host)) {
            return UNKNOWN_HOST;
        }
        String origin = request.headers().getOrNull("Origin");
        return origin == null || origins.allows(origin) ? null : FOREIGN_PAGE;
    }

    /** An answer that no page of another origin can read. */
    private record Refused(int status, String type, String message) {
        ApiAnswer answer() {
            byte[] body =
                    ("{\"__type\":\"" + type + "\",\"message\":\"" + message + "\"}").getBytes(StandardCharsets.UTF_8);
            return ApiAnswer.whole(
                    status, Map.of("content-type", "application/x-amz-json-1.1"), out -> out.write(body));
        }
    }
}
