package io.millrace.cli;

import io.millrace.cli.terminal.AwsAccess;
import io.millrace.cli.terminal.CommandFailure;
import io.millrace.cli.terminal.GracefulStop;
import io.millrace.cli.terminal.JsonObject;
import io.millrace.cli.terminal.Terminal;
import io.millrace.dynamodblocal.DynamoDbLocal;
import io.millrace.dynamodblocal.DynamoDbLocalException;
import io.millrace.streamcore.StreamServer;
import io.millrace.streamcore.StreamServerException;
import io.millrace.streamcore.log.FsyncPolicy;
import io.millrace.streamcore.stream.quota.QuotaMode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code millrace server}: the stream server in this process and DynamoDB Local beside it, until a signal comes. */
@Command(
        name = "server",
        subcommands = ServerBackupCommand.class,
        description = {
            "Serve streams to Kinesis clients, with DynamoDB Local beside it: a complete local stack.",
            "Streams and tables are kept in the data folder. Ends in good order on SIGINT or SIGTERM."
        })
final class ServerCommand implements Callable<Integer> {
    private static final int DEFAULT_PORT = 4567;
    private static final int DEFAULT_TLS_PORT = 4568;
    private static final String DEFAULT_TABLES_PORT = "8000";

    private final Terminal terminal;

    @Option(
            names = "--host",
            paramLabel = "ADDRESS",
            defaultValue = "127.0.0.1",
            description = "The address to listen on. Default: 127.0.0.1. Others need --credentials.")
    private String host;

    @Option(
            names = "--port",
            paramLabel = "PORT",
            description = "For everything, http and https. 0 is any. Default: 4567.")
    private @Nullable Integer port;

    @Option(
            names = "--tls-port",
            paramLabel = "PORT|off",
            description =
                    "One more port, for clients that want https on its own. Default: 4568, or off if --port is given.")
    private @Nullable String tlsPort;

    @Option(names = "--data", paramLabel = "DIR", defaultValue = "data", description = "Default: ./data")
    private Path data;

    @Option(
            names = "--fsync",
            paramLabel = "always|interval|never",
            defaultValue = "always",
            converter = ServerFlags.FsyncWords.class,
            description = "When a record is acknowledged: when it is on the disk (always), or before. Default: always.")
    private FsyncPolicy fsync;

    @Option(
            names = "--encryption-key",
            paramLabel = "FILE",
            description = {
                "The key that encrypted streams are kept with: 32 bytes, raw, hexadecimal or base64, chmod 600. Default:"
                        + " DIR/encryption.key, made when it is needed first."
            })
    private @Nullable Path encryptionKey;

    @Option(
            names = "--quotas",
            paramLabel = "off|aws|SCALE",
            defaultValue = "off",
            converter = ServerFlags.QuotasWords.class,
            description = {
                "Whether the service's limits hold; a number such as 0.5 multiplies them. A stream's tag millrace:quotas"
                        + " goes before it. Default: off."
            })
    private QuotaMode quotas;

    @Option(
            names = "--transition-time",
            paramLabel = "TIME",
            defaultValue = "500ms",
            converter = ServerFlags.TimeWords.class,
            description = {
                "How long streams and consumers stay CREATING, UPDATING and DELETING. With 0 a call is answered when they"
                        + " have left that state. Default: 500ms."
            })
    private Duration transitionTime;

    @Option(
            names = "--faults",
            paramLabel = "SPEC",
            description = {
                "For tests of client code: fail on purpose. Items with commas between: throttle=0.05, internal=0.01,"
                        + " latency=20ms..200ms, each also for one operation (PutRecords:throttle=0.2), and seed=N."
            })
    private @Nullable String faults;

    @Option(
            names = "--log-format",
            paramLabel = "text|json",
            defaultValue = "text",
            converter = ServerFlags.LogFormatWords.class,
            description = "How log lines on standard error look. Default: text.")
    private ServerFlags.LogFormat logFormat;

    @Option(
            names = "--credentials",
            paramLabel = "FILE",
            description = "Verify every request against the keys in this JSON file: see docs/security.md.")
    private @Nullable Path credentials;

    @Option(
            names = "--credentials-required",
            description = {
                "Once the file of --credentials is taken away no key is valid until it is back. Without this its keys stay valid,"
                        + " with a warning."
            })
    private boolean credentialsRequired;

    @Option(
            names = "--region",
            paramLabel = "REGION",
            defaultValue = "us-east-1",
            converter = ServerFlags.RegionWords.class,
            description = {
                "The region that the printed settings name, and with --credentials the only one that is served. Without"
                        + " --credentials each region has streams of its own. Default: us-east-1."
            })
    private String region;

