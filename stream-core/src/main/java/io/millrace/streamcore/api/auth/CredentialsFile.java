package io.millrace.streamcore.api.auth;

import static java.util.Objects.requireNonNull;

import io.millrace.runtime.EventLoop;
import io.millrace.streamcore.api.operate.Health;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The keys of a credentials file, read again when it changes. A file that became unusable changes nothing but the log and the
 * server's health: the keys read last stay valid until it is right again. Of a file that is gone the same holds, unless it is
 * required: then no key is valid until it is back. What may not be logged is in nobody's text.
 *
 * <p>Reading belongs to an event loop of its own kind, which may block; what was read may be asked for by any thread.
 */
public final class CredentialsFile {
    /** A secret file is looked at this often. */
    static final Duration POLL = Duration.ofSeconds(2);

    private static final Logger log = LoggerFactory.getLogger(CredentialsFile.class);
    private static final int MAX_BYTES = 16 << 20;
    private static final Set<PosixFilePermission> OWNERS = EnumSet.of(
            PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE, PosixFilePermission.OWNER_EXECUTE);

    private static final String MISSING = "missing";
    private static final AccessKeys NO_KEYS = new AccessKeys(Map.of());

    private final Path file;
    private final WhenGone whenGone;
    private volatile AccessKeys keys;
    private volatile Health.@Nullable Flaw flaw;
    private String seen;
    private boolean isClosed;

    private CredentialsFile(Path file, WhenGone whenGone, AccessKeys keys, String seen) {
        this.file = file;
        this.whenGone = whenGone;
        this.keys = keys;
        this.seen = seen;
    }

    /**
     * Reads a file, and from then on looks every two seconds whether it changed.
     *
     * @param whenGone what becomes of its keys once it is taken away
     * @param loop where it is read again, until the loop is closed; may block
     * @throws IOException with one line for the user if it cannot be used
     */
    public static CredentialsFile open(Path file, WhenGone whenGone, EventLoop loop) throws IOException {
        requireNonNull(whenGone, "whenGone");
        requireNonNull(loop, "loop");
        CredentialsFile opened;
        try {
            String state = stateOf(file);
            opened = new CredentialsFile(file, whenGone, read(file), state);
        } catch (IOException e) {
            throw new IOException(explain(file, e), e);
        }
        opened.lookLater(loop);
        return opened;
    }

    /** The keys that are valid now. */
    AccessKeys current() {
        return keys;
    }

    /** The flaw of the file now; empty while its keys are those that are valid. */
    public Optional<Health.Flaw> flaw() {
        return Optional.ofNullable(flaw);
    }

    private void lookLater(EventLoop loop) {
        try {
            var unused = loop.schedule(POLL, () -> {
                look();
                lookLater(loop);
            });
        } catch (RejectedExecutionException closed) {
            // The server ends.
        }
    }

    /** Reads the file again if it changed since it was last read or refused. */
    void look() {
        String state;
        try {
            state = stateOf(file);
        } catch (IOException e) {
            state = MISSING;
        }
        if (state.equals(seen)) {
            return;
        }
        seen = state;
        try {
            keys = read(file);
            isClosed = false;
            flaw = null;
            log.info(
                    "Read the credentials file {} again: {} keys",
                    file,
                    keys.byId().size());
        } catch (IOException e) {
            refused(explain(file, e));
        }
    }

    private void refused(String why) {
        if (whenGone == WhenGone.NO_KEY_IS_VALID && seen.equals(MISSING)) {
            keys = NO_KEYS;
            isClosed = true;
        }
        String text = why + (isClosed ? " No key is valid until it can be used." : " The keys read before stay valid.");
        flaw = new Health.Flaw(text, isClosed);
        if (isClosed) {
            log.error("{}", text);
        } else {
            log.warn("{}", text);
        }
    }

    private static AccessKeys read(Path file) throws IOException {
        PosixFileAttributeView posix = Files.getFileAttributeView(file, PosixFileAttributeView.class);
        if (posix != null && !OWNERS.containsAll(posix.readAttributes().permissions())) {
            throw new IOException("others than its owner may use it; run: chmod 600 " + file);
        }
        if (Files.size(file) > MAX_BYTES) {
            throw new IOException("it is larger than " + MAX_BYTES + " bytes");
        }
        return CredentialsReader.read(Files.readAllBytes(file));
    }

    /** Differs when the file was written, replaced or given other permissions. */
    private static String stateOf(Path file) throws IOException {
        BasicFileAttributes basic = Files.readAttributes(file, BasicFileAttributes.class);
        PosixFileAttributeView posix = Files.getFileAttributeView(file, PosixFileAttributeView.class);
        return basic.lastModifiedTime() + " " + basic.size() + " " + basic.fileKey() + " "
                + (posix == null ? "" : posix.readAttributes().permissions());
    }

    private static String explain(Path file, IOException e) {
        String reason;
        if (e instanceof NoSuchFileException || !Files.exists(file)) {
            reason = "no such file.";
        } else if (Files.isDirectory(file)) {
            reason = "it is a folder.";
        } else if (e instanceof FileSystemException) {
            reason = "it cannot be read.";
        } else {
            reason = e.getMessage() + ".";
        }
        return "Cannot use the credentials file " + file + ": " + reason;
    }

    /** The fate of the keys of a file that is taken away. */
    public enum WhenGone {
        /** They stay valid, and health says that the file is gone. */
        KEYS_STAY_VALID,
        /** None is valid until the file is back, and health is failed. */
        NO_KEY_IS_VALID
    }
}
