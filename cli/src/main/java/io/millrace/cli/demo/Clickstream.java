package io.millrace.cli.demo;

import io.millrace.model.Bytes;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.random.RandomGenerator;

/** Made-up page views: a few visitors come often, many come rarely. */
final class Clickstream {
    private static final String[] PAGES = {"/", "/products", "/products/42", "/cart", "/checkout", "/help", "/search"};
    private static final int VISITORS = 400;

    private Clickstream() {}

    /** So many lines, the visitor first. */
    static List<Bytes> lines(int count, RandomGenerator random) {
        List<Bytes> lines = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            double skewed = random.nextDouble() * random.nextDouble();
            lines.add(Bytes.utf8(String.format(
                    Locale.ROOT,
                    "visitor-%03d GET %s %d ms",
                    (int) (skewed * VISITORS),
                    PAGES[random.nextInt(PAGES.length)],
                    5 + random.nextInt(400))));
        }
        return lines;
    }
}
