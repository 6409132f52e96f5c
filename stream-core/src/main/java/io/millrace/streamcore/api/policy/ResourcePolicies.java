package io.millrace.streamcore.api.policy;

import static java.util.Objects.requireNonNull;

import io.millrace.model.StreamName;
import io.millrace.streamcore.stream.ConsumerState;
import io.millrace.streamcore.stream.StreamException;
import io.millrace.streamcore.stream.StreamState;
import io.millrace.streamcore.stream.Streams;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** Judges requests by the policies on this server's streams and consumers. Safe for any thread; never blocks. */
public final class ResourcePolicies {
    /** Policies that are remembered as read; a server with more of them reads some again. */
    private static final int MOST_REMEMBERED = 1000;

    private final Streams streams;
    private final ConcurrentHashMap<String, ResourcePolicy> read = new ConcurrentHashMap<>();

    /** The policies on these streams. */
    public ResourcePolicies(Streams streams) {
        this.streams = requireNonNull(streams, "streams");
    }

    /** What the policy on a stream says; nothing if there is no policy or no stream. */
    public Verdict onStream(String stream, Principal principal, String action) {
        Optional<StreamState> found = state(stream);
        Optional<String> policy = found.flatMap(state -> state.options().policy());
        return policy.isEmpty()
                ? Verdict.SILENT
                : verdict(policy.get(), principal, action, found.get().arn());
    }

    /** What the policy on a consumer says, nothing if it has none; empty if there is no such consumer. */
    public Optional<Verdict> onConsumer(String stream, String consumer, Principal principal, String action) {
        return consumer(stream, consumer)
                .map(found -> found.policy()
                        .map(policy -> verdict(policy, principal, action, found.arn()))
                        .orElse(Verdict.SILENT));
    }

    private Verdict verdict(String policy, Principal principal, String action, String arn) {
        ResourcePolicy known = read.get(policy);
        if (known == null) {
            try {
                known = ResourcePolicy.parse(policy);
            } catch (IllegalArgumentException keptBeforePoliciesWereRead) {
                // It may have been meant to deny. Its owner can still replace it: no policy is about policies.
                return Verdict.DENIED;
            }
            if (read.size() >= MOST_REMEMBERED) {
                read.clear();
            }
            read.put(policy, known);
        }
        return known.verdict(principal, action, arn);
    }

    private Optional<StreamState> state(String stream) {
        try {
            return Optional.of(streams.get(new StreamName(stream)));
        } catch (StreamException | IllegalArgumentException notThere) {
            return Optional.empty();
        }
    }

    private Optional<ConsumerState> consumer(String stream, String consumer) {
        try {
            return Optional.of(streams.consumers().get(new StreamName(stream), consumer));
        } catch (StreamException | IllegalArgumentException notThere) {
            return Optional.empty();
        }
    }
}
