package io.millrace.streamcore.stream.accounts;

import static java.util.Objects.requireNonNull;

import io.millrace.model.Bytes;
import io.millrace.streamcore.log.LogEngine;
import io.millrace.streamcore.log.MetaChange;
import io.millrace.streamcore.log.MetaStore;
import io.millrace.streamcore.log.ShardLog;
import io.millrace.streamcore.stream.account.Account;
import java.nio.file.Path;
import java.util.AbstractMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The part of a storage that belongs to one account: its keys begin with {@code at/REGION/ACCOUNT/} in the catalog, and
 * its logs' names end with {@code @REGION@ACCOUNT}. The account that the storage was made for has neither, so that what a
 * server for one account kept is that account's. Closing it closes nothing: the storage is everybody's.
 */
final class AccountShare implements LogEngine {
    private static final String OTHERS = "at/";
    private static final char SEPARATOR = '@';

    private final LogEngine engine;
    private final String keyPrefix;
    private final String logSuffix;
    private final Keys keys = new Keys();

    private AccountShare(LogEngine engine, String keyPrefix, String logSuffix) {
        this.engine = requireNonNull(engine, "engine");
        this.keyPrefix = keyPrefix;
        this.logSuffix = logSuffix;
    }

    /** The part of the account that the storage was made for. */
    static AccountShare ofFirst(LogEngine engine) {
        return new AccountShare(engine, "", "");
    }

    /** The part of any other account. */
    static AccountShare of(Account account, LogEngine engine) {
        return new AccountShare(
                engine,
                OTHERS + account.region() + "/" + account.id() + "/",
                SEPARATOR + account.region() + SEPARATOR + account.id());
    }

    /** The account that a key of the storage belongs to; empty for the first account's. */
    static Optional<Account> ownerOf(String key) {
        if (!key.startsWith(OTHERS)) {
            return Optional.empty();
        }
        String[] parts = key.split("/", 4);
        if (parts.length < 4) {
            throw new IllegalArgumentException("no key of an account: " + key);
        }
        return Optional.of(new Account(parts[1], parts[2]));
    }

    @Override
    public MetaStore meta() {
        return keys;
    }

    @Override
    public CompletableFuture<ShardLog> open(String name) {
        return engine.open(name + logSuffix);
    }

    @Override
    public CompletableFuture<ShardLog> openExisting(String name) {
        return engine.openExisting(name + logSuffix);
    }

    @Override
    public CompletableFuture<List<String>> names() {
        return engine.names()
                .thenApply(
                        all -> all.stream().flatMap(name -> own(name).stream()).toList());
    }

    @Override
    public CompletableFuture<Path> setAside(String name, Bytes note) {
        return engine.setAside(name + logSuffix, note);
    }

    @Override
    public CompletableFuture<Void> drop(String name) {
        return engine.drop(name + logSuffix);
    }

    /** Nothing to do: whoever opened the storage closes it. */
    @Override
    public CompletableFuture<Void> close() {
        return CompletableFuture.completedFuture(null);
    }

    /** A stream's name and its creation time have one separator between them, another account's logs have two more. */
    private Optional<String> own(String logName) {
        if (logSuffix.isEmpty()) {
            return logName.chars().filter(one -> one == SEPARATOR).count() > 1
                    ? Optional.empty()
                    : Optional.of(logName);
        }
        return logName.endsWith(logSuffix)
                ? Optional.of(logName.substring(0, logName.length() - logSuffix.length()))
                : Optional.empty();
    }

    /** The keys of this account, under the names that they would have in a storage of its own. */
    private final class Keys implements MetaStore {
        @Override
        public Map<String, MetaStore.Entry> entries() {
            return new View(engine.meta().entries());
        }

        @Override
        public CompletableFuture<Long> commit(MetaChange change) {
            if (keyPrefix.isEmpty()) {
                return engine.meta().commit(change);
            }
            return engine.meta()
                    .commit(new MetaChange(change.parts().stream()
                            .map(part -> new MetaChange.Part(
                                    keyPrefix + part.key(), part.expectedVersion(), part.valueOrNull()))
                            .toList()));
        }
    }

    /** Looking a key up costs what it costs below; only going through all of them looks at those of others. */
    private final class View extends AbstractMap<String, MetaStore.Entry> {
        private final Map<String, MetaStore.Entry> all;

        View(Map<String, MetaStore.Entry> all) {
            this.all = all;
        }

        @Override
        public MetaStore.@Nullable Entry get(@Nullable Object key) {
            return all.get(keyPrefix + key);
        }

        @Override
        public boolean containsKey(@Nullable Object key) {
            return all.containsKey(keyPrefix + key);
        }

        @Override
        public Set<Map.Entry<String, MetaStore.Entry>> entrySet() {
            return all.entrySet().stream()
                    .filter(entry -> keyPrefix.isEmpty()
                            ? !entry.getKey().startsWith(OTHERS)
                            : entry.getKey().startsWith(keyPrefix))
                    .map(entry -> Map.entry(entry.getKey().substring(keyPrefix.length()), entry.getValue()))
                    .collect(Collectors.toCollection(LinkedHashSet::new));
        }
    }
}
