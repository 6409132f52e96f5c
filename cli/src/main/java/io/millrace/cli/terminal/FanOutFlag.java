package io.millrace.cli.terminal;

import java.util.Map;
import java.util.Stack;
import picocli.CommandLine.IParameterPreprocessor;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;

/**
 * Reads {@code --fan-out[=NAME]}. A name is attached by {@code =}; the word after a space is not the flag's, but most likely
 * a stream.
 */
public final class FanOutFlag implements IParameterPreprocessor {
    /** The value of a flag without a name. */
    public static final String UNNAMED = "";

    /** The name of the flag's value in the help. */
    public static final String LABEL = "NAME|ARN";

    /** For picocli. */
    public FanOutFlag() {}

    @Override
    public boolean preprocess(Stack<String> arguments, CommandSpec command, ArgSpec flag, Map<String, Object> info) {
        boolean isNamed = flag.command().parser().separator().equals(info.get("separator"));
        flag.setValue(isNamed ? arguments.pop() : UNNAMED);
        return true;
    }
}
