package io.millrace.streamcore.api.faults;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which faults are wanted.
 *
 * @param everywhere the rule of operations without one of their own
 * @param rules those of single operations, by their names in the API
 * @param seed repeats a run: the nth call of an operation then meets the same fault
 */
public record FaultPlan(FaultRule everywhere, Map<String, FaultRule> rules, OptionalLong seed) {
    private static final Pattern TIME = Pattern.compile("([0-9]{1,9})(ms|s)");
    private static final String FORM = "expected [OPERATION:]throttle=0..1, [OPERATION:]internal=0..1,"
            + " [OPERATION:]latency=20ms or 20ms..200ms, or seed=NUMBER, separated by commas";

    /** Copies the map. */
    public FaultPlan {
        rules = Map.copyOf(rules);
    }

    /**
     * Reads a specification such as {@code throttle=0.05,latency=20ms..200ms,PutRecords:throttle=0.2,seed=7}. What is said
     * of an operation replaces that part of what is said of all.
     *
     * @param operations the names of operations that there are
     * @throws IllegalArgumentException if it cannot be read, with a text for the user
     */
    public static FaultPlan parse(String text, Set<String> operations) {
        FaultRule everywhere = FaultRule.NONE;
        OptionalLong seed = OptionalLong.empty();
        List<Part> ofOperations = new ArrayList<>();
        for (String item : text.split(",", -1)) {
            Part part = Part.of(item, operations);
            if (part.key.equals("seed")) {
                seed = OptionalLong.of(part.seed());
            } else if (part.operation.isPresent()) {
                ofOperations.add(part);
            } else {
                everywhere = part.applyTo(everywhere);
            }
        }
        Map<String, FaultRule> rules = new HashMap<>();
        for (Part part : ofOperations) {
            String operation = part.operation.orElseThrow();
            rules.put(operation, part.applyTo(rules.getOrDefault(operation, everywhere)));
        }
        return new FaultPlan(everywhere, rules, seed);
    }

    /** The rule of an operation. */
    public FaultRule rule(String operation) {
        return rules.getOrDefault(operation, everywhere);
    }

    /** One item of a specification. */
    private record Part(String item, Optional<String> operation, String key, String value) {
        static Part of(String text, Set<String> operations) {
            String item = text.trim();
            int equals = item.indexOf('=');
            if (equals < 0) {
                throw unreadable(item, FORM);
            }
            String left = item.substring(0, equals).trim();
            int colon = left.indexOf(':');
            Optional<String> operation = colon < 0
                    ? Optional.empty()
                    : Optional.of(left.substring(0, colon).trim());
            if (operation.isPresent() && !operations.contains(operation.get())) {
                throw unreadable(item, "there is no operation of this name; there are " + new TreeSet<>(operations));
            }
            String key = left.substring(colon + 1).trim();
            boolean isKnown = Set.of("throttle", "internal", "latency").contains(key);
            if (!isKnown && !(key.equals("seed") && operation.isEmpty())) {
                throw unreadable(item, FORM);
            }
            return new Part(item, operation, key, item.substring(equals + 1).trim());
        }

        FaultRule applyTo(FaultRule rule) {
            return switch (key) {
                case "throttle" -> rule.withThrottle(share());
                case "internal" -> rule.withInternal(share());
                default -> {
                    int dots = value.indexOf("..");
                    Duration from = time(dots < 0 ? value : value.substring(0, dots));
                    Duration to = dots < 0 ? from : time(value.substring(dots + 2));
                    if (to.compareTo(from) < 0) {
                        throw unreadable(item, "the second time is shorter than the first");
                    }
                    yield rule.withLatency(from, to);
                }
            };
        }

        long seed() {
            try {
                return Long.parseLong(value);
            } catch (NumberFormatException notANumber) {
                throw unreadable(item, "a seed is a whole number");
            }
        }

        private double share() {
            try {
                double share = Double.parseDouble(value);
                if (share >= 0 && share <= 1) {
                    return share;
                }
            } catch (NumberFormatException notANumber) {
                // Refused below.
            }
            throw unreadable(item, "a probability is a number from 0 to 1");
        }

        private Duration time(String text) {
            Matcher time = TIME.matcher(text.trim());
            if (!time.matches()) {
                throw unreadable(item, "a time is a number of ms or s, such as 20ms or 2s");
            }
            long amount = Long.parseLong(time.group(1));
            return time.group(2).equals("ms") ? Duration.ofMillis(amount) : Duration.ofSeconds(amount);
        }

        private static IllegalArgumentException unreadable(String item, String why) {
            return new IllegalArgumentException("cannot read the fault '" + item + "': " + why);
        }
    }
}
