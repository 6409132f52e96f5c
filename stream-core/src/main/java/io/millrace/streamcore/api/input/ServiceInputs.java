package io.millrace.streamcore.api.input;

import io.millrace.streamcore.api.shape.Member;
import io.millrace.streamcore.api.shape.Shape.Structure;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * What each of the operations takes: the one table of the service model's constraints.
 *
 * <p>Members stand in the order of the model, which is that of the alphabet; bounds and patterns are the public API model's
 * of 2013-12-02. One test compares the table with the model where that is at hand, another one the names and types of all
 * operations and members with the newest SDK: a member that the table does not know is skipped in a request, as the service
 * does it, so the table must know all that there are.
 */
public final class ServiceInputs {
    private static final String ENDING = "Input";
    private static final Set<String> UNSUPPORTED =
            Set.of("CreateChannel", "DeleteChannel", "DescribeChannel", "ListChannels", "UpdateChannel");

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

    /** The operations that the service has and this server has not: their requests are refused whatever is in them. */
    public static Set<String> unsupported() {
        return UNSUPPORTED;
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
