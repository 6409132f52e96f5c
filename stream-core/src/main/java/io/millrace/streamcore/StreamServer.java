package io.millrace.streamcore;

import static java.util.Objects.requireNonNull;

import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.runtime.Platform;
import io.millrace.runtime.SystemPlatform;
import io.millrace.streamcore.api.ApiOptions;
import io.millrace.streamcore.api.KinesisApi;
import io.millrace.streamcore.api.auth.CredentialsFile;
import io.millrace.streamcore.api.call.ApiHandler;
import io.millrace.streamcore.api.call.ApiRequest;
import io.millrace.streamcore.api.call.TokenSeal;
import io.millrace.streamcore.api.faults.FaultPlan;
import io.millrace.streamcore.api.faults.Faults;
import io.millrace.streamcore.api.operate.Health;
import io.millrace.streamcore.api.operate.MemoryShortage;
import io.millrace.streamcore.api.operate.OperatorPages;
import io.millrace.streamcore.api.push.PushSettings;
import io.millrace.streamcore.http.HttpLimits;
import io.millrace.streamcore.http.HttpServer;
import io.millrace.streamcore.http.HttpSettings;
import io.millrace.streamcore.http.Refusals;
import io.millrace.streamcore.log.FsyncPolicy;
import io.millrace.streamcore.log.LogEngine;
import io.millrace.streamcore.log.LogException;
import io.millrace.streamcore.log.LogProbe;
import io.millrace.streamcore.log.LogSettings;
import io.millrace.streamcore.log.disk.DiskLogEngine;
import io.millrace.streamcore.metrics.ServerMetrics;
import io.millrace.streamcore.stream.StreamException;
import io.millrace.streamcore.stream.StreamsSettings;
import io.millrace.streamcore.stream.account.Account;
import io.millrace.streamcore.stream.accounts.AccountStreams;
import io.millrace.streamcore.stream.quota.QuotaMode;
import io.millrace.streamcore.stream.quota.Quotas;
import io.millrace.streamcore.stream.watch.StreamsContext;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A running stream server: real Kinesis clients use it by setting an endpoint. Every port takes HTTP/1.1 and HTTP/2,
 * plain and over TLS; with a credentials file every signature is verified. Safe for any thread.
 *
 * <pre>{@code
 * try (StreamServer server = StreamServer.builder().port(0).dataDirectory(folder).start()) {
 *     KinesisAsyncClient.builder().endpointOverride(server.endpoint()) ...
 * }
 * }</pre>
 */
