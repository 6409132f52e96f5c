package io.millrace.streamcore;

import io.millrace.runtime.EventLoop;
import io.millrace.runtime.Platform;
import io.millrace.streamcore.api.ApiSecurity;
import io.millrace.streamcore.api.audit.Audit;
import io.millrace.streamcore.api.audit.AuditEvent;
import io.millrace.streamcore.api.audit.AuditFiles;
import io.millrace.streamcore.api.auth.AccessGate;
import io.millrace.streamcore.api.auth.CredentialsFile;
import io.millrace.streamcore.api.call.TokenSeal;
import io.millrace.streamcore.api.operate.Health;
import io.millrace.streamcore.http.HttpServer;
import io.millrace.streamcore.http.Refusals;
import io.millrace.streamcore.stream.account.Account;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The credentials file, the certificate and the audit log of a server, and the one thread that reads and writes them. Immutable. */
final class ServerSecurity implements AutoCloseable {
    private static final long AUDIT_BYTES = 16L << 20;
    private static final int AUDIT_FILES = 8;

    private final EventLoop loop;
    private final Platform platform;
    private final @Nullable CredentialsFile credentials;
    private final @Nullable AuditFiles audit;

    private ServerSecurity(
            EventLoop loop, Platform platform, @Nullable CredentialsFile credentials, @Nullable AuditFiles audit) {
        this.loop = loop;
        this.platform = platform;
        this.credentials = credentials;
        this.audit = audit;
    }

    /**
     * Opens both.
     *
     * @param credentials absent when nobody is verified
     * @param whenGone what becomes of the keys once that file is taken away
     * @param audit absent when nothing is noted
     * @throws IOException with one line for the user if one of them cannot be used
     */
    static ServerSecurity open(
            @Nullable Path credentials, CredentialsFile.WhenGone whenGone, @Nullable Path audit, Platform platform)
            throws IOException {
        EventLoop loop = platform.newEventLoop("security-files");
        try {
            return new ServerSecurity(
                    loop,
                    platform,
                    credentials == null ? null : CredentialsFile.open(credentials, whenGone, loop),
                    audit == null ? null : AuditFiles.open(audit, AUDIT_BYTES, AUDIT_FILES, loop, platform.clock()));
        } catch (IOException | RuntimeException e) {
            loop.close();
            throw e;
        }
    }

    /** Whose keys the file does not say otherwise of are of the {@code usual} account. */
    ApiSecurity ofApi(Account usual, TokenSeal seal) {
        AccessGate gate = credentials == null
                ? AccessGate.open(usual)
                : AccessGate.keyed(credentials, ApiSecurity.requestedStreams(seal), usual, platform);
        return new ApiSecurity(gate, audit());
    }

    /** The flaw of the credentials file now. */
    Optional<Health.Flaw> flaw() {
        return credentials == null ? Optional.empty() : credentials.flaw();
    }

    /** Has the files of the server's certificate read again when they change. */
    void watchCertificate(HttpServer server) {
        server.watchCertificate(loop);
    }

    Audit audit() {
        return audit == null ? Audit.OFF : audit;
    }

    /** Notes what the transport refuses. */
    Refusals refusals() {
        return (peer, status, reason) -> audit().record(AuditEvent.ofTransport(
                platform.clock().instant(), peer.getHostAddress(), status, reason.replace(" ", "")));
    }

    /** Writes the audit lines that wait. Blocks until done. */
    @Override
    public void close() {
        if (audit != null) {
            loop.execute(audit::finish);
        }
        loop.close();
        loop.closed().join();
    }
}
