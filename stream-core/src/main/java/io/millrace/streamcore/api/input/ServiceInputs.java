package io.millrace.streamcore.api.input;

import io.millrace.streamcore.api.shape.Member;
import io.millrace.streamcore.api.shape.Shape.Structure;
import java.util.HashMap;
import java.util.Map;

/**
 * What each of the 39 operations takes: the one table of the service model's constraints.
 *
 * <p>Members stand in the order of the model, which is that of the alphabet; bounds and patterns are the public API model's
 * of 2013-12-02. A test compares the table with the model where that is at hand.
 */
public final class ServiceInputs {
    private static final String ENDING = "Input";

    private ServiceInputs() {}

    /** The input of each operation, by the operation's name. */
    public static Map<String, Structure> all() {
        Map<String, Structure> all = new HashMap<>();
        all.putAll(StreamInputs.all());
        all.putAll(SettingInputs.all());
        all.putAll(DataInputs.all());
        all.putAll(ConsumerInputs.all());
        return Map.copyOf(all);
    }

    static Structure input(String operation, Member... members) {
        return Structure.of(operation + ENDING, members);
    }

    static Map<String, Structure> named(Structure... inputs) {
        Map<String, Structure> named = new HashMap<>();
        for (Structure input : inputs) {
            String name = input.name();
            named.put(name.substring(0, name.length() - ENDING.length()), input);
        }
        return named;
    }
}
