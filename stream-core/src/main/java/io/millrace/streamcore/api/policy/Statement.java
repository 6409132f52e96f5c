package io.millrace.streamcore.api.policy;

import java.util.List;
import java.util.Locale;

/**
 * One statement of a policy.
 *
 * <p>What cannot be judged here (a condition, or a part that says what is not meant) never makes a statement allow more or
 * deny less: such a statement never allows, and it denies as if that part were not there.
 *
 * @param isDeny whether it denies, else it allows
 * @param principals whom it is about: {@code *}, accounts, ARNs
 * @param actions what it is about, in small letters: case does not count in them
 * @param resources the ARNs it is about
 * @param isJudged whether all of it can be judged
 */
record Statement(
        boolean isDeny, List<String> principals, List<Wildcard> actions, List<Wildcard> resources, boolean isJudged) {
    Statement {
        principals = List.copyOf(principals);
        actions = List.copyOf(actions);
        resources = List.copyOf(resources);
    }

    boolean concerns(Principal principal, String action, String resource) {
        String inSmall = action.toLowerCase(Locale.ROOT);
        return (isJudged || isDeny)
                && actions.stream().anyMatch(pattern -> pattern.matches(inSmall))
                && resources.stream().anyMatch(pattern -> pattern.matches(resource))
                && principals.stream().anyMatch(named -> means(principal, named));
    }

    /**
     * An account as a whole is denied with all of its users. To allow the owner's account says only that it may let its own
     * users do it, as everywhere; the file of keys does that. Another account's users are allowed with it.
     */
    private boolean means(Principal principal, String named) {
        return principal.isNamedBy(named) || (principal.isInAccount(named) && (isDeny || !principal.isOfOwner()));
    }
}
