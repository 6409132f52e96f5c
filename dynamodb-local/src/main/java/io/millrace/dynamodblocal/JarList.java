package io.millrace.dynamodblocal;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Where the jars of DynamoDB Local lie on this machine, as the build wrote it down. An immutable value.
 *
 * @param jars every file that Maven fetched for it
 */
record JarList(List<Path> jars) {
    /** Names the file with the list, for programs that run from elsewhere than the build's own folders. */
    private static final String PROPERTY = "millrace.dynamodb-local.jars";

    private static final String FILE = "dynamodb-local.classpath";

    JarList {
        jars = List.copyOf(jars);
    }

    /** Looks at the system property, then beside our own classes, then in the checkout that we run in. */
    static JarList find() {
        Path file = fileOrNull();
        if (file == null) {
            throw new DynamoDbLocalException(
                    "DynamoDB Local is no part of this installation: use a table service of your own, or name a file with the"
                            + " paths of its jars by -D" + PROPERTY
                            + "; in a checkout build the module dynamodb-local");
        }
        return read(file);
    }

    /** True if the build, or somebody else, has written down where the jars are. */
    static boolean isThere() {
        return fileOrNull() != null;
    }

    private static @Nullable Path fileOrNull() {
        Path file = fromProperty();
        if (file == null) {
            file = besideOurClasses();
        }
        return file == null ? inCheckout() : file;
    }

    private static @Nullable Path fromProperty() {
        String named = System.getProperty(PROPERTY);
        return named == null ? null : Path.of(named);
    }

    /** {@code target/classes} and {@code target/x.jar} both lie beside {@code target/dynamodb-local.classpath}. */
    private static @Nullable Path besideOurClasses() {
        Path file = ourCode().resolveSibling(FILE);
        return Files.isRegularFile(file) ? file : null;
    }

    private static @Nullable Path inCheckout() {
        for (Path folder = Path.of("").toAbsolutePath(); folder != null; folder = folder.getParent()) {
            Path file = folder.resolve("dynamodb-local").resolve("target").resolve(FILE);
            if (Files.isRegularFile(file)) {
                return file;
            }
        }
        return null;
    }

    private static JarList read(Path file) {
        try {
            List<Path> jars = new ArrayList<>();
            for (String line : Files.readAllLines(file)) {
                if (!line.isBlank()) {
                    jars.add(Path.of(line));
                }
            }
            for (Path jar : jars) {
                if (!Files.exists(jar)) {
                    throw new DynamoDbLocalException("a jar of DynamoDB Local is gone, build again: " + jar);
                }
            }
            return new JarList(jars);
        } catch (IOException e) {
            throw new DynamoDbLocalException("cannot read the list of DynamoDB Local's jars: " + file, e);
        }
    }

    private static Path ourCode() {
        try {
            return Path.of(JarList.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI());
        } catch (URISyntaxException e) {
            throw new DynamoDbLocalException("cannot tell where Millrace's own classes lie", e);
        }
    }

    /** The class path of the process: our main class, then the jars. */
    List<String> classPath() {
        List<String> entries = new ArrayList<>();
        entries.add(ourCode().toString());
        for (Path jar : jars) {
            if (jar.toString().endsWith(".jar")) {
                entries.add(jar.toString());
            }
        }
        return entries;
    }

    /** The folder with the native SQLite library of this machine. */
    Path nativeSqlite() {
        String system = System.getProperty("os.name").toLowerCase(Locale.ROOT);
        String chip = System.getProperty("os.arch").toLowerCase(Locale.ROOT);
        String name = libraryName(system, chip);
        for (Path jar : jars) {
            if (name != null && String.valueOf(jar.getFileName()).startsWith(name)) {
                return jar.toAbsolutePath().resolveSibling("");
            }
        }
        throw new DynamoDbLocalException("DynamoDB Local does not run on " + system + "/" + chip
                + " (it has no SQLite for it); use another DynamoDB and set AWS_ENDPOINT_URL_DYNAMODB");
    }

    private static @Nullable String libraryName(String system, String chip) {
        boolean x64 = chip.equals("amd64") || chip.equals("x86_64");
        if (system.contains("linux")) {
            return x64 ? "libsqlite4java-linux-amd64" : null;
        }
        if (system.contains("mac")) {
            return x64 ? "libsqlite4java-osx" : null;
        }
        return system.contains("windows") && x64 ? "sqlite4java-win32-x64" : null;
    }
}
