package io.millrace.multilang.lambda;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileOwnerAttributeView;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import org.jspecify.annotations.Nullable;

/**
 * Our shim of a language, laid into a temporary folder, and laid there again where a cleaner of temporary files has taken it or parts of
 * it: a daemon may live for months, and start its next child then. Belongs to one thread at a time.
 */
final class ShimFolder {
    private static final String OWNERS_ONLY = "rwx------";

    private final String language;
    private final Path folder;
    private final Path shim;
    private final @Nullable UserPrincipal owner;

    /**
     * Lays the shim down.
     *
     * @param folder an empty folder that only its owner may enter, where the system knows owners
     * @param name the folder in it that the files are for
     */
    ShimFolder(String language, Path folder, String name) throws IOException {
        this.language = language;
        this.folder = folder;
        this.shim = folder.resolve(name);
        FileOwnerAttributeView view = Files.getFileAttributeView(folder, FileOwnerAttributeView.class, NOFOLLOW_LINKS);
        this.owner = view == null ? null : view.getOwner();
        Shims.lay(language, shim);
    }

    /** The folder of the files. */
    Path shim() {
        return shim;
    }

    /**
     * Lays down what is missing.
     *
     * @throws IOException if somebody else has taken the folder's place, or nothing can be written there
     */
    void restore() throws IOException {
        boolean isPosix = Files.getFileAttributeView(folder.getParent(), PosixFileAttributeView.class) != null;
        if (!Files.exists(folder, NOFOLLOW_LINKS)) {
            if (isPosix) {
                Files.createDirectory(
                        folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(OWNERS_ONLY)));
            } else {
                Files.createDirectory(folder);
            }
        }
        if (isPosix) {
            PosixFileAttributes now = Files.readAttributes(folder, PosixFileAttributes.class, NOFOLLOW_LINKS);
            if (!now.isDirectory()
                    || !now.owner().equals(owner)
                    || !PosixFilePermissions.toString(now.permissions()).equals(OWNERS_ONLY)) {
                throw new IOException("the temporary folder " + folder + " is not the daemon's own any more");
            }
        }
        Shims.lay(language, shim);
    }
}
