package io.millrace.cli;

import io.millrace.cli.streams.StreamAdmin;
import io.millrace.cli.terminal.AwsAccess;
import io.millrace.cli.terminal.CommandFailure;
import io.millrace.cli.terminal.ErrorLine;
import io.millrace.cli.terminal.JsonObject;
import io.millrace.cli.terminal.Terminal;
import io.millrace.model.ShardId;
import io.millrace.model.StreamArn;
import io.millrace.model.StreamName;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletionException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.Shard;
import software.amazon.awssdk.services.kinesis.model.StreamDescriptionSummary;

/** {@code millrace stream ...}: makes, shows, reshards and deletes streams, and waits until what it did is done. */
@Command(name = "stream", description = "Create, list, describe, split, merge, scale or delete streams.")
final class StreamCommand implements Runnable {
    private final Terminal terminal;
    private final AwsAccess access;

    @Spec
    private CommandSpec spec;

    StreamCommand(Terminal terminal, AwsAccess access) {
        this.terminal = terminal;
        this.access = access;
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "a subcommand is missing: create, list, describe ...");
    }

    @Command(description = "Create a stream and wait until it takes records.")
    int create(
            @Parameters(paramLabel = "NAME", description = "The stream.") String name,
            @Option(names = "--shards", required = true, paramLabel = "N", description = "How many shards.") int shards,
            @Option(names = "--json", description = "Print the stream as JSON.") boolean json) {
        checkName(name);
        if (name.indexOf(':') >= 0) {
            throw CommandFailure.usage("a new stream is made by its name, in the account and region that are set");
        }
        checkShards(shards);
        return with(streams -> {
            streams.create(name, shards);
            show(streams, name, json, "created");
            return CommandFailure.OK;
        });
    }

    @Command(description = "List the streams, one name a line.")
    int list(@Option(names = "--json", description = "Print one JSON object a line.") boolean json) {
        return with(streams -> {
            for (String name : streams.names()) {
                terminal.line(json ? new JsonObject().put("name", name).toString() : name);
            }
            return CommandFailure.OK;
        });
    }

    @Command(description = "Show a stream and its shards.")
    int describe(
            @Parameters(paramLabel = "NAME|ARN", description = "The stream.") String name,
            @Option(names = "--json", description = "Print one JSON object.") boolean json) {
        checkName(name);
        return with(streams -> {
            print(streams, name, json, null);
            return CommandFailure.OK;
        });
    }

    @Command(description = "Split a shard in two halves.")
    int split(
            @Parameters(paramLabel = "NAME|ARN", description = "The stream.") String name,
            @Parameters(paramLabel = "SHARD", description = "Its id, or just its number.") String shard,
            @Option(names = "--json", description = "Print the stream as JSON.") boolean json) {
        checkName(name);
        return with(streams -> {
            streams.split(name, shardId(shard));
            show(streams, name, json, "split");
            return CommandFailure.OK;
        });
    }

    @Command(description = "Merge two neighbouring shards into one.")
    int merge(
            @Parameters(paramLabel = "NAME|ARN", description = "The stream.") String name,
            @Parameters(paramLabel = "SHARD", description = "A shard's id, or just its number.") String first,
            @Parameters(paramLabel = "SHARD", description = "Its neighbour.") String second,
            @Option(names = "--json", description = "Print the stream as JSON.") boolean json) {
        checkName(name);
        return with(streams -> {
            streams.merge(name, shardId(first), shardId(second));
            show(streams, name, json, "merged");
            return CommandFailure.OK;
        });
    }

    @Command(description = "Bring a stream to N evenly sized open shards by splits and merges.")
    int scale(
            @Parameters(paramLabel = "NAME|ARN", description = "The stream.") String name,
            @Option(names = "--shards", required = true, paramLabel = "N", description = "How many shards.") int shards,
            @Option(names = "--json", description = "Print the stream as JSON.") boolean json) {
        checkName(name);
        checkShards(shards);
        return with(streams -> {
            streams.scale(name, shards, step -> terminal.progress("scaling " + name + ": " + step));
            show(streams, name, json, "scaled");
            return CommandFailure.OK;
        });
    }

    @Command(description = "Delete a stream with all its records.")
    int delete(@Parameters(paramLabel = "NAME|ARN", description = "The stream.") String name) {
        checkName(name);
        return with(streams -> {
            streams.delete(name);
            terminal.line("deleted " + name);
            return CommandFailure.OK;
        });
    }

    private int with(Function<StreamAdmin, Integer> body) {
        try (KinesisAsyncClient kinesis = access.kinesis()) {
            return body.apply(new StreamAdmin(kinesis));
        }
    }

    /** Shows what has become of the stream; where that cannot be seen, that it was done all the same. */
    private void show(StreamAdmin streams, String name, boolean json, String done) {
        try {
            print(streams, name, json, done);
        } catch (CompletionException e) {
            if (json) {
                throw CommandFailure.after(done + " " + name + ", but it cannot be shown", e);
            }
            terminal.line(done + " " + name);
            terminal.note("millrace: the stream cannot be shown: " + new ErrorLine(access).of(e));
        }
    }

    private void print(StreamAdmin streams, String name, boolean json, @Nullable String what) {
        StreamDescriptionSummary summary = streams.summary(name);
        List<Shard> shards = streams.shards(name);
        if (json) {
            terminal.line(json(summary, shards).toString());
            return;
        }
        terminal.line((what == null ? "" : what + " ") + name + ": " + summary.streamStatusAsString() + ", "
                + summary.openShardCount() + " open of " + shards.size() + " shards");
        if (what == null) {
            for (Shard shard : shards) {
                terminal.line("  " + describe(shard));
            }
        }
    }

    private static String describe(Shard shard) {
        StringBuilder line = new StringBuilder(shard.shardId());
        line.append(StreamAdmin.isOpen(shard) ? "  open  " : "  closed");
        line.append(String.format(Locale.ROOT, "  %5.1f %%", percent(shard)));
        if (!parents(shard).isEmpty()) {
            line.append("  from ").append(String.join(" and ", parents(shard)));
        }
        return line.toString();
    }

    private static JsonObject json(StreamDescriptionSummary summary, List<Shard> shards) {
        List<JsonObject> list = new ArrayList<>();
        for (Shard shard : shards) {
            list.add(new JsonObject()
                    .put("shard", shard.shardId())
                    .put("open", StreamAdmin.isOpen(shard))
                    .put("parents", parents(shard))
                    .put("startingHashKey", shard.hashKeyRange().startingHashKey())
                    .put("endingHashKey", shard.hashKeyRange().endingHashKey())
                    .put("startingSequenceNumber", shard.sequenceNumberRange().startingSequenceNumber())
                    .put("endingSequenceNumber", shard.sequenceNumberRange().endingSequenceNumber()));
        }
        return new JsonObject()
                .put("name", summary.streamName())
                .put("arn", summary.streamARN())
                .put("status", summary.streamStatusAsString())
                .put("created", summary.streamCreationTimestamp())
                .put("retentionHours", summary.retentionPeriodHours())
                .put("openShards", summary.openShardCount())
                .put("shards", list);
    }

    private static List<String> parents(Shard shard) {
        List<String> parents = new ArrayList<>();
        if (shard.parentShardId() != null) {
            parents.add(shard.parentShardId());
        }
        if (shard.adjacentParentShardId() != null) {
            parents.add(shard.adjacentParentShardId());
        }
        parents.sort(Comparator.naturalOrder());
        return parents;
    }

    private static double percent(Shard shard) {
        BigInteger start = new BigInteger(shard.hashKeyRange().startingHashKey());
        BigInteger end = new BigInteger(shard.hashKeyRange().endingHashKey());
        return end.subtract(start).doubleValue() / Math.pow(2, 128) * 100;
    }

    private static String shardId(String text) {
        return text.matches("[0-9]{1,9}") ? ShardId.of(Integer.parseInt(text)).value() : text;
    }

    /** Refuses what is neither a name nor an ARN. */
    static void checkName(String name) {
        try {
            if (StreamArn.isMeant(name)) {
                StreamArn.parse(name);
            } else {
                new StreamName(name);
            }
        } catch (IllegalArgumentException e) {
            throw CommandFailure.usage(String.valueOf(e.getMessage()));
        }
    }

    private static void checkShards(int shards) {
        if (shards < 1 || shards > 10_000) {
            throw CommandFailure.usage("--shards is 1 to 10000, not " + shards);
        }
    }
}
