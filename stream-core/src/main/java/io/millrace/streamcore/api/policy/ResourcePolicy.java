package io.millrace.streamcore.api.policy;

import java.util.List;

/**
 * What the policy on a stream or a consumer says: an explicit deny goes before every allow. Immutable.
 *
 * <p>The rules are those of AWS for policies on resources (IAM user guide, "Policy evaluation logic"); conditions are not
 * judged, see {@link Statement}.
 */
public final class ResourcePolicy {
    /** Says nothing. */
    public static final ResourcePolicy NONE = new ResourcePolicy(List.of());

    private final List<Statement> statements;

    ResourcePolicy(List<Statement> statements) {
        this.statements = List.copyOf(statements);
    }

    /**
     * Reads a policy.
     *
     * @throws IllegalArgumentException with one line for the user if it is none
     */
    public static ResourcePolicy parse(String json) {
        return PolicyReader.read(json);
    }

    /**
     * What it says.
     *
     * @param action such as {@code kinesis:PutRecord}
     * @param resource the ARN of the stream or consumer that the request is about
     */
    public Verdict verdict(Principal principal, String action, String resource) {
        Verdict verdict = Verdict.SILENT;
        for (Statement statement : statements) {
            if (statement.concerns(principal, action, resource)) {
                if (statement.isDeny()) {
                    return Verdict.DENIED;
                }
                verdict = Verdict.ALLOWED;
            }
        }
        return verdict;
    }
}
