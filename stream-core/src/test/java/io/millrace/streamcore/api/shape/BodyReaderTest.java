package io.millrace.streamcore.api.shape;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.millrace.model.Bytes;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
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
