package io.millrace.streamcore.stream.accounts;

import static java.util.Objects.requireNonNull;

import io.millrace.model.Bytes;
import io.millrace.streamcore.log.LogEngine;
import io.millrace.streamcore.log.MetaChange;
import io.millrace.streamcore.log.MetaStore;
import io.millrace.streamcore.stream.StreamException;
import io.millrace.streamcore.stream.Streams;
import io.millrace.streamcore.stream.StreamsSettings;
import io.millrace.streamcore.stream.account.Account;
import io.millrace.streamcore.stream.account.CatalogTurn;
import io.millrace.streamcore.stream.watch.StreamsContext;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The streams of every account in every region, in one storage. Each account has a {@link Streams} of its own, made when
 * it is asked for first; an account without streams costs some memory and no thread. Safe for any thread.
 *
 * <p>The storage remembers which account it was made for. What a server that knew one account only has kept belongs to
 * the account that the storage is opened for first.
 */
public final class AccountStreams implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(AccountStreams.class);
    private static final String FIRST_KEY = "account/first";
    /** The service has some forty regions; without credentials a client can name any number of them. */
    private static final int MOST = 256;

    private final StreamsSettings settings;
    private final Function<Account, StreamsContext> contexts;
    private final LogEngine engine;
    private final CatalogTurn turn;
    private final ConcurrentMap<Account, Streams> known = new ConcurrentHashMap<>();

    private AccountStreams(StreamsSettings settings, Function<Account, StreamsContext> contexts, LogEngine engine) {
        this.settings = requireNonNull(settings, "settings");
        this.contexts = requireNonNull(contexts, "contexts");
        this.engine = requireNonNull(engine, "engine");
        this.turn = CatalogTurn.on(settings.platform());
    }

    /**
     * Opens everything that {@code engine} keeps, which is then theirs to close. Blocks: call it while starting.
     *
     * @param settings those of each account; their region and account are whose the storage is where it does not say
     * @param contexts what is shared around the streams of an account
     * @throws io.millrace.streamcore.log.LogException if it cannot be used or is damaged
     */
    public static AccountStreams open(
            StreamsSettings settings, Function<Account, StreamsContext> contexts, LogEngine engine) {
        AccountStreams streams = new AccountStreams(settings, contexts, engine);
        try {
            unwrapped(streams.openAll());
            return streams;
        } catch (RuntimeException e) {
            streams.close();
            throw e;
        }
    }

    /**
     * Opens the log of every stream of every account that {@code engine} keeps, and changes nothing: whoever can do this can serve
     * them. Blocks.
     *
     * @param directory where all this is, for messages
     * @return how many streams there are
     * @throws io.millrace.streamcore.log.LogException if something is damaged or missing
     */
    public static int openLogs(LogEngine engine, Path directory) {
        int streams = unwrapped(Streams.openLogs(AccountShare.ofFirst(engine), directory));
        Set<Account> accounts = new LinkedHashSet<>();
        for (String key : engine.meta().entries().keySet()) {
            try {
                AccountShare.ownerOf(key).ifPresent(accounts::add);
            } catch (IllegalArgumentException e) {
                throw unreadable(key, directory, e);
            }
        }
        for (Account account : accounts) {
            streams += unwrapped(Streams.openLogs(AccountShare.of(account, engine), directory));
        }
        return streams;
    }

    private CompletableFuture<Void> openAll() {
        Account first = first();
        Set<Account> others = new LinkedHashSet<>();
        engine.meta().entries().keySet().forEach(key -> owner(key).ifPresent(others::add));
        // One after the other: what fails first is what is told.
        CompletableFuture<Void> opening = open(first, AccountShare.ofFirst(engine));
        for (Account account : others) {
            opening = opening.thenCompose(opened -> open(account, AccountShare.of(account, engine)));
        }
        return opening;
    }

    private CompletableFuture<Void> open(Account account, AccountShare share) {
        return Streams.open(settingsOf(account), contexts.apply(account), share, turn)
                .thenAccept(opened -> known.put(account, opened));
    }

    /** The account whose keys and logs have no mark, noted so that it stays the same whatever the settings say later. */
    private Account first() {
        MetaStore.Entry kept = engine.meta().entries().get(FIRST_KEY);
        if (kept != null) {
            String[] parts = StandardCharsets.UTF_8
                    .decode(kept.value().asByteBuffer())
                    .toString()
                    .split("/", -1);
            try {
                return new Account(parts[0], parts.length == 2 ? parts[1] : "");
            } catch (IllegalArgumentException e) {
                throw unreadable(FIRST_KEY, e);
            }
        }
        Account first = new Account(settings.region(), settings.account());
        Bytes text = Bytes.utf8(first.region() + "/" + first.id());
        // A full disk keeps nobody from reading: then it is noted at the next start.
        var unused = unwrapped(
                engine.meta().commit(MetaChange.put(FIRST_KEY, 0, text)).exceptionally(error -> {
                    log.warn("The catalog cannot note that its streams are of {}: {}", first, error.toString());
                    return 0L;
                }));
        return first;
    }

    private Optional<Account> owner(String key) {
        try {
            return AccountShare.ownerOf(key);
        } catch (IllegalArgumentException e) {
            throw unreadable(key, e);
        }
    }

    private StreamsSettings settingsOf(Account account) {
        return settings.withRegionAndAccount(account.region(), account.id());
    }

    /** The streams of an account that has been asked for before, or has any; empty otherwise. */
    public Optional<Streams> find(Account account) {
        return Optional.ofNullable(known.get(account));
    }

    /**
     * The streams of an account.
     *
     * @throws StreamException (LIMIT_EXCEEDED) where this server has served too many accounts and regions already
     */
    public Streams of(Account account) throws StreamException {
        Streams found = known.get(account);
        if (found != null) {
            return found;
        }
        if (known.size() >= MOST) {
            throw new StreamException(
                    StreamException.Kind.LIMIT_EXCEEDED,
                    "This server serves at most " + MOST + " accounts and regions, and none more: " + account + ".");
        }
        // Whoever had streams was opened at the start.
        return known.computeIfAbsent(
                account,
                added -> Streams.empty(settingsOf(added), contexts.apply(added), AccountShare.of(added, engine), turn));
    }

    private StreamException unreadable(String key, IllegalArgumentException why) {
        return unreadable(key, settings.directory(), why);
    }

    private static StreamException unreadable(String key, Path directory, IllegalArgumentException why) {
        return new StreamException(
                StreamException.Kind.INTERNAL_FAILURE,
                "cannot read the entry " + key + " in " + directory + ": " + why.getMessage());
    }

    /** Lets what was accepted become durable, then closes the storage. Blocks; not for the storage's own threads. */
    @Override
    public void close() {
        // Their changes share a loop, which ends with the first.
        known.values().forEach(Streams::close);
        turn.loop().close();
        unwrapped(turn.loop().closed().thenCompose(ended -> engine.close()));
    }

    /** Waits for an outcome and throws what it failed with, not what that was wrapped in. */
    private static <T> T unwrapped(CompletableFuture<T> future) {
        try {
            return future.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : e;
        }
    }
}
