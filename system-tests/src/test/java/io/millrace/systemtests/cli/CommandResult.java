package io.millrace.systemtests.cli;

import io.millrace.cli.Millrace;
import io.millrace.cli.terminal.ScreenSize;
import io.millrace.cli.terminal.Terminal;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/**
 * What became of a command that was run to its end in this JVM, which costs a twentieth of the CPU time of a process. For
 * commands whose environment, signals or shared streams matter there is {@link CommandRun}.
 */
public record CommandResult(int exitCode, String out, String err) {
    private static final Map<String, String> PROPERTIES = Map.of(
            "AWS_ENDPOINT_URL_KINESIS", "aws.endpointUrlKinesis",
            "AWS_ENDPOINT_URL_DYNAMODB", "aws.endpointUrlDynamoDb",
            "AWS_ENDPOINT_URL_SQS", "aws.endpointUrlSqs");

    /** Runs {@code millrace arguments...} at these endpoints with {@code input} on standard input. */
    public static CommandResult of(Map<String, String> endpoints, String input, String... arguments) {
        return of(false, endpoints, input, arguments);
    }

    /** The same where a person watches the output. */
    static CommandResult ofTerminal(Map<String, String> endpoints, String... arguments) {
        return of(true, endpoints, "", arguments);
    }

    private static CommandResult of(
            boolean isTerminal, Map<String, String> endpoints, String input, String... arguments) {
        Map<String, String> settings = new HashMap<>();
        endpoints.forEach((name, value) -> settings.put(PROPERTIES.get(name), value));
        InputStream inBefore = System.in;
        PrintStream outBefore = System.out;
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        settings.forEach(System::setProperty);
        System.setIn(new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)));
        // Help is printed past the terminal.
        System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
        try {
            Terminal terminal = new Terminal(
                    out,
                    new PrintStream(err, true, StandardCharsets.UTF_8),
                    isTerminal,
                    isTerminal,
                    ScreenSize.parse(""));
            int exitCode = Millrace.run(terminal, arguments);
            return new CommandResult(
                    exitCode, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
        } finally {
            System.setOut(outBefore);
            System.setIn(inBefore);
            settings.keySet().forEach(System::clearProperty);
        }
    }
}
