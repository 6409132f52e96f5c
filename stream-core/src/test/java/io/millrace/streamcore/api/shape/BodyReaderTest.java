package io.millrace.streamcore.api.shape;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.millrace.model.Bytes;
import java.nio.ByteBuffer;
import java.nio.charset.Charset;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BodyReaderTest {
    private static final Shape.Structure ENTRY = Shape.Structure.of(
            "Entry", Member.required("Data", new Shape.Blob(10)), Member.optional("Key", Shape.Text.ofLength(1, 5)));
    private static final Shape.Structure INPUT = Shape.Structure.of(
            "Input",
            Member.optional("Text", Shape.Text.ofLength(1, 5)),
            Member.optional("Whole", new Shape.Whole(1, 10)),
            Member.optional("Flag", new Shape.Flag()),
            Member.optional("Blob", new Shape.Blob(10)),
            Member.optional("Time", new Shape.Time()),
            Member.optional("List", new Shape.ListOf(ENTRY, 1, 3)),
            Member.optional("Map", new Shape.MapOf(Shape.Text.ofLength(1, 3), Shape.Text.ofLength(0, 3), 1, 3)),
            Member.optional("Nested", ENTRY));

    @Test
    void everyKindIsReadFromJson() throws BodyException {
        Values values = json("""
                {"Unknown": {"deep": [1, {"Text": 2}]}, "Text": "a\\u00e9", "Whole": 7, "Flag": true,
                 "Blob": "AQID", "Time": 1700000000.125, "List": [{"Data": ""}, {"Data": "/w==", "Key": "k"}],
                 "Map": {"a": "b", "c": null}, "Nested": {"Key": "n"}}
                """);

        assertThat(values.text("Text")).contains("aé");
        assertThat(values.whole("Whole")).hasValue(7);
        assertThat(values.flag("Flag")).isTrue();
        assertThat(values.requiredBlob("Blob")).isEqualTo(Bytes.copyOf(new byte[] {1, 2, 3}));
        assertThat(values.time("Time")).contains(Instant.ofEpochMilli(1_700_000_000_125L));
        List<Values> list = values.structures("List");
        assertThat(list).hasSize(2);
        assertThat(list.get(0).requiredBlob("Data")).isEqualTo(Bytes.empty());
        assertThat(list.get(1).requiredBlob("Data")).isEqualTo(Bytes.copyOf(new byte[] {-1}));
        assertThat(list.get(1).requiredText("Key")).isEqualTo("k");
        assertThat(values.map("Map")).isEqualTo(Map.of("a", "b"));
        assertThat(values.structure("Nested").orElseThrow().text("Key")).contains("n");
    }

    @Test
    void everyKindIsReadFromCbor() throws BodyException {
        // {_ "Text": "ab", "Whole": 7, "Flag": false, "Blob": h'010203', "Time": 1(1700000000125),
        //    "List": [{"Data": (_ h'01', h'02')}], "Map": {"a": "b"}}, written by hand after RFC 8949.
        Values values = cbor("bf" + "6454657874" + "626162" + "6557686f6c65" + "07" + "64466c6167" + "f4" + "64426c6f62"
                + "43010203" + "6454696d65" + "c11b0000018bcfe5687d" + "644c697374" + "81a16444617461" + "5f41014102ff"
                + "634d6170" + "a161616162" + "ff");

        assertThat(values.text("Text")).contains("ab");
        assertThat(values.whole("Whole")).hasValue(7);
        assertThat(values.flag("Flag")).isFalse();
        assertThat(values.requiredBlob("Blob")).isEqualTo(Bytes.copyOf(new byte[] {1, 2, 3}));
        assertThat(values.time("Time")).contains(Instant.ofEpochMilli(1_700_000_000_125L));
        assertThat(values.structures("List").get(0).requiredBlob("Data")).isEqualTo(Bytes.copyOf(new byte[] {1, 2}));
        assertThat(values.map("Map")).isEqualTo(Map.of("a", "b"));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 23, 24, 255, 256, 65_535, 65_536, 300_000})
    void byteStringsOfEveryLengthOfHeadAreReadWhole(int length) throws Exception {
        byte[] data = new byte[length];
        for (int i = 0; i < length; i++) {
            data[i] = (byte) (i * 7);
        }
        java.io.ByteArrayOutputStream out = new java.io.ByteArrayOutputStream();
        out.write(new byte[] {9, 9, 9});
        try (AnswerWriter writer = new AnswerWriter(Encoding.CBOR, out)) {
            writer.start().blob("Blob", Bytes.copyOf(data)).text("Text", "end").end();
        }
        ByteBuffer body = ByteBuffer.wrap(out.toByteArray()).position(3).slice();
        Values values = BodyReader.read(Encoding.CBOR, body, INPUT);

        assertThat(values.requiredBlob("Blob")).isEqualTo(Bytes.copyOf(data));
        assertThat(values.text("Text")).contains("end");
    }

    @Test
    void base64WithEscapesIsReadLikeAnyOther() throws BodyException {
        assertThat(json("{\"Blob\": \"\\/\\u0077==\"}").requiredBlob("Blob")).isEqualTo(Bytes.copyOf(new byte[] {-1}));
    }

    @ParameterizedTest
    @CsvSource({"7.9, 7", "-0.5, -1", "1e300, 2147483647", "99999999999999999999, 2147483647", "2147483648, 2147483647"
    })
    void numbersAreFlooredAndClamped(String text, int expected) throws BodyException {
        assertThat(json("{\"Whole\": " + text + "}").whole("Whole")).hasValue(expected);
    }

    @Test
    void nullsCountAsAbsent() throws BodyException {
        Values values = json("{\"Text\": null, \"Blob\": null, \"List\": null, \"Nested\": null, \"Flag\": null}");

        assertThat(values.text("Text")).isEmpty();
        assertThat(values.structures("List")).isEmpty();
        assertThat(values.structure("Nested")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "{",
                "{\"Text\"",
                "{\"Text\":",
                "{\"Text\": \"a",
                "{\"List\": [",
                "{} {}",
                "{}x",
                "7",
                "\"text\"",
                "null",
                "nul",
                "{\"Text\": 1,}",
                "{\"Blob\": \"AQID",
                "{'Text': 1}"
            })
    void brokenJsonIsMalformed(String text) {
        assertThat(error(text).isMalformed()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "bf", "bf6454", "a1", "a164", "00", "f6", "bf64426c6f625affffffffff", "a0a0", "ff", "1c"})
    void brokenCborIsMalformed(String hex) {
        BodyException error = catchThrowableOfType(BodyException.class, () -> cbor(hex));
        assertThat(error.isMalformed()).isTrue();
    }

    /** It has no UTF-8: kept as it is it would come back as another text. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'Text': '\\ud800'}",
                "{'Text': 'a\\udc00b'}",
                "{'Text': '\\ud83d\\ud83d\\ude00'}",
                "{'Text': '\\ude00\\ud83d'}",
                "{'List': [{'Data': '', 'Key': '\\ud800'}]}",
                "{'Nested': {'Key': '\\ud800'}}",
                "{'Map': {'\\ud800': 'b'}}",
                "{'Map': {'a': '\\ud800'}}"
            })
    void halfASurrogatePairIsMalformed(String text) {
        assertThat(error(text.replace('\'', '"')).isMalformed()).isTrue();
    }

    @Test
    void aWholeSurrogatePairIsOneCharacterHoweverItIsSpelled() throws BodyException {
        assertThat(json("{\"Text\": \"\\ud83d\\ude00\", \"Unknown\": \"\\ud800\"}")
                        .text("Text"))
                .contains("\ud83d\ude00");
        assertThat(json("{\"Text\": \"\ud83d\ude00\"}").text("Text")).contains("\ud83d\ude00");
        assertThat(cbor("a1" + "6454657874" + "64f09f9880").text("Text")).contains("\ud83d\ude00");
    }

    /** Encoded one by one, as some writers of UTF-8 do; the bytes are those of U+D83D and U+DE00. */
    @ParameterizedTest
    @ValueSource(strings = {"eda0bd", "edb880", "edb880eda0bd"})
    void surrogatesThatWereEncodedOneByOneAreMalformed(String bytes) {
        byte[] json = HexFormat.of().parseHex("7b2254657874223a22" + bytes + "227d");
        assertThat(catchThrowableOfType(
                                BodyException.class, () -> BodyReader.read(Encoding.JSON, ByteBuffer.wrap(json), INPUT))
                        .isMalformed())
                .isTrue();
        String head = Integer.toHexString(0x60 + bytes.length() / 2);
        assertThat(catchThrowableOfType(BodyException.class, () -> cbor("a1" + "6454657874" + head + bytes))
                        .isMalformed())
                .isTrue();
    }

    /** Overlong forms of a NUL, a slash, a quote and U+20AC, a character beyond the last, and lone parts of characters. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "c080",
                "c0af",
                "c1bf",
                "e08080",
                "e080af",
                "f08080af",
                "f08282ac",
                "f4908080",
                "80",
                "c3",
                "e282"
            })
    void textsThatAreNotUtf8AreMalformedWhereverTheyStand(String bytes) throws Exception {
        // {"Text": "?"}, {"Unknown": "?"}, {"Map": {"?": "b"}}
        for (String form : List.of(
                "7b2254657874223a22?227d", "7b22556e6b6e6f776e223a22?227d", "7b224d6170223a7b22?223a2262227d7d")) {
            byte[] json = HexFormat.of().parseHex(form.replace("?", bytes));
            assertMalformed(() -> BodyReader.read(Encoding.JSON, ByteBuffer.wrap(json), INPUT));
        }
        String text = Integer.toHexString(0x60 + bytes.length() / 2) + bytes;
        String inPieces = "7f" + text + "ff";
        String asBytes = Integer.toHexString(0x40 + bytes.length() / 2) + bytes;
        for (String item : List.of(text, inPieces, "c1" + text)) {
            assertMalformed(() -> cbor("a1" + "6454657874" + item));
            assertMalformed(() -> cbor("bf" + "6454657874" + item + "ff"));
            assertMalformed(() -> cbor("a1" + "67556e6b6e6f776e" + "8101".replace("01", item)));
            assertMalformed(() -> cbor("a1" + "634d6170" + "a1" + item + "6162"));
        }
        assertMalformed(() -> cbor("a1" + "634d6170" + "a1" + asBytes + "6162"));
        // Bytes are not texts.
        assertThat(cbor("a1" + "64426c6f62" + asBytes).requiredBlob("Blob"))
                .isEqualTo(Bytes.copyOf(HexFormat.of().parseHex(bytes)));
    }

    /** Of a text that comes in pieces each one is whole (RFC 8949, 3.2.3). */
    @Test
    void aCharacterInTwoPiecesIsMalformed() throws Exception {
        assertThat(cbor("a1" + "6454657874" + "7f" + "6161" + "62c3a9" + "ff").text("Text"))
                .contains("a\u00e9");
        assertMalformed(() -> cbor("a1" + "6454657874" + "7f" + "61c3" + "61a9" + "ff"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"UTF-16BE", "UTF-16LE", "UTF-32BE", "UTF-32LE", "UTF-16"})
    void jsonInAnotherEncodingIsMalformed(String encoding) {
        byte[] json = "{\"Text\": \"a\"}".getBytes(Charset.forName(encoding));
        assertMalformed(() -> BodyReader.read(Encoding.JSON, ByteBuffer.wrap(json), INPUT));
    }

    /** Every character from a piece of the alphabet in which each length of UTF-8 and each edge between two occurs. */
    @Test
    void textsOfEveryLengthAreRead() throws BodyException {
        for (int character : new int[] {0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xffff, 0x10000, 0x10ffff}) {
            String text = Character.toString(character);
            for (int before = 0; before < 70; before++) {
                String padded = "{\"Unknown\": \"" + "x".repeat(before) + text + "\", \"Text\": \"" + text + "\"}";
                assertThat(json(padded).text("Text")).contains(text);
            }
            byte[] utf8 = text.getBytes(UTF_8);
            assertThat(cbor("a1" + "6454657874" + Integer.toHexString(0x60 + utf8.length)
                                    + HexFormat.of().formatHex(utf8))
                            .text("Text"))
                    .contains(text);
        }
    }

    private static void assertMalformed(ThrowableAssert.ThrowingCallable reading) {
        BodyException error = catchThrowableOfType(BodyException.class, reading);
        assertThat(error).isNotNull();
        assertThat(error.isMalformed()).isTrue();
    }

    @Test
    void nestingThatGoesTooDeepIsMalformed() {
        assertThat(error("{\"X\":" + "[".repeat(100_000)).isMalformed()).isTrue();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "[] | Start of list found where not expected",
                "{'Text': true} | class java.lang.Boolean can not be converted to an String",
                "{'Text': 1} | class com.amazon.coral.value.json.numbers.TruncatingBigNumber can not be converted to an"
                        + " String",
                "{'Text': []} | Start of list found where not expected",
                "{'Text': {}} | Start of structure or map found where not expected.",
                "{'Whole': '1'} | class java.lang.String can not be converted to an Integer",
                "{'Whole': true} | class java.lang.Boolean can not be converted to an Integer",
                "{'Blob': 1} | class com.amazon.coral.value.json.numbers.TruncatingBigNumber can not be converted to a"
                        + " Blob",
                "{'Blob': 'YQ==='} | ''YQ==='' can not be converted to a Blob: Base64 encoded length is expected a"
                        + " multiple of 4 bytes but found: 5",
                "{'Blob': 'A=AA'} | ''A=AA'' can not be converted to a Blob: Invalid Base64 character: ''=''",
                "{'Blob': 'A-AA'} | ''A-AA'' can not be converted to a Blob: Invalid Base64 character: ''-''",
                "{'Blob': 'YR=='} | ''YR=='' can not be converted to a Blob: Invalid last non-pad Base64 character"
                        + " dectected",
                "{'Time': 'x'} | class java.lang.String can not be converted to milliseconds since epoch",
                "{'List': 1} | Expected list or null",
                "{'List': {}} | Start of structure or map found where not expected.",
                "{'Map': 'a'} | Expected map or null",
                "{'Map': []} | Start of list found where not expected",
                "{'Nested': 1} | Expected null",
                "{'Nested': []} | Start of list found where not expected",
                "{'List': [{'Data': false}]} | class java.lang.Boolean can not be converted to a Blob",
                "{'Text': 1, 'Whole': '2'} | class com.amazon.coral.value.json.numbers.TruncatingBigNumber can not be"
                        + " converted to an String"
            },
            quoteCharacter = '`')
    void wrongTypesAreNamedInTheServicesWords(String text, String expected) {
        BodyException error = error(text.replace('\'', '"'));

        assertThat(error.isMalformed()).isFalse();
        assertThat(error.text()).contains(expected.replace("''", "'"));
    }

    @Test
    void aBodyThatBreaksAfterAWrongTypeIsMalformed() {
        assertThat(error("{\"Text\": 1, \"Blob\"").isMalformed()).isTrue();
    }

    private static BodyException error(String text) {
        return catchThrowableOfType(BodyException.class, () -> json(text));
    }

    private static Values json(String text) throws BodyException {
        return BodyReader.read(Encoding.JSON, ByteBuffer.wrap(text.getBytes(UTF_8)), INPUT);
    }

    private static Values cbor(String hex) throws BodyException {
        return BodyReader.read(Encoding.CBOR, ByteBuffer.wrap(HexFormat.of().parseHex(hex)), INPUT);
    }
}
