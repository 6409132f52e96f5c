package io.millrace.streamcore.api.auth;

import io.millrace.streamcore.api.call.ApiException;
import io.millrace.streamcore.api.call.ApiRequest;
import io.millrace.streamcore.api.call.ErrorCode;
import io.millrace.streamcore.api.call.ServiceOperations;
import io.millrace.streamcore.api.policy.Principal;
import io.millrace.streamcore.api.policy.ResourcePolicies;
import io.millrace.streamcore.api.policy.Verdict;
import io.millrace.streamcore.api.shape.Values;
import io.millrace.streamcore.stream.account.Account;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Admits who signs with a known key, and permits what that key's grants and the policies on streams and consumers allow.
 * The signature comes before the body is read, so that strangers reach none of the decoders. Safe for any thread.
 *
 * <p>As in AWS: a policy that denies goes before all else. Users of the account that owns the streams may do what their
 * key's grants or a policy allow; users of other accounts what both allow. A policy decides nothing about policies, so
 * that nobody can lock the owner out.
 */
final class KeyedGate implements AccessGate {
    private static final Set<String> ABOUT_POLICIES =
            Set.of("PutResourcePolicy", "GetResourcePolicy", "DeleteResourcePolicy");

    private final SignatureVerifier verifier;
    private final RequestedStreams requested;
    private final Account usual;

    KeyedGate(SignatureVerifier verifier, RequestedStreams requested, Account usual) {
        this.verifier = verifier;
        this.requested = requested;
        this.usual = usual;
    }

    @Override
    public void look(ApiRequest begun, String operation) {
        verifier.look(begun);
    }

    @Override
    public Caller admit(ApiRequest request, String operation) {
        AccessKey key = verifier.verify(request, ServiceOperations.kind(operation));
        return Caller.of(key, key.account(usual));
    }

    @Override
    public void permit(
            Caller caller, ApiRequest request, String operation, Optional<Values> input, OwnedStreams concerned) {
        AccessKey key = caller.key().orElseThrow(() -> new IllegalStateException("nobody was admitted"));
        Principal principal =
                key.principal(caller.account().id(), concerned.owner().id());
        String action = "kinesis:" + operation;
        if (input.isEmpty()) {
            // A wrong type is told next, whatever stream was meant.
            require(key.allowsSomewhere(action), principal, action, "*");
            return;
        }
        RequestedStreams.Found found = requested.in(input.get());
        for (String stream : found.streams()) {
            Verdict policy = ABOUT_POLICIES.contains(operation)
                    ? Verdict.SILENT
                    : policyOn(concerned.policies(), stream, found.consumers(), principal, action);
            String arn = concerned.owner().streamArn(stream);
            if (policy == Verdict.DENIED) {
                throw refusal(principal, action, arn, "with an explicit deny in a resource-based policy");
            }
            boolean byKey = key.allows(action, stream);
            boolean byPolicy = policy == Verdict.ALLOWED;
            require(principal.isOfOwner() ? byKey || byPolicy : byKey && byPolicy, principal, action, arn);
        }
        // What is about no single stream is for the users of the account that it is about.
        if (!found.isClear()) {
            require(principal.isOfOwner() && key.allowsEverywhere(action), principal, action, "*");
        } else if (found.streams().isEmpty()) {
            // A token that says nothing here is refused by its operation; without any, all streams are meant.
            boolean isAllowed = found.hasToken()
                    ? key.allowsSomewhere(action)
                    : principal.isOfOwner() && key.allowsEverywhere(action);
            require(isAllowed, principal, action, "*");
        }
    }

    /**
     * A consumer has a policy of its own, which alone can allow what is done with it; each of both can deny it. One that does
     * not exist, which may be about to be registered, is the stream's affair.
     */
    private static Verdict policyOn(
            ResourcePolicies policies,
            String stream,
            Set<RequestedStreams.Consumer> consumers,
            Principal principal,
            String action) {
        Verdict onStream = policies.onStream(stream, principal, action);
        List<Verdict> onConsumers = consumers.stream()
                .filter(consumer -> consumer.stream().equals(stream))
                .flatMap(consumer -> policies.onConsumer(stream, consumer.name(), principal, action).stream())
                .toList();
        if (onStream == Verdict.DENIED || onConsumers.contains(Verdict.DENIED)) {
            return Verdict.DENIED;
        }
        return onConsumers.stream()
                .reduce((one, other) -> one == other ? one : Verdict.SILENT)
                .orElse(onStream);
    }

    private static void require(boolean isAllowed, Principal principal, String action, String resource) {
        if (!isAllowed) {
            String why = principal.isOfOwner()
                    ? "because no identity-based policy allows the " + action + " action"
                    : "because no resource-based policy allows the " + action + " action";
            throw refusal(principal, action, resource, why);
        }
    }

    private static ApiException refusal(Principal principal, String action, String resource, String why) {
        return new ApiException(
                ErrorCode.ACCESS_DENIED,
                "User: " + principal.arn() + " is not authorized to perform: " + action + " on resource: " + resource
                        + " " + why);
    }
}