    @Option(
            names = "--account",
            paramLabel = "ACCOUNT",
            defaultValue = "000000000000",
            converter = ServerFlags.AccountWords.class,
            description = {
                "The account that streams belong to, twelve digits, unless the credentials file says otherwise for a key."
                        + " Default: 000000000000."
            })
    private String account;

    @Option(
            names = "--audit",
            paramLabel = "FILE|off",
            description = {
                "Where a line is written for every change; refusals go to a file beside it, FILE-refused. Default: audit.log"
                        + " and audit-refused.log in DIR."
            })
    private @Nullable String audit;

    @Option(
            names = "--tls-cert",
            paramLabel = "FILE",
            description =
                    "The certificate chain for https, PEM; with --tls-key. Read again when it changes. Default: one made at start.")
    private @Nullable Path tlsCertificate;

    @Option(names = "--tls-key", paramLabel = "FILE", description = "Its private key, PEM, PKCS #8.")
    private @Nullable Path tlsKey;

    @Option(names = "--allow-anonymous", description = "Listen beyond this machine though nobody is checked.")
    private boolean allowAnonymous;

    @Option(
            names = "--cors",
            paramLabel = "ORIGIN",
            split = ",",
            description = {
                "Origins of web pages that may use a server without --credentials, besides those of this machine, such as"
                        + " https://example.com; * is every one."
            })
    private List<String> cors = List.of();

    @Option(
            names = "--server-name",
            paramLabel = "NAME",
            split = ",",
            description = {
                "Names that clients use for this server besides localhost and addresses. Without --credentials requests for"
                        + " other names are refused."
            })
    private List<String> serverNames = List.of();

    @Option(
            names = "--dynamodb-port",
            paramLabel = "PORT|off",
            description = {
                "Where DynamoDB Local listens, on 127.0.0.1 only; 0 is any, off is without it. Default: 8000, or off in an"
                        + " installation that does not have it."
            })
    private @Nullable String dynamoDbPort;

    @Option(
            names = "--set-aside-damaged",
            description = "Move streams whose files are damaged to DIR/set-aside and serve the others.")
    private boolean setAsideDamaged;

    @Option(names = "--json", description = "Print the endpoints as JSON.")
    private boolean json;

    ServerCommand(Terminal terminal, AwsAccess access) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() {
        refuseWhatDoesNotFit();
        if (logFormat == ServerFlags.LogFormat.JSON) {
            JsonLog.install();
        }
        int main = port == null ? DEFAULT_PORT : port;
        OptionalInt tls = tlsPort != null
                ? ServerFlags.port(ServerFlags.TLS_PORT, tlsPort)
                : port == null ? OptionalInt.of(DEFAULT_TLS_PORT) : OptionalInt.empty();
        OptionalInt tables = ServerFlags.port(
                ServerFlags.DYNAMODB_PORT,
                dynamoDbPort != null
                        ? dynamoDbPort
                        : DynamoDbLocal.isInstalled() ? DEFAULT_TABLES_PORT : ServerFlags.OFF);
        ServerFlags.checkPortsDiffer(main, tls, tables);
        ServerFlags.checkHost(host, allowAnonymous || credentials != null);
        Path folder = data.toAbsolutePath().normalize();
        ServerFlags.checkData(folder);
        StreamServer.Builder server = builder(folder, main, tls);
        // The child first: it takes longer, and a port in use is told before anything is written.
        Optional<TablesProcess> dynamoDb = tables.isEmpty()
                ? Optional.empty()
                : Optional.of(startTables(folder.resolve("dynamodb"), tables.getAsInt()));
        StreamServer streams;
        try {
            streams = startStreams(server, main, tls);
        } catch (RuntimeException e) {
            dynamoDb.ifPresent(TablesProcess::close);
            throw e;
        }
        try (GracefulStop stop = GracefulStop.install(CommandFailure.OK, () -> close(streams, dynamoDb))) {
            announce(streams, dynamoDb, folder);
            dynamoDb.ifPresent(process -> process.keepRunning(stop::awaitIfBegun));
            // Only a signal ends the server, tables or not.
            return new CompletableFuture<Integer>().join();
        }
    }

    private static void close(StreamServer streams, Optional<TablesProcess> dynamoDb) {
        streams.close();
        dynamoDb.ifPresent(TablesProcess::close);
    }

