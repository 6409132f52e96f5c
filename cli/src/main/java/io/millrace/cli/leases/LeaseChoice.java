package io.millrace.cli.leases;

import io.millrace.cli.terminal.AwsAccess;
import io.millrace.cli.terminal.CommandFailure;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.table.LeaseRow;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The one lease that a person means.
 *
 * @param shard a shard's id, or {@code STREAM/ID}
 * @param streamOrNull the stream; absent where the shard says it all
 */
record LeaseChoice(String shard, @Nullable String streamOrNull) {
    /** True when {@code lease} may be meant. */
    boolean has(LeaseKey lease) {
        boolean isOfStream = streamOrNull == null || lease.stream().value().equals(streamOrNull);
        return isOfStream
                && (lease.toString().equals(shard) || lease.shard().value().equals(shard));
    }

    /** That lease; fails with one line where there is none, or several. */
    LeaseRow one(TableView view, TableFlags flags, AwsAccess access, String application) {
        List<LeaseRow> chosen =
                view.leases().stream().filter(lease -> has(lease.key())).toList();
        if (chosen.isEmpty()) {
            throw flags.absent(view, access, "application '" + application + "' has no lease of " + shard);
        }
        if (chosen.size() > 1) {
            throw CommandFailure.usage("several streams have a shard " + shard + ", say which with --stream NAME");
        }
        return chosen.get(0);
    }
}
