import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/**
 * Prints what {@code make attack} did: a line for each kind of attack from the reports of its tests, and one for each that counts what it
 * sent. Ends with 1 if something failed, was skipped or is missing. Its arguments are the checkout and the file of counts.
 */
final class AttackTable {
    /** Kinds of attack, and the tests of each. */
    private static final Map<String, List<String>> KINDS = new LinkedHashMap<>();

    static {
        KINDS.put("mutated requests and frames", List.of("AttackTest", "KinesisApiFuzzTest", "BodyReaderFuzzTest"));
        KINDS.put(
                "floods, slow clients, memory",
                List.of(
                        "HttpAbuseTest",
                        "HttpMemoryTest",
                        "FrameClockTest",
                        "StrangersTest",
                        "AuditFloodTest",
                        "PushedBodyTest",
                        "MemoryAttackTest"));
        KINDS.put("flipped bits, torn and damaged files", List.of("FlippedBitsTest", "TornTailTest", "DiskDecodersFuzzTest", "CatalogFuzzTest"));
        KINDS.put("hands in the data folder, full disks", List.of("HandsTest", "FullDiskStartTest", "FolderBackupTest"));
        KINDS.put("smuggling", List.of("HeaderRulesTest", "HttpServerTest", "HttpRulesTest"));
        KINDS.put("signatures and replays", List.of("SignatureVerifierTest", "SeenSignaturesTest", "SecureServerTest"));
        KINDS.put("permissions", List.of("ResourcePolicyTest", "CredentialsFileTest", "OperatorsTest", "LostFilesTest"));
        KINDS.put("web pages", List.of("WebGuardTest", "WebOriginsTest", "HostNamesTest", "BrowserTest"));
    }

    private AttackTable() {}

    public static void main(String[] args) throws Exception {
        Path top = Path.of(args[0]);
        boolean isWell = true;
        System.out.println();
        System.out.printf(Locale.ROOT, "%-40s %6s %6s %7s %8s%n", "attack", "cases", "failed", "skipped", "seconds");
        for (Map.Entry<String, List<String>> kind : KINDS.entrySet()) {
            isWell &= line(top, kind.getKey(), kind.getValue());
        }
        Path counts = Path.of(args[1]);
        System.out.println();
        if (Files.exists(counts)) {
            for (String line : Files.readAllLines(counts)) {
                String[] parts = line.split("\t", -1);
                System.out.printf(Locale.ROOT, "%-40s %,d: %s%n", parts[0], Long.parseLong(parts[1]), parts[2]);
            }
        } else {
            isWell = false;
        }
        System.out.println();
        System.out.println(isWell ? "all held" : "NOT ALL HELD, or not all of it ran");
        System.exit(isWell ? 0 : 1);
    }

    private static boolean line(Path top, String kind, List<String> tests) throws Exception {
        int cases = 0;
        int failed = 0;
        int skipped = 0;
        double seconds = 0;
        StringBuilder missing = new StringBuilder();
        for (String test : tests) {
            Element report = report(top, test);
            if (report == null) {
                missing.append(' ').append(test);
                continue;
            }
            cases += Integer.parseInt(report.getAttribute("tests"));
            failed += Integer.parseInt(report.getAttribute("failures")) + Integer.parseInt(report.getAttribute("errors"));
            skipped += Integer.parseInt(report.getAttribute("skipped"));
            NodeList all = report.getElementsByTagName("testcase");
            for (int i = 0; i < all.getLength(); i++) {
                seconds += Double.parseDouble(((Element) all.item(i)).getAttribute("time").replace(",", ""));
            }
        }
        String note = missing.length() == 0 ? "" : "  did not run:" + missing;
        System.out.printf(Locale.ROOT, "%-40s %6d %6d %7d %8.1f%s%n", kind, cases, failed, skipped, seconds, note);
        return failed == 0 && missing.length() == 0;
    }

    private static Element report(Path top, String test) throws Exception {
        for (String module : List.of("stream-core", "system-tests")) {
            Path folder = top.resolve(module).resolve("target").resolve("surefire-reports");
            if (Files.isDirectory(folder)) {
                try (var files = Files.list(folder)) {
                    var found = files.filter(file -> file.getFileName().toString().matches("TEST-.*\\." + test + "\\.xml"))
                            .findFirst();
                    if (found.isPresent()) {
                        return DocumentBuilderFactory.newInstance()
                                .newDocumentBuilder()
                                .parse(found.get().toFile())
                                .getDocumentElement();
                    }
                } catch (IOException e) {
                    throw new IllegalStateException(folder + " cannot be read", e);
                }
            }
        }
        return null;
    }
}