    private static TablesProcess startTables(Path folder, int port) {
        try {
            return TablesProcess.start(folder, port);
        } catch (DynamoDbLocalException e) {
            throw e.isPortTaken()
                    ? CommandFailure.failed(ServerFlags.DYNAMODB_PORT + ": " + e.getMessage() + ", or give off", e)
                    : e;
        }
    }

    /** Everything that can be wrong with the flags is told here, before anything is started or written. */
    private StreamServer.Builder builder(Path folder, int main, OptionalInt tls) {
        StreamServer.Builder builder = StreamServer.builder()
                .host(host)
                .port(main)
                .dataDirectory(folder)
                .fsync(fsync)
                .quotas(quotas)
                .transitionTime(transitionTime)
                .account(region, account);
        if (faults != null) {
            try {
                builder.faults(faults);
            } catch (IllegalArgumentException unreadable) {
                throw CommandFailure.usage("--faults: " + unreadable.getMessage());
            }
        }
        named("--cors", cors, builder::cors);
        named("--server-name", serverNames, builder::serverName);
        if (encryptionKey != null) {
            builder.encryptionKey(encryptionKey);
        }
        tls.ifPresent(builder::tlsPort);
        if (allowAnonymous) {
            builder.allowAnonymous();
        }
        if (setAsideDamaged) {
            builder.setAsideDamaged();
        }
        secure(builder);
        return builder;
    }

    private static void named(String flag, List<String> values, Consumer<String> setting) {
        try {
            values.forEach(setting);
        } catch (IllegalArgumentException wrong) {
            throw CommandFailure.usage(flag + ": " + wrong.getMessage());
        }
    }

    private static StreamServer startStreams(StreamServer.Builder server, int main, OptionalInt tls) {
        try {
            return server.start();
        } catch (StreamServerException e) {
            throw ServerFlags.named(e, main, tls);
        }
    }

    private void secure(StreamServer.Builder builder) {
        if (credentials != null) {
            builder.credentials(credentials);
        }
        if (credentialsRequired) {
            builder.credentialsRequired();
        }
        if (tlsCertificate != null && tlsKey != null) {
            builder.tlsFiles(tlsCertificate, tlsKey);
        }
        if (ServerFlags.OFF.equals(audit)) {
            builder.withoutAudit();
        } else if (audit != null) {
            builder.audit(Path.of(audit));
        }
    }

    private void refuseWhatDoesNotFit() {
        if (credentials != null && allowAnonymous) {
            throw CommandFailure.usage("--credentials verifies everybody, --allow-anonymous nobody: give one of them");
        }
        if (credentials == null && credentialsRequired) {
            throw CommandFailure.usage(
                    "--credentials-required says what happens without the file of --credentials: give both");
        }
        if (credentials != null && !cors.isEmpty()) {
            throw CommandFailure.usage(
                    "--cors is for servers without --credentials: with them pages of every origin may ask,"
                            + " since they have no key");
        }
        if ((tlsCertificate == null) != (tlsKey == null)) {
            throw CommandFailure.usage("--tls-cert and --tls-key belong together");
        }
        if (port != null && (port < 0 || port > 65535)) {
            throw CommandFailure.usage("--port is 0 to 65535, not " + port);
        }
    }

    private void announce(StreamServer streams, Optional<TablesProcess> dynamoDb, Path folder) {
        String tables = dynamoDb.map(local -> local.endpoint().toString()).orElse(null);
        if (json) {
            terminal.line(new JsonObject()
                    .put("kinesis", streams.endpoint())
                    .put("kinesisTls", streams.tlsEndpoint())
                    .put("dynamodb", tables)
                    .put("data", folder)
                    .toString());
            return;
        }
        terminal.line("streams   " + streams.endpoint());
        terminal.line("streams   " + streams.tlsEndpoint());
        if (tables != null) {
            terminal.line("dynamodb  " + tables);
        }
        terminal.line("data      " + folder);
        terminal.line("");
        terminal.line(
                credentials == null
                        ? "# for AWS SDKs, the AWS CLI and boto3 (the keys are not checked, but clients want some):"
                        : "# for AWS SDKs, the AWS CLI and boto3, with a key and its secret from " + credentials + ":");
        terminal.line("export AWS_ENDPOINT_URL_KINESIS=" + streams.endpoint());
        if (tables != null) {
            terminal.line("export AWS_ENDPOINT_URL_DYNAMODB=" + tables);
        }
        terminal.line("export AWS_REGION=" + region + " AWS_DEFAULT_REGION=" + region);
        terminal.line(
                credentials == null
                        ? "export AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local"
                        : "export AWS_ACCESS_KEY_ID=... AWS_SECRET_ACCESS_KEY=...");
    }
}
