package io.millrace.systemtests.house;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/** The modules, what each may know, and where their classes and sources are. */
final class House {
    static final String ROOT = "io.millrace";

    /** The folders of the modules, in the order of the root pom. */
    static final List<String> MODULES = List.of(
            "model",
            "runtime",
            "sim",
            "stream-core",
            "dynamodb-local",
            "lease",
            "checkpoint",
            "fanout",
            "consumer",
            "producer",
            "multilang",
            "cli",
            "examples",
            "benchmarks",
            "system-tests",
            "benchmarks/kcl",
            "benchmarks/kcl-multilang",
            "benchmarks/kpl",
            "system-tests/clients/kcl",
            "system-tests/clients/kpl",
            "system-tests/clients/elasticmq",
            "system-tests/clients/flink");

    /** Each module's package and the modules of ours that it may know in compile scope, as the architecture page has it. */
    static final Map<String, Set<String>> ARROWS = arrows();

    private House() {}

    /** Read only for the tests that look at classes: it takes seconds. */
    private static final class Imported {
        static final JavaClasses CLASSES = new ClassFileImporter()
                .withImportOption(new ImportOption.DoNotIncludeTests())
                .importPackages(ROOT);
    }

    /** The product's own classes, tests left out. */
    static JavaClasses classes() {
        return Imported.CLASSES;
    }

    /** The product's own source files, tests left out. */
    static List<Path> sources() {
        return files("src/main/java", ".java");
    }

    /** The tests' own source files. */
    static List<Path> testSources() {
        return files("src/test/java", ".java");
    }

    private static List<Path> files(String below, String ending) {
        List<Path> found = new ArrayList<>();
        for (String module : MODULES) {
            Path folder = top().resolve(module).resolve(below);
            if (Files.isDirectory(folder)) {
                try (Stream<Path> files = Files.walk(folder)) {
                    files.filter(file -> file.toString().endsWith(ending)).forEach(found::add);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        }
        return found;
    }

    /** The checkout's top. */
    static Path top() {
        return Checkout.top();
    }

    static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Map<String, Set<String>> arrows() {
        Map<String, Set<String>> arrows = new LinkedHashMap<>();
        arrows.put("model", Set.of());
        arrows.put("runtime", Set.of());
        arrows.put("sim", Set.of("model", "runtime"));
        arrows.put("streamcore", Set.of("model", "runtime"));
        arrows.put("dynamodblocal", Set.of("runtime"));
        arrows.put("lease", Set.of("model", "runtime"));
        arrows.put("checkpoint", Set.of("lease", "model", "runtime"));
        arrows.put("fanout", Set.of("model", "runtime"));
        arrows.put("consumer", Set.of("checkpoint", "lease", "fanout", "model", "runtime"));
        arrows.put("producer", Set.of("model", "runtime"));
        arrows.put("multilang", Set.of("consumer", "checkpoint", "model", "runtime"));
        arrows.put(
                "cli",
                Set.of(
                        "consumer",
                        "producer",
                        "multilang",
                        "dynamodblocal",
                        "lease",
                        "checkpoint",
                        "fanout",
                        "model",
                        "runtime",
                        "streamcore"));
        arrows.put("examples", Set.of("consumer", "checkpoint", "model"));
        arrows.put(
                "benchmarks", Set.of("consumer", "producer", "multilang", "checkpoint", "lease", "model", "runtime"));
        return arrows;
    }
}
