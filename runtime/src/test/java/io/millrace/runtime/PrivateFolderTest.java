package io.millrace.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PrivateFolderTest {
    @TempDir
    Path place;

    @BeforeEach
    void systemKnowsOwners() {
        assumeTrue(place.getFileSystem().supportedFileAttributeViews().contains("posix"), "no owners here");
    }

    @Test
    void folderAndItsParentsAreMadeForTheOwnerAlone() throws IOException {
        Path parent = place.resolve("a");
        Path folder = PrivateFolder.create(parent.resolve("b"));

        assertThat(permissions(folder)).isEqualTo("rwx------");
        assertThat(permissions(parent)).isEqualTo("rwx------");
        assertThat(PrivateFolder.isOpenToOthers(folder)).isFalse();
        assertThat(PrivateFolder.create(folder)).isEqualTo(folder);
    }

    @Test
    void folderThatExistsStaysAsItIs() throws IOException {
        for (String open : new String[] {"rwxr-x---", "rwx-----x", "rwxrwxrwx"}) {
            Path folder = Files.createDirectory(place.resolve(open));
            Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString(open));

            PrivateFolder.create(folder);
            assertThat(permissions(folder)).isEqualTo(open);
            assertThat(PrivateFolder.isOpenToOthers(folder)).as(open).isTrue();
        }
    }

    private static String permissions(Path folder) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(folder));
    }
}
