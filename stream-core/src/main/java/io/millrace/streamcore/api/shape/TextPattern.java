package io.millrace.streamcore.api.shape;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * What a whole text must match, in time that grows with its length and no faster: patterns with several wildcards come
 * from the service's model, and the texts from anybody.
 *
 * @param pattern the regular expression, as errors show it
 * @param rule tells whether a text matches
 */
public record TextPattern(String pattern, Predicate<String> rule) {
    /** A long's bits, one of which stands for the end. */
    private static final int MOST_STEPS = Long.SIZE - 1;

    /** Checks the parts. */
    public TextPattern {
        requireNonNull(pattern, "pattern");
        requireNonNull(rule, "rule");
    }

    /** The pattern of a regular expression; one with a wildcard may have nothing that {@link Parser} does not know. */
    public static TextPattern of(String pattern) {
        if (pattern.contains(".*")) {
            Steps steps = new Steps(new Parser(pattern).steps());
            return new TextPattern(pattern, steps::match);
        }
        // Without wildcards no expression of the model has two ways to match a text.
        return new TextPattern(pattern, Pattern.compile(pattern).asMatchPredicate());
    }

    /** Whether all of {@code text} matches. */
    public boolean matches(String text) {
        return rule.test(text);
    }

    @Override
    public String toString() {
        return pattern;
    }

    /**
     * One step of a pattern.
     *
     * @param accepts the characters it takes
     * @param isLoop whether it takes any number of them, none too; else it takes one
     */
    private record Step(IntPredicate accepts, boolean isLoop) {}

    /** Goes through a text once, at all places of the pattern at the same time. Immutable. */
    private static final class Steps {
        private final List<Step> steps;
        private final long loops;

        Steps(List<Step> steps) {
            if (steps.size() > MOST_STEPS) {
                throw new IllegalArgumentException("a pattern of more than " + MOST_STEPS + " steps");
            }
            this.steps = List.copyOf(steps);
            long bits = 0;
            for (int i = 0; i < steps.size(); i++) {
                bits |= steps.get(i).isLoop ? 1L << i : 0;
            }
            this.loops = bits;
        }

        boolean match(String text) {
            long places = withSkips(1);
            for (int at = 0; at < text.length() && places != 0; at++) {
                char next = text.charAt(at);
                long reached = 0;
                for (long left = places; left != 0; left &= left - 1) {
                    int place = Long.numberOfTrailingZeros(left);
                    if (place < steps.size() && steps.get(place).accepts.test(next)) {
                        reached |= 1L << (steps.get(place).isLoop ? place : place + 1);
                    }
                }
                places = withSkips(reached);
            }
            return (places & 1L << steps.size()) != 0;
        }

        /** A loop may take nothing: who stands before it stands behind it too. */
        private long withSkips(long places) {
            long all = places;
            long skipped = (all & loops) << 1;
            while ((skipped & ~all) != 0) {
                all |= skipped;
                skipped = (all & loops) << 1;
            }
            return all;
        }
    }

    /** Reads literals, {@code .}, {@code \d}, {@code \S}, classes in brackets, {@code * + {n}}, and groups of literals. */
    private static final class Parser {
        private final String pattern;
        private final List<Step> steps = new ArrayList<>();
        private int at;

        Parser(String pattern) {
            this.pattern = pattern;
        }

        List<Step> steps() {
            while (at < pattern.length()) {
                char next = pattern.charAt(at++);
                boolean isMark = next == '(' || next == ')' || (next == '^' && at == 1);
                if (!isMark) {
                    quantified(one(next));
                }
            }
            return steps;
        }

        private IntPredicate one(char first) {
            return switch (first) {
                case '.' -> Parser::isWithinLine;
                case '[' -> inBrackets();
                case '\\' -> escaped(pattern.charAt(at++));
                case '*', '+', '?', '{', '|', '$', ']' -> throw unknown();
                default -> character -> character == first;
            };
        }

        private IntPredicate escaped(char name) {
            return switch (name) {
                case 'd' -> Parser::isDigit;
                case 'S' -> character -> !isSpace(character);
                case '/', '.' -> character -> character == name;
                default -> throw unknown();
            };
        }

        private IntPredicate inBrackets() {
            int end = pattern.indexOf(']', at);
            Predicate<String> member =
                    Pattern.compile(pattern.substring(at - 1, end + 1)).asMatchPredicate();
            at = end + 1;
            boolean[] ascii = new boolean[128];
            for (char character = 0; character < ascii.length; character++) {
                ascii[character] = member.test(String.valueOf(character));
            }
            return character -> character < ascii.length && ascii[character];
        }

        private void quantified(IntPredicate accepts) {
            char mark = at < pattern.length() ? pattern.charAt(at) : 0;
            if (mark == '*' || mark == '+') {
                at++;
                if (mark == '+') {
                    steps.add(new Step(accepts, false));
                }
                steps.add(new Step(accepts, true));
                return;
            }
            int times = 1;
            if (mark == '{') {
                int end = pattern.indexOf('}', at);
                times = Integer.parseInt(pattern.substring(at + 1, end));
                at = end + 1;
            }
            for (int i = 0; i < times; i++) {
                steps.add(new Step(accepts, false));
            }
        }

        private static boolean isDigit(int character) {
            return character >= '0' && character <= '9';
        }

        private static boolean isSpace(int character) {
            return character == ' ' || (character >= '\t' && character <= '\r');
        }

        /** What a dot takes: anything but the ends of lines. */
        private static boolean isWithinLine(int character) {
            return character != '\n'
                    && character != '\r'
                    && character != 0x85
                    && character != 0x2028
                    && character != 0x2029;
        }

        private IllegalArgumentException unknown() {
            return new IllegalArgumentException("a pattern with something unknown before " + at + ": " + pattern);
        }
    }
}
