package io.millrace.consumer.letters;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.File;
import java.io.IOException;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.net.MalformedURLException;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The library for SQS is not among the dependencies of those who use the consumer. */
class LetterSinksTest {
    private static final String QUEUE = "https://sqs.eu-west-1.amazonaws.com/111122223333/letters";

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit fills it before each test
    private Path folder;

    @Test
    void fileNeedsNoLibraryAndSqsNamesTheOneThatIsMissing() throws Throwable {
        try (URLClassLoader without = withoutSqs()) {
            Class<?> sinks = without.loadClass(LetterSinks.class.getName());
            Class<?> sink = without.loadClass(LetterSink.class.getName());
            MethodHandle file =
                    MethodHandles.publicLookup().findStatic(sinks, "file", MethodType.methodType(sink, Path.class));
            MethodHandle sqs =
                    MethodHandles.publicLookup().findStatic(sinks, "sqs", MethodType.methodType(sink, String.class));

            assertThat(file.invoke(folder.resolve("letters"))).isNotNull();
            assertThatThrownBy(() -> sqs.invoke(QUEUE))
                    .hasMessageContaining("need software.amazon.awssdk:sqs on the class path");
        }
    }

    private static URLClassLoader withoutSqs() throws IOException {
        String classPath = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        URL[] urls = Arrays.stream(classPath.split(File.pathSeparator, -1))
                .filter(entry -> !entry.contains(File.separator + "sqs" + File.separator))
                .map(entry -> url(Path.of(entry).toUri()))
                .toArray(URL[]::new);
        return new URLClassLoader(urls, ClassLoader.getPlatformClassLoader());
    }

    private static URL url(URI uri) {
        try {
            return uri.toURL();
        } catch (MalformedURLException e) {
            throw new IllegalArgumentException(e);
        }
    }
}
