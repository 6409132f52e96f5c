package io.millrace.cli;

import io.millrace.cli.terminal.AwsAccess;
import io.millrace.cli.terminal.CommandFailure;
import io.millrace.cli.terminal.Terminal;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code millrace env}: what a shell exports so that AWS SDKs, the AWS CLI and boto3 use {@code millrace server}. */
@Command(
        name = "env",
        description = {
            "Print the exports that other clients need to use `millrace server` on this machine, for a shell:",
            "    eval \"$(millrace env)\"",
            "A region that is set stays; keys are made up only where no credentials are set."
        })
final class EnvCommand implements Callable<Integer> {
    private final Terminal terminal;
    private final AwsAccess access;

    @Option(
            names = ServerFlags.PORT,
            paramLabel = "PORT",
            defaultValue = "4567",
            description = "The port of the streams, as given to the server. Default: 4567.")
    private String port;

    @Option(
            names = ServerFlags.DYNAMODB_PORT,
            paramLabel = "PORT|off",
            defaultValue = "8000",
            description = "The port of DynamoDB Local, as given to the server. Default: 8000.")
    private String dynamoDbPort;

    EnvCommand(Terminal terminal, AwsAccess access) {
        this.terminal = terminal;
        this.access = access;
    }

    @Override
    public Integer call() {
        int streams = ServerFlags.port(ServerFlags.PORT, port)
                .orElseThrow(() -> CommandFailure.usage(ServerFlags.PORT + " is a port, not off"));
        OptionalInt tables = ServerFlags.port(ServerFlags.DYNAMODB_PORT, dynamoDbPort);
        if (streams == 0 || (tables.isPresent() && tables.getAsInt() == 0)) {
            throw CommandFailure.usage("port 0 is any free one: give the port that the server printed");
        }
        String region = access.regionOrDefault();
        terminal.line("export AWS_ENDPOINT_URL_KINESIS=http://127.0.0.1:" + streams);
        tables.ifPresent(number -> terminal.line("export AWS_ENDPOINT_URL_DYNAMODB=http://127.0.0.1:" + number));
        terminal.line("export AWS_REGION=" + region + " AWS_DEFAULT_REGION=" + region);
        if (!access.hasCredentials()) {
            terminal.line("export AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local");
        }
        return CommandFailure.OK;
    }
}
