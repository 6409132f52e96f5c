package io.millrace.systemtests.house;

import java.nio.file.Files;
import java.nio.file.Path;

/** Where the sources and what was built of them lie. */
public final class Checkout {
    private Checkout() {}

    /** The checkout's top: the nearest folder upwards that holds the wrapper. */
    public static Path top() {
        Path folder = Path.of("").toAbsolutePath();
        while (!Files.exists(folder.resolve("mvnw"))) {
            folder = folder.getParent();
            if (folder == null) {
                throw new IllegalStateException("run this inside the checkout");
            }
        }
        return folder;
    }
}