public final class StreamServer implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(StreamServer.class);
    private static final String KEY_FILE = "tokens.key";
    private static final String AUDIT_FILE = "audit.log";

    private final Parts parts;
    private final AtomicBoolean isClosed = new AtomicBoolean();

    private StreamServer(Parts parts) {
        this.parts = parts;
    }

    /** A server with every setting at its default; see the methods of {@link Builder}. */
    public static Builder builder() {
        return new Builder();
    }

    /** Where plain requests go; TLS is welcome on the same port. */
    public URI endpoint() {
        return uri("http", parts.http.main());
    }

    /** Where requests over TLS go: the TLS port if there is one, else the same port as {@link #endpoint}. */
    public URI tlsEndpoint() {
        return uri("https", parts.http.second().orElse(parts.http.main()));
    }

    /** What the server counts; the same that its page {@code /metrics} shows. */
    public MeterRegistry metrics() {
        return parts.metrics.registry();
    }

    /**
     * Takes no new connections, answers the requests in hand, makes what was accepted durable and closes the storage.
     * Blocks until done; does nothing when called again.
     */
    @Override
    public void close() {
        if (isClosed.compareAndSet(false, true)) {
            parts.gate.drain();
            parts.http.server().close();
            parts.api.close();
            parts.streams.close();
            parts.metrics.close();
            parts.security.close();
            parts.folder.close();
        }
    }

    private static URI uri(String scheme, InetSocketAddress address) {
        String host = address.getAddress().getHostAddress();
        String inUri = host.contains(":") ? "[" + host + "]" : host;
        return URI.create(scheme + "://" + inUri + ":" + address.getPort());
    }

    /** Opens what keeps streams. */
    @FunctionalInterface
    interface Storage {
        LogEngine open(StreamsSettings settings, LogProbe probe);
    }

    /** What a server is made of, in the order of its closing. */
    private record Parts(
            Gate gate,
            HttpServer.Bound http,
            KinesisApi api,
            AccountStreams streams,
            ServerMetrics metrics,
            ServerSecurity security,
            DataFolder folder) {}

    /** Collects settings. Belongs to one thread. */
    public static final class Builder {
        private String host = "127.0.0.1";
        private int port = 4567;
        private OptionalInt tlsPort = OptionalInt.empty();
        private HttpSettings.@Nullable PemFiles pem;
        private @Nullable Path dataDirectory;
        private boolean allowsAnonymous;
        private final Set<String> hostNames = new TreeSet<>();
        private final Set<String> corsOrigins = new TreeSet<>();
        private @Nullable Path credentials;
        private CredentialsFile.WhenGone whenGone = CredentialsFile.WhenGone.KEYS_STAY_VALID;
        private boolean isAudited = true;
        private @Nullable Path audit;
        private Account account = Account.USUAL;
        private HttpLimits limits = HttpLimits.DEFAULT;
        private final MemoryShortage shortage = new MemoryShortage(new SystemPlatform().ticker());
        private Platform platform = new SystemPlatform(this::taskFailed);
        private PushSettings push = PushSettings.DEFAULTS;
        private FsyncPolicy fsync = FsyncPolicy.ALWAYS;
        private @Nullable Duration transitionTime;
        /** How many streams the service makes at a time; like its other limits this one holds with quotas alone. */
        private static final int MOST_CREATING = 5;

        private QuotaMode quotas = QuotaMode.OFF;
        private @Nullable FaultPlan faults;
        private boolean setsAsideDamaged;
        private @Nullable Path encryptionKey;
        private Storage storage = (settings, probe) ->
                DiskLogEngine.open(settings.directory(), settings.log(), probe, settings.platform());

        private Builder() {}

        /** The address to bind; default 127.0.0.1. Others than the loopback's need {@link #credentials} or {@link #allowAnonymous}. */
        public Builder host(String value) {
            host = requireNonNull(value, "host");
            return this;
        }

        /** The port that takes everything, 0 for a free one; default 4567. */
        public Builder port(int value) {
            port = value;
            return this;
        }

        /** A second port, for clients that expect TLS on a port of its own, 0 for a free one; default none. */
        public Builder tlsPort(int value) {
            tlsPort = OptionalInt.of(value);
            return this;
        }

        /**
         * The certificate chain and PKCS #8 key for TLS, both PEM; default a self-signed one made at start. Both are read again when
         * they change; while they do not fit the ones read before stay in use.
         */
        public Builder tlsFiles(Path certificate, Path key) {
            pem = new HttpSettings.PemFiles(certificate, key);
            return this;
        }

        /** Where streams rest, made if it is missing; default a temporary folder that goes when the server closes. */
        public Builder dataDirectory(Path value) {
            dataDirectory = requireNonNull(value, "dataDirectory");
            return this;
        }

        /** When a record counts as durable and is acknowledged; default always, after an fsync. */
        public Builder fsync(FsyncPolicy value) {
            fsync = requireNonNull(value, "fsync");
            return this;
        }

        /**
         * Moves streams whose files are damaged to the folder {@code set-aside} and starts without them; default no: the
         * server then refuses to start. Nothing is deleted.
         */
        public Builder setAsideDamaged() {
            setsAsideDamaged = true;
            return this;
        }

        /**
         * The file of the key that encrypted streams are kept with: 32 bytes, raw, in hexadecimal or in base64, readable by
         * its owner only. Default {@code encryption.key} in the data directory, made when a stream is encrypted first;
         * whoever can read the folder can then read the records.
         */
        public Builder encryptionKey(Path value) {
            encryptionKey = requireNonNull(value, "encryptionKey");
            return this;
        }

        /**
         * How long a stream stays CREATING, UPDATING and DELETING; default that of {@link StreamsSettings}. With zero a call
         * is answered only when the stream has left that state.
         */
        public Builder transitionTime(Duration value) {
            transitionTime = requireNonNull(value, "transitionTime");
            return this;
        }

        /**
         * The limits of streams that have no setting of their own; default {@link QuotaMode#OFF}. A stream's tag
         * {@code millrace:quotas} goes before it.
         */
        public Builder quotas(QuotaMode value) {
            quotas = requireNonNull(value, "quotas");
            return this;
        }

        /** How subscriptions to shards behave; default {@link PushSettings#DEFAULTS}. */
        public Builder push(PushSettings value) {
            push = requireNonNull(value, "push");
            return this;
        }

        /**
         * Faults on purpose, for tests of client code; default none.
         *
         * @param specification such as {@code throttle=0.05,latency=20ms..200ms,PutRecords:internal=0.1,seed=7}
         * @throws IllegalArgumentException if it cannot be read, with a text for the user
         */
        public Builder faults(String specification) {
            faults = FaultPlan.parse(specification, KinesisApi.operations());
            return this;
        }

        /**
         * Verifies every request against the keys in this file, and lets each do what the file allows; read again when it
         * changes. Its form is in {@code docs/security.md}. Default none: everybody may do everything.
         */
        public Builder credentials(Path value) {
            credentials = requireNonNull(value, "credentials");
            return this;
        }

        /**
         * Lets no key be valid any more once the file of {@link #credentials} is taken away, until it is back; default no: its
         * keys then stay valid, and the server's health says so.
         */
        public Builder credentialsRequired() {
            whenGone = CredentialsFile.WhenGone.NO_KEY_IS_VALID;
            return this;
        }

        /**
         * The file for audit lines of what was done; default {@code audit.log} in the data directory. What was refused is in a file
         * beside it, with {@code -refused} before the ending of its name.
         */
        public Builder audit(Path value) {
            audit = requireNonNull(value, "audit");
            isAudited = true;
            return this;
        }

        /** Writes no audit lines; default is to write them. */
        public Builder withoutAudit() {
            isAudited = false;
            return this;
        }

        /** Lets the server listen beyond this machine although it does not verify who asks; default no. */
        public Builder allowAnonymous() {
            allowsAnonymous = true;
            return this;
        }

        /**
         * One more name that clients use for this server, besides {@code localhost}, addresses and {@link #host}. A server that
         * verifies nobody refuses requests for other names: a web page could have such a name point at this machine.
         *
         * @throws IllegalArgumentException if it is no host name, with a text for the user
         */
        public Builder serverName(String name) {
            hostNames.add(HostNames.checked(name));
            return this;
        }

        /**
         * Lets web pages of one more origin use a server that verifies nobody; default only pages of this machine, such as
         * {@code http://localhost:3000}. With {@link #credentials} pages of every origin may ask, because they have no key to
         * sign with.
         *
         * @param origin such as {@code https://example.com}, or {@code *} for every one
         * @throws IllegalArgumentException if it is no origin, with a text for the user
         */
        public Builder cors(String origin) {
            corsOrigins.add(WebOrigins.checked(origin));
            return this;
        }

        /**
         * The region and the twelve-digit account that streams belong to where nothing else is said; default us-east-1 and
         * 000000000000. A request's streams are those of the region that it is signed for, any region without
         * {@link #credentials}, this one only with; and of the account of its key, which the credentials file may give.
         * A folder that an earlier version kept is this account's if it was never opened by a version that knew several.
         */
        public Builder account(String region, String id) {
            account = new Account(region, id);
            return this;
        }

        /** What a client may take; default {@link HttpLimits#DEFAULT}. */
        public Builder limits(HttpLimits value) {
            limits = requireNonNull(value, "limits");
            return this;
        }

        /** What keeps streams; default files in the data directory. */
        Builder storage(Storage value) {
            storage = requireNonNull(value, "storage");
            return this;
        }

        /** Where time, randomness and threads come from; default the system. */
        public Builder platform(Platform value) {
            platform = requireNonNull(value, "platform");
            return this;
        }

        /**
         * Starts the server. Blocks until what the folder holds is open.
         *
         * @throws StreamServerException if it cannot: a port is in use, a folder unusable, a certificate unreadable
         */
        public StreamServer start() {
            checkHost();
            DataFolder folder = DataFolder.of(Optional.ofNullable(dataDirectory));
            Deque<Runnable> undo = new ArrayDeque<>(List.of(folder::close));
            try {
                return start(folder, undo);
            } catch (IOException | LogException | StreamException e) {
                undo.forEach(Runnable::run);
                throw new StreamServerException(String.valueOf(e.getMessage()), e);
            } catch (RuntimeException e) {
                undo.forEach(Runnable::run);
                throw e;
            }
        }

        /** Listens first, so that whoever looks sees a server that starts and not none, and a port in use is told early. */
        private StreamServer start(DataFolder folder, Deque<Runnable> undo) throws IOException {
            ServerSecurity security = ServerSecurity.open(credentials, whenGone, auditFile(folder.path()), platform);
            undo.push(security::close);
            ServerMetrics metrics = new ServerMetrics();
            undo.push(metrics::close);
            Gate gate = new Gate(metrics::failedLogs, shortage::reason);
            HostNames hosts = hosts();
            OperatorPages pages =
                    new OperatorPages(gate::health, metrics::writeTo, request -> isOperator(request, hosts));
            gate.watch(security::flaw);
            gate.show(pages);
            Refusals refusals = security.refusals();
            HttpLimits fair = credentials == null ? limits : limits.withHalfForStrangers();
            HttpSettings settings = new HttpSettings(host, port, tlsPort, pem, fair);
            HttpServer.Bound http =
                    HttpServer.start(settings, guarded(gate, hosts, refusals), refusals, shortage, platform);
            undo.push(http.server()::close);
            security.watchCertificate(http.server());
            gate.watch(() -> http.server().certificateFlaw().map(text -> new Health.Flaw(text, false)));
            metrics.watchConnections(http.server()::connections);
            metrics.watchPushedBytes(http.server()::waitingBytes);
            metrics.watchRequestBytes(http.server()::requestBytes);
            metrics.watchAnswerBytes(http.server()::answerBytes);
            Faults made = makeFaults();
            undo.push(made::close);
            TokenSeal seal = TokenSeal.of(folder.path().resolve(KEY_FILE));
            StreamsSettings stored = streamsSettings(folder.path());
            AccountStreams streams = AccountStreams.open(
                    stored, owner -> contextOf(owner, metrics), storage.open(stored, metrics.storage()));
            undo.push(streams::close);
            ApiOptions options = new ApiOptions(pages, metrics.calls(), made, push, security.ofApi(account, seal));
            KinesisApi api = new KinesisApi(streams, account, seal, platform, options);
            gate.open(api);
            return new StreamServer(new Parts(gate, http, api, streams, metrics, security, folder));
        }

        private void taskFailed(String source, Throwable error) {
            if (!shortage.noticed(error)) {
                log.error("A task of {} failed; the loop goes on", source, error);
            }
        }

        /** The quotas of an account are its own, in each region; the meters of the server's own account have plain names. */
        private StreamsContext contextOf(Account owner, ServerMetrics metrics) {
            return new StreamsContext(
                    new Quotas(quotas, platform.ticker()),
                    metrics.streams(owner.equals(account) ? "" : owner + ":"),
                    metrics.storage());
        }

        private @Nullable Path auditFile(Path folder) {
            if (!isAudited) {
                return null;
            }
            return audit == null ? folder.resolve(AUDIT_FILE) : audit;
        }

        private Faults makeFaults() {
            if (faults == null) {
                return Faults.NONE;
            }
            long seed = faults.seed().orElseGet(platform.random()::nextLong);
            log.warn("Faults are on: requests fail on purpose. To repeat this run add seed={} to --faults.", seed);
            return Faults.of(faults, seed, platform.newEventLoop("faults"));
        }

        private HostNames hosts() {
            List<String> known = new ArrayList<>(hostNames);
            known.add(host);
            return new HostNames(known);
        }

        /** Web pages have no key, so a server that verifies its clients needs no other guard. */
        private ApiHandler guarded(Gate gate, HostNames hosts, Refusals refusals) {
            return credentials == null ? new WebGuard(gate, new WebOrigins(corsOrigins), hosts, refusals) : gate;
        }

        /**
         * Metrics and reasons of health tell the names of streams: not to strangers where a server knows its clients, nor to web
         * pages whose name points at this machine.
         */
        private boolean isOperator(ApiRequest request, HostNames hosts) {
            return allowsAnonymous
                    || (request.peer().isLoopbackAddress()
                            && request.header("Host").map(hosts::isKnown).orElse(true));
        }

        private StreamsSettings streamsSettings(Path folder) {
            LogSettings log = LogSettings.DEFAULTS.withFsync(fsync);
            StreamsSettings settings = StreamsSettings.in(folder, platform)
                    .withLog(encryptionKey == null ? log : log.withKeyFile(encryptionKey))
                    .withRegionAndAccount(account.region(), account.id());
            if (quotas.isOn()) {
                settings = settings.withLimits(settings.shardLimit(), MOST_CREATING);
            }
            if (setsAsideDamaged) {
                settings = settings.withSetAsideDamaged();
            }
            return transitionTime == null ? settings : settings.withTransitionTime(transitionTime);
        }

        private void checkHost() {
            if (credentials == null && whenGone == CredentialsFile.WhenGone.NO_KEY_IS_VALID) {
                throw new StreamServerException(
                        "Credentials are required, and no credentials file is given. Give one.");
            }
            InetAddress address;
            try {
                address = InetAddress.getByName(host);
            } catch (UnknownHostException e) {
                throw new StreamServerException("Cannot listen on " + host + ": no such host name.", e);
            }
            if (credentials == null && !allowsAnonymous && !address.isLoopbackAddress()) {
                throw new StreamServerException("Refusing to listen on " + host
                        + ": whoever reaches it could read and write everything. Use 127.0.0.1, give a credentials"
                        + " file, or allow anonymous access explicitly.");
            }
        }
    }
}
