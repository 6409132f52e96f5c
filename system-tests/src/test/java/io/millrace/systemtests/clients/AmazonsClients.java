package io.millrace.systemtests.clients;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Amazon's client libraries of the line protocol, fetched from where their users have them. */
final class AmazonsClients {
    private static final String AWS_KCL = "aws-kcl@2.3.2";
    private static final String KCLPY = "amazon_kclpy==3.1.3";

    private AmazonsClients() {}

    /** Puts the library for Node.js into {@code folder}, from which scripts there have it; skips the test where it cannot be had. */
    static void fetchForNode(ClientProcess clients, Path folder) throws Exception {
        clients.assumePresent("Node.js with npm", List.of("npm", "--version"));
        Files.writeString(folder.resolve("package.json"), "{\"private\": true}");
        fetchOrSkip(
                clients,
                AWS_KCL,
                List.of("npm", "install", "--prefix", folder.toString(), "--no-audit", "--no-fund", AWS_KCL));
    }

    /**
     * The settings by which scripts have the library for Python: an installed one, else its source as it is, for its installation
     * would fetch 79 jars that nobody needs here. Skips the test where it cannot be had.
     */
    static Map<String, String> fetchForPython(ClientProcess clients, Path folder) throws Exception {
        clients.assumePresent("Python", List.of("python3", "--version"));
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
