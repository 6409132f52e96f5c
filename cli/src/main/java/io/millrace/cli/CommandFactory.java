package io.millrace.cli;

import io.millrace.cli.terminal.AwsAccess;
import io.millrace.cli.terminal.Terminal;
import java.lang.reflect.Constructor;
import java.util.Arrays;
import picocli.CommandLine;

/** Hands each command the terminal and the clients through its constructor. Immutable. */
record CommandFactory(Terminal terminal, AwsAccess access) implements CommandLine.IFactory {
    @Override
    public <K> K create(Class<K> type) throws Exception {
        for (Constructor<?> constructor : type.getDeclaredConstructors()) {
            if (Arrays.equals(constructor.getParameterTypes(), new Class<?>[] {Terminal.class, AwsAccess.class})) {
                return type.cast(constructor.newInstance(terminal, access));
            }
        }
        return CommandLine.defaultFactory().create(type);
    }
}
