package io.millrace.streamcore.api;

import static java.util.Objects.requireNonNull;

import io.millrace.streamcore.api.faults.Faults;
import io.millrace.streamcore.api.operate.CallProbe;
import io.millrace.streamcore.api.operate.OperatorPages;
import io.millrace.streamcore.api.push.PushSettings;

/**
 * What an operator sets around the operations.
 *
 * @param pages for operators, such as the health
 * @param probes hear of every call
 * @param faults made on purpose, for tests of client code
 * @param push how subscriptions behave
 * @param security who may call, and who hears of it
 */
public record ApiOptions(
        OperatorPages pages, CallProbe.Source probes, Faults faults, PushSettings push, ApiSecurity security) {
    /** Nothing. */
    public static final ApiOptions NONE = new ApiOptions(
            OperatorPages.BARE, CallProbe.Source.NONE, Faults.NONE, PushSettings.DEFAULTS, ApiSecurity.NONE);

    /** Checks the parts. */
    public ApiOptions {
        requireNonNull(pages, "pages");
        requireNonNull(probes, "probes");
        requireNonNull(faults, "faults");
        requireNonNull(push, "push");
        requireNonNull(security, "security");
    }
}
