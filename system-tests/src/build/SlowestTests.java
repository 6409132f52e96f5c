import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Element;
import org.xml.sax.SAXException;

/** Run by the build as a source file: prints the ten slowest test classes of all modules from Surefire's reports. */
public final class SlowestTests {
    private static final int SHOWN = 10;

    private record TestClass(String name, int tests, double seconds) {}

    private SlowestTests() {}

    /** The argument is the checkout. */
    public static void main(String[] arguments) throws Exception {
        List<TestClass> classes = new ArrayList<>();
        for (Path report : reports(Path.of(arguments[0]))) {
            classes.add(read(report));
        }
        if (classes.isEmpty()) {
            return;
        }
        int tests = classes.stream().mapToInt(TestClass::tests).sum();
        long seconds = Math.round(classes.stream().mapToDouble(TestClass::seconds).sum());
        System.out.printf(
                Locale.ROOT,
                "%,d tests in %,d classes took %d min %02d s, added up. The slowest classes:%n",
                tests,
                classes.size(),
                Duration.ofSeconds(seconds).toMinutes(),
                seconds % 60);
        classes.stream()
                .sorted(Comparator.comparingDouble(TestClass::seconds).reversed())
                .limit(SHOWN)
                .forEach(each -> System.out.printf(
                        Locale.ROOT, "%8.1f s %5d tests  %s%n", each.seconds(), each.tests(), each.name()));
    }

    private static List<Path> reports(Path checkout) throws IOException {
        List<Path> found = new ArrayList<>();
        try (Stream<Path> modules = Files.list(checkout)) {
            for (Path module : modules.sorted().toList()) {
                Path folder = module.resolve("target/surefire-reports");
                if (Files.isDirectory(folder)) {
                    try (Stream<Path> files = Files.list(folder)) {
                        files.filter(file -> file.getFileName().toString().matches("TEST-.*\\.xml"))
                                .forEach(found::add);
                    }
                }
            }
        }
        return found;
    }

    private static TestClass read(Path report) throws IOException, ParserConfigurationException, SAXException {
        Element suite = DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(report.toFile())
                .getDocumentElement();
        return new TestClass(
                suite.getAttribute("name"),
                Integer.parseInt(suite.getAttribute("tests")),
                Double.parseDouble(suite.getAttribute("time")));
    }
}
