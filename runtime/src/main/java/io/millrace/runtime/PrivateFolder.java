package io.millrace.runtime;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.Set;

/**
 * Folders that only their owner may enter, where the system knows owners: what lies within is then safe whatever its own permissions
 * are. Stateless.
 */
public final class PrivateFolder {
    private static final Set<PosixFilePermission> OWNER = PosixFilePermissions.fromString("rwx------");

    private PrivateFolder() {}

    /**
     * Makes {@code folder} and the parents that are missing, each for its owner alone. One that exists stays as it is.
     *
     * @return {@code folder}
     * @throws IOException if it cannot be made, or is no folder
     */
    public static Path create(Path folder) throws IOException {
        return Files.createDirectories(folder, permissions(folder));
    }

    /** True if others than the owner may do anything with {@code folder}; false where the system does not know owners. */
    public static boolean isOpenToOthers(Path folder) throws IOException {
        if (!knowsOwners(folder)) {
            return false;
        }
        Set<PosixFilePermission> others = EnumSet.noneOf(PosixFilePermission.class);
        others.addAll(Files.getPosixFilePermissions(folder));
        others.removeAll(OWNER);
        return !others.isEmpty();
    }

    /** The attributes with which a folder is made; none where the file system does not know owners. */
    static FileAttribute<?>[] permissions(Path place) {
        return knowsOwners(place)
                ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(OWNER)}
                : new FileAttribute<?>[0];
    }

    private static boolean knowsOwners(Path place) {
        return place.getFileSystem().supportedFileAttributeViews().contains("posix");
    }
}
