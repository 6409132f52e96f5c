package io.millrace.cli;

import io.millrace.cli.terminal.AwsAccess;
import io.millrace.cli.terminal.JsonObject;
import io.millrace.cli.terminal.Terminal;
import io.millrace.streamcore.FolderBackup;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code millrace server backup}: copies the data folder of a server that runs, or does not. */
@Command(
        name = "backup",
        description = {
            "Back up the data folder of a server, while it runs or not: every record that was acknowledged before is in it.",
            "The backup is a data folder itself: to restore it, copy it and start a server with the copy."
        })
final class ServerBackupCommand implements Callable<Integer> {
    private final Terminal terminal;

    @Parameters(paramLabel = "DIR", description = "The server's data folder.")
    private Path data;

    @Option(
            names = "--to",
            required = true,
            paramLabel = "DIR",
            description = "The backup's folder, which must not exist.")
    private Path target;

    @Option(
            names = "--encryption-key",
            paramLabel = "FILE",
            description =
                    "The key that encrypted streams are kept with, if the server was given one. It is read, not copied.")
    private @Nullable Path encryptionKey;

    @Option(names = "--json", description = "Print the outcome as JSON.")
    private boolean json;

    ServerBackupCommand(Terminal terminal, AwsAccess access) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() {
        FolderBackup.Report report = FolderBackup.make(data, target, encryptionKey);
        if (json) {
            terminal.line(new JsonObject()
                    .put("backup", target)
                    .put("streams", report.streams())
                    .put("files", report.files())
                    .put("bytes", report.bytes())
                    .put("hasEncryptionKey", report.hasKey())
                    .toString());
            return 0;
        }
        terminal.line(String.format(
                Locale.ROOT,
                "%s: streams %,d, files %,d, bytes %,d",
                target,
                report.streams(),
                report.files(),
                report.bytes()));
        if (report.hasKey()) {
            terminal.note(
                    "millrace: the key of encrypted streams is in the backup, as in the data folder: keep it as safe");
        }
        if (Files.isDirectory(data.resolve("dynamodb"))) {
            terminal.note("millrace: DynamoDB Local's tables are not in the backup: stop the server and copy "
                    + data.resolve("dynamodb"));
        }
        return 0;
    }
}
