package io.millrace.streamcore.stream;

import static java.util.Objects.requireNonNull;

import io.millrace.model.Bytes;
import io.millrace.streamcore.log.LogEngine;
import io.millrace.streamcore.log.MetaChange;
import io.millrace.streamcore.log.MetaStore;
import io.millrace.streamcore.stream.account.Account;
import io.millrace.streamcore.stream.watch.StreamsContext;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Function;

/**
 * The streams of every account in every region, in one storage. Each account has a {@link Streams} of its own, made when
 * it is asked for first; an account without streams costs some memory and no thread. Safe for any thread.
 *
 * <p>The storage remembers which account it was made for. What a server that knew one account only has kept belongs to
 * the account that the storage is opened for first.
 */
public final class AccountStreams implements AutoCloseable {
    private static final String FIRST_KEY = "account/first";
    /** The service has some forty regions; without credentials a client can name any number of them. */
    private static final int MOST = 256;

    private final StreamsSettings settings;
    private final Function<Account, StreamsContext> contexts;
    private final LogEngine engine;
    private final CatalogTurn turn;
    private final ConcurrentMap<Account, DurableStreams> known = new ConcurrentHashMap<>();

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
            DurableStreams.unwrapped(streams.openAll());
            return streams;
        } catch (RuntimeException e) {
            DurableStreams.unwrapped(streams.closeAll().handle((ok, alsoFailed) -> null));
            throw e;
        }
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
        return DurableStreams.open(settingsOf(account), contexts.apply(account), share, turn)
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
                throw Refusals.unreadable(settings.directory(), FIRST_KEY, e);
            }
        }
        Account first = new Account(settings.region(), settings.account());
        Bytes text = Bytes.utf8(first.region() + "/" + first.id());
        var unused = DurableStreams.unwrapped(engine.meta().commit(MetaChange.put(FIRST_KEY, 0, text)));
        return first;
    }

    private Optional<Account> owner(String key) {
        try {
            return AccountShare.ownerOf(key);
        } catch (IllegalArgumentException e) {
            throw Refusals.unreadable(settings.directory(), key, e);
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
                added -> DurableStreams.empty(
                        settingsOf(added), contexts.apply(added), AccountShare.of(added, engine), turn));
    }

    /** Lets what was accepted become durable, then closes the storage. Blocks; not for the storage's own threads. */
    @Override
    public void close() {
        DurableStreams.unwrapped(closeAll());
    }

    private CompletableFuture<Void> closeAll() {
        List<CompletableFuture<Void>> closing =
                known.values().stream().map(DurableStreams::closeAsync).toList();
        turn.loop().close();
        return CompletableFuture.allOf(closing.toArray(CompletableFuture<?>[]::new))
                .thenCompose(closed -> turn.loop().closed())
                .thenCompose(ended -> engine.close());
    }
}
