package io.millrace.systemtests.clients;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Amazon's client libraries for the line protocol, as they are. A test is skipped, loudly, where one cannot be had. {@code
 * -Dtests.kclpy=FOLDER} names the folder that holds the package {@code amazon_kclpy}, such as a clone of its repository.
 */
final class AmazonsLibraries {
    private static final String AWS_KCL = "aws-kcl@2.3.2";
    private static final String KCLPY = "amazon_kclpy==3.1.3";

    private AmazonsLibraries() {}

    /** Lays the library for Node.js into {@code folder}. */
    static void installForNode(ClientProcess clients, Path folder) throws Exception {
        clients.assumePresent("Node.js with npm", List.of("npm", "--version"));
        Files.writeString(folder.resolve("package.json"), "{\"private\": true}");
        fetchOrSkip(
                clients,
                AWS_KCL,
                List.of("npm", "install", "--prefix", folder.toString(), "--no-audit", "--no-fund", AWS_KCL));
    }

    /**
     * The environment in which Python finds the library: in the folder that is named, installed, else its source as it is. Its
     * installation would fetch 79 jars that nobody needs here.
     */
    static Map<String, String> environmentOfPython(ClientProcess clients, Path folder) throws Exception {
        clients.assumePresent("Python", List.of("python3", "--version"));
        String named = System.getProperty("tests.kclpy");
        if (named != null) {
            return Map.of("PYTHONPATH", Path.of(named).toAbsolutePath().toString());
        }
        if (clients.run(List.of("python3", "-c", "import amazon_kclpy.kcl")).exitCode() == 0) {
            return Map.of();
        }
        fetchOrSkip(
                clients,
                KCLPY,
                List.of(
                        "python3",
                        "-c",
                        "import glob, subprocess, sys, tarfile; folder, package = sys.argv[1:];"
                                + " subprocess.check_call([sys.executable, '-m', 'pip', 'download', '-q', '--retries', '0',"
                                + " '--no-deps', '--no-build-isolation', '--no-binary', ':all:', '-d', folder, package]);"
                                + " tarfile.open(glob.glob(folder + '/amazon*kclpy*.tar.gz')[0]).extractall(folder + '/kclpy')",
                        folder.toString(),
                        KCLPY));
        try (Stream<Path> unpacked = Files.list(folder.resolve("kclpy"))) {
            return Map.of("PYTHONPATH", unpacked.findFirst().orElseThrow().toString());
        }
    }

    private static void fetchOrSkip(ClientProcess clients, String name, List<String> command) throws Exception {
        boolean isFetched = clients.fetch(command).exitCode() == 0;
        String skipped = "SKIPPED: cannot fetch " + name;
        if (!isFetched) {
            System.err.println(skipped);
        }
        assumeTrue(isFetched, skipped);
    }
}
