package io.millrace.multilang.settings;

import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;

/** Reads the text of a .properties file, as {@link Properties} does, and keeps the number of each line. */
public final class PropertiesText {
    private PropertiesText() {}

    /**
     * The settings of a file, in order.
     *
     * @throws SettingsException if it is not UTF-8, or a line cannot be read
     */
    public static List<Setting> parse(byte[] file) {
        String text;
        try {
            text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(file))
                    .toString();
        } catch (CharacterCodingException notUtf8) {
            throw new SettingsException(
                    "the file is not UTF-8: write other characters than ASCII as UTF-8, or as \\uXXXX");
        }
        return parse(text.startsWith("\uFEFF") ? text.substring(1) : text);
    }

    private static List<Setting> parse(String text) {
        List<Setting> settings = new ArrayList<>();
        String[] lines = text.split("\r\n|\r|\n", -1);
        for (int i = 0; i < lines.length; i++) {
            int first = i;
            StringBuilder logical = new StringBuilder(lines[i]);
            while (!isComment(logical) && endsOpen(logical) && i + 1 < lines.length) {
                logical.append('\n').append(lines[++i]);
            }
            one(logical.toString(), "line " + (first + 1), settings);
        }
        return settings;
    }

    private static void one(String line, String origin, List<Setting> settings) {
        Properties read = new Properties();
        try {
            read.load(new StringReader(line));
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        } catch (IllegalArgumentException malformed) {
            throw new SettingsException(origin + ": an escape is not of the form \\uXXXX");
        }
        read.forEach((key, value) -> settings.add(new Setting(key.toString(), value.toString(), origin)));
    }

    private static boolean isComment(CharSequence line) {
        String text = line.toString().stripLeading();
        return text.startsWith("#") || text.startsWith("!");
    }

    /** True if the line ends in an odd number of backslashes. */
    private static boolean endsOpen(CharSequence line) {
        int slashes = 0;
        while (slashes < line.length() && line.charAt(line.length() - 1 - slashes) == '\\') {
            slashes++;
        }
        return slashes % 2 == 1;
    }
}
