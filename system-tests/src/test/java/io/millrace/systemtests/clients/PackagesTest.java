package io.millrace.systemtests.clients;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The packages for Python and Node.js pass their own tests, which each language's own runner finds. */
@Timeout(180)
class PackagesTest {
    static final Path PYTHON =
            Path.of("..", "multilang", "python").toAbsolutePath().normalize();
    static final Path NODE = Path.of("..", "multilang", "node").toAbsolutePath().normalize();

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit fills it before each test
    private Path folder;

    @SuppressWarnings("NullAway.Init") // before each test
    private ClientProcess clients;

    @BeforeEach
    void make() {
        clients = new ClientProcess(folder);
    }

    @Test
    void packageForPythonPassesItsTests() throws Exception {
        clients.assumePresent(
                "Python 3.9 or newer", List.of("python3", "-c", "import sys; assert sys.version_info >= (3, 9)"));
        passes(List.of(
                "python3",
                "-c",
                "import sys, unittest; sys.dont_write_bytecode = True; sys.path[:0] = [sys.argv[1] + '/src', sys.argv[1]];"
                        + " unittest.main(module=None, argv=['', 'discover', '-s', sys.argv[1] + '/tests', '-t', sys.argv[1]])",
                PYTHON.toString()));
    }

    @Test
    void packageForNodePassesItsTests() throws Exception {
        clients.assumePresent(
                "Node.js 18 or newer",
                List.of("node", "-e", "process.exit(Number(process.versions.node.split('.')[0]) >= 18 ? 0 : 1)"));
        passes(List.of(
                "node",
                "--test",
                NODE.resolve("test").resolve("child.test.mjs").toString(),
                NODE.resolve("test").resolve("frames.test.mjs").toString(),
                NODE.resolve("test").resolve("lambda.test.mjs").toString(),
                NODE.resolve("test").resolve("testing.test.mjs").toString()));
    }

    private void passes(List<String> command) throws Exception {
        ClientProcess.Outcome outcome = clients.run(command);
        assertThat(outcome.exitCode()).as("%s", outcome).isZero();
    }
}
