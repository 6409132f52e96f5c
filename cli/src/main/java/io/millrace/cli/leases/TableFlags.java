package io.millrace.cli.leases;

import io.millrace.cli.terminal.AwsAccess;
import io.millrace.cli.terminal.CommandFailure;
import io.millrace.cli.terminal.Seconds;
import io.millrace.lease.table.DynamoLeaseTable;
import io.millrace.runtime.Ticker;
import java.time.Duration;
import picocli.CommandLine.Option;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;

/** The flags that say which table and how patient to be. */
final class TableFlags {
    @Option(
            names = "--table",
            paramLabel = "T",
            defaultValue = DynamoLeaseTable.DEFAULT_NAME,
            description = "The DynamoDB table of the leases. Default: ${DEFAULT-VALUE}.")
    String table = DynamoLeaseTable.DEFAULT_NAME;

    @Option(
            names = "--failover",
            paramLabel = "SECONDS",
            defaultValue = "10",
            converter = Seconds.class,
            description = "The failover time of the application's workers: for how long heartbeats are watched before a"
                    + " worker counts as stopped. Default: 10.")
    Duration failover = Duration.ofSeconds(10);

    DynamoLeaseTable of(DynamoDbAsyncClient client, String application) {
        try {
            return new DynamoLeaseTable(client, table, application);
        } catch (IllegalArgumentException e) {
            throw CommandFailure.usage(String.valueOf(e.getMessage()));
        }
    }

    /** There is nothing of what was asked for, because there is no table or because of {@code otherwise}. */
    CommandFailure absent(TableView view, AwsAccess access, String otherwise) {
        return view.tableIsMissing() ? noTable(access) : CommandFailure.failed(otherwise + " in table '" + table + "'");
    }

    /** Fails where there is no such application. */
    void refuseAbsent(TableView view, AwsAccess access, String application) {
        if (view.control().streams().isEmpty() && view.leases().isEmpty()) {
            throw absent(view, access, "there is no application '" + application + "'");
        }
    }

    /** There is no such table. */
    CommandFailure noTable(AwsAccess access) {
        return CommandFailure.failed("there is no table '" + table + "' at " + access.dynamoDbPlace()
                + ": the first worker of an application makes it; --table names another");
    }

    TableView view(DynamoDbAsyncClient client, String application, Ticker ticker) {
        return new TableView(of(client, application), ticker, failover);
    }
}
