package io.millrace.cli.letters;

import io.millrace.consumer.letters.Letter;
import io.millrace.model.StreamRecord;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** How a person sees a letter: a few lines and the first bytes of its record as they are. Stateless. */
final class LetterView {
    private static final int SHOWN_BYTES = 1_000;

    private LetterView() {}

    static void print(OutputStream out, Letter letter) throws IOException {
        StreamRecord record = letter.record();
        byte[] data = record.data().toByteArray();
        int shown = shown(data);
        StringBuilder text = new StringBuilder(letter.id()).append('\n');
        line(
                text,
                "failed",
                letter.failedAt() + " after " + letter.attempts()
                        + (letter.attempts() == 1 ? " attempt" : " attempts"));
        line(text, "error", letter.error());
        line(text, "application", letter.application());
        line(text, "stream", letter.stream().value());
        line(text, "epoch", Long.toString(letter.epoch()));
        line(text, "arrival", record.arrival().toString());
        line(text, "key", record.partitionKey());
        line(
                text,
                "data",
                shown == data.length
                        ? count(data.length) + (data.length == 1 ? " byte" : " bytes")
                        : "the first " + count(shown) + " of " + count(data.length) + " bytes, --json has all");
        out.write(text.toString().getBytes(StandardCharsets.UTF_8));
        out.write(data, 0, shown);
        out.write(shown == 0 ? new byte[] {'\n'} : new byte[] {'\n', '\n'});
    }

    private static void line(StringBuilder text, String name, String value) {
        text.append("  ")
                .append(name)
                .append(" ".repeat(13 - name.length()))
                .append(value.replace("\\", "\\\\")
                        .replace("\n", "\\n")
                        .replace("\r", "\\r")
                        .replace("\t", "\\t"))
                .append('\n');
    }

    /** Ends where a character does. */
    private static int shown(byte[] data) {
        int end = Math.min(SHOWN_BYTES, data.length);
        if (end < data.length) {
            int begin = end;
            while (begin > end - 4 && (data[begin] & 0xc0) == 0x80) {
                begin--;
            }
            return begin;
        }
        return end;
    }

    private static String count(int bytes) {
        return String.format(Locale.ROOT, "%,d", bytes);
    }
}
