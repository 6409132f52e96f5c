package io.millrace.streamcore.api.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import ch.qos.logback.core.read.ListAppender;
import io.millrace.runtime.EventLoop;
import io.millrace.runtime.SystemPlatform;
import io.millrace.streamcore.api.auth.CredentialsFile.WhenGone;
import io.millrace.streamcore.api.operate.Health;
import io.millrace.streamcore.stream.account.Account;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

class CredentialsFileTest {
    private static final String SECRET = "a-secret-that-nobody-shall-see";
    private static final String GOOD = """
            {
              "comment": "for tests",
              "keys": [
                {
                  "accessKeyId": "producer",
                  "secretAccessKey": "SECRET",
                  "comment": "puts orders",
                  "allow": [
                    {"actions": ["kinesis:PutRecord*"], "streams": ["orders", "orders-*"]},
                    {"actions": ["kinesis:ListStreams"], "streams": ["*"], "comment": "all"}
                  ]
                },
                {"accessKeyId": "nothing", "secretAccessKey": "SECRET", "account": "111122223333"}
              ]
            }
            """.replace("SECRET", SECRET);

    private final ListAppender<ILoggingEvent> logged = new ListAppender<>();
    private final Logger logger = (Logger) LoggerFactory.getLogger(CredentialsFile.class);

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit fills it before each test
    private Path folder;

    @SuppressWarnings("NullAway.Init") // set before each test
    private EventLoop loop;

    @BeforeEach
    void start() {
        loop = new SystemPlatform().newEventLoop("test");
        logged.start();
        logger.addAppender(logged);
        logger.setLevel(Level.INFO);
    }

    @AfterEach
    void stop() {
        loop.close();
        logger.detachAndStopAllAppenders();
        logger.setLevel(null);
    }

    private Path file(String text) throws IOException {
        Path file = folder.resolve("keys.json");
        Files.writeString(file, text);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        return file;
    }

    private CredentialsFile open(Path file) throws IOException {
        return CredentialsFile.open(file, WhenGone.KEYS_STAY_VALID, loop);
    }

    private List<String> logged(Level level) {
        return logged.list.stream()
                .filter(event -> event.getLevel() == level)
                .map(ILoggingEvent::getFormattedMessage)
                .toList();
    }

    private static String arn(AccessKey key) {
        return key.principal(key.account(Account.USUAL).id(), "000000000000").arn();
    }

    @Test
    void whatIsNotAllowedIsDenied() throws IOException {
        AccessKeys keys = open(file(GOOD)).current();
        AccessKey producer = keys.find("producer").orElseThrow();
        assertThat(producer.allows("kinesis:PutRecord", "orders")).isTrue();
        assertThat(producer.allows("kinesis:PutRecords", "orders-eu")).isTrue();
        assertThat(producer.allows("kinesis:PutRecords", "orders2")).isFalse();
        assertThat(producer.allows("kinesis:GetRecords", "orders")).isFalse();
        assertThat(producer.allowsEverywhere("kinesis:PutRecord")).isFalse();
        assertThat(producer.allowsEverywhere("kinesis:ListStreams")).isTrue();
        AccessKey nothing = keys.find("nothing").orElseThrow();
        assertThat(nothing.allowsSomewhere("kinesis:ListStreams")).isFalse();
        assertThat(keys.find("other")).isEmpty();
        assertThat(arn(producer)).isEqualTo("arn:aws:iam::000000000000:user/producer");
        assertThat(arn(nothing)).isEqualTo("arn:aws:iam::111122223333:user/nothing");
        assertThat(producer).hasToString("producer");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "''|line 1: expected an object",
                "[]|line 1: expected an object",
                "{|line 1: not JSON",
                "{\"keys\": [} |line 1: not JSON",
                "{} | line 1: no 'keys'",
                "{\"keys\": {}}|line 1: expected 'keys' to be a list of objects",
                "{\"keys\": [], \"keys\": []}|line 1: 'keys' is given twice",
                "{\"keys\": [], \"key\": 1}|line 1: unknown member 'key'; known are keys, comment",
                "{\"keys\": []} x|line 1: not JSON",
                "{\"keys\": []} {}|line 1: something follows the end",
                "{\"keys\": [1]}|line 1: expected 'keys' to be a list of objects",
                "{\"keys\": [{}]}|line 1: no 'accessKeyId'",
                "{\"keys\": [{\"accessKeyId\": \"a b\"}]}|an 'accessKeyId' has 1 to 128 letters",
                "{\"keys\": [{\"accessKeyId\": \"a\"}]}|line 1 (key a): no 'secretAccessKey'",
                "{\"keys\": [{\"accessKeyId\": \"a\", \"secretAccessKey\": \"short\"}]}|(key a): a 'secretAccessKey' has 16 to",
                "{\"keys\": [{\"accessKeyId\": \"a\", \"secretAccessKey\": 12}]}|(key a): expected 'secretAccessKey' to be a text",
                "{\"keys\": [{\"accessKeyId\": \"a\", \"account\": \"1234\"}]}|(key a): an 'account' has twelve digits",
            })
    void everyMistakeIsNamed(String text, String told) throws IOException {
        Path file = file(text);
        assertThatThrownBy(() -> open(file))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith("Cannot use the credentials file " + file + ": ")
                .hasMessageContaining(told)
                .hasMessageNotContaining("\n");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"actions\": [\"kinesis:PutRecrod\"], \"streams\": [\"*\"]}|no operation of the service matches 'kinesis:PutRecrod'",
                "{\"actions\": [\"dynamodb:*\"], \"streams\": [\"*\"]}|'actions' are texts such as",
                "{\"actions\": [\"*\"], \"streams\": [\"a/b\"]}|'streams' are texts such as",
                "{\"actions\": [\"*\"]}|needs 'actions' and 'streams'",
                "{\"actions\": [\"*\"], \"streams\": []}|needs 'actions' and 'streams'",
                "{\"action\": [\"*\"], \"streams\": [\"*\"]}|unknown member 'action'",
                "{\"actions\": \"*\", \"streams\": [\"*\"]}|expected 'actions' to be a list of texts",
                "[]|expected 'allow' to be a list of objects",
            })
    void everyMistakeOfAGrantIsNamedWithItsKey(String grant, String told) throws IOException {
        Path file = file("{\"keys\": [\n{\"accessKeyId\": \"a\", \"secretAccessKey\": \"" + SECRET + "\",\n\"allow\": ["
                + grant + "]}]}");
        assertThatThrownBy(() -> open(file))
                .hasMessageContaining("line 3 (key a): ")
                .hasMessageContaining(told)
                .hasMessageNotContaining(SECRET);
    }

    @Test
    void aKeyGivenTwiceIsAMistake() throws IOException {
        Path file = file(GOOD.replace("nothing", "producer"));
        assertThatThrownBy(() -> open(file)).hasMessageContaining("(key producer): given twice");
    }

    @Test
    void noMistakeQuotesTheFile() throws IOException {
        for (int cut = 0; cut < GOOD.length() - 2; cut++) {
            for (String text :
                    new String[] {GOOD.substring(0, cut), GOOD.substring(0, cut) + "\u0001" + GOOD.substring(cut + 1)
                    }) {
                Path file = file(text);
                try {
                    open(file);
                } catch (IOException told) {
                    assertThat(told).hasMessageNotContaining("that-nobody").hasMessageNotContaining("\n");
                    assertThat(String.valueOf(told.getCause())).doesNotContain("that-nobody");
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"rw-r-----", "rw----r--", "rw--w----", "rw-rw-rw-"})
    void aFileThatOthersMayUseIsRefused(String permissions) throws IOException {
        Path file = file(GOOD);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
        assertThatThrownBy(() -> open(file)).hasMessageContaining("run: chmod 600 " + file);
    }

    @Test
    void aMissingFileAndAFolderAreNamed() {
        assertThatThrownBy(() -> open(folder.resolve("none"))).hasMessageEndingWith("none: no such file.");
        assertThatThrownBy(() -> open(folder)).hasMessageContaining(folder.toString());
    }

    @Test
    void aChangedFileCountsAndABrokenOneChangesNothingButTheLog() throws IOException {
        Path file = file(GOOD);
        CredentialsFile credentials = open(file);
        change(file, GOOD.replace("producer", "other"), 1);
        credentials.look();
        assertThat(credentials.current().find("producer")).isEmpty();
        assertThat(credentials.current().find("other")).isPresent();

        change(file, GOOD.substring(0, 200), 2);
        credentials.look();
        credentials.look();
        assertThat(credentials.current().find("other")).isPresent();
        assertThat(logged.list)
                .filteredOn(event -> event.getLevel() == Level.WARN)
                .singleElement()
                .satisfies(warning -> assertThat(warning.getFormattedMessage())
                        .contains("not JSON", "The keys read before stay valid.")
                        .doesNotContain(SECRET));

        Files.delete(file);
        credentials.look();
        assertThat(credentials.current().find("other")).isPresent();
        change(file(""), GOOD, 3);
        credentials.look();
        assertThat(credentials.current().find("producer")).isPresent();
    }

    @Test
    void healthTellsOfAFileThatIsGoneWhoseKeysStayValid() throws IOException {
        Path file = file(GOOD);
        CredentialsFile credentials = open(file);
        assertThat(credentials.flaw()).isEmpty();
        Files.delete(file);
        credentials.look();
        credentials.look();
        String told = "Cannot use the credentials file " + file + ": no such file. The keys read before stay valid.";
        assertThat(credentials.flaw()).contains(new Health.Flaw(told, false));
        assertThat(logged(Level.WARN)).containsExactly(told);
        assertThat(credentials.current().find("producer")).isPresent();
        change(file(""), GOOD.substring(0, 200), 1);
        credentials.look();
        assertThat(credentials.flaw().orElseThrow().reason()).contains("not JSON");
        change(file, GOOD, 2);
        credentials.look();
        assertThat(credentials.flaw()).isEmpty();
    }

    @Test
    void noKeyOfAFileThatIsRequiredIsValidWhileItIsGone() throws IOException {
        Path file = file(GOOD);
        CredentialsFile credentials = CredentialsFile.open(file, WhenGone.NO_KEY_IS_VALID, loop);
        change(file, GOOD.substring(0, 200), 1);
        credentials.look();
        assertThat(credentials.current().find("producer"))
                .as("a mistake shuts nobody out")
                .isPresent();
        Files.delete(file);
        credentials.look();
        credentials.look();
        String told =
                "Cannot use the credentials file " + file + ": no such file. No key is valid until it can be used.";
        assertThat(credentials.current().find("producer")).isEmpty();
        assertThat(credentials.flaw()).contains(new Health.Flaw(told, true));
        assertThat(logged(Level.ERROR)).containsExactly(told);
        change(file(""), GOOD.substring(0, 200), 2);
        credentials.look();
        assertThat(credentials.current().find("producer"))
                .as("a mistake lets nobody in")
                .isEmpty();
        assertThat(credentials.flaw().orElseThrow().isFailure()).isTrue();
        change(file, GOOD, 3);
        credentials.look();
        assertThat(credentials.current().find("producer")).isPresent();
        assertThat(credentials.flaw()).isEmpty();
    }

    @Test
    void theLoopLooksByItself() throws Exception {
        BlockingQueue<ILoggingEvent> logs = new LinkedBlockingQueue<>();
        AppenderBase<ILoggingEvent> appender = new AppenderBase<>() {
            @Override
            protected void append(ILoggingEvent event) {
                logs.add(event);
            }
        };
        appender.start();
        logger.addAppender(appender);
        Path file = file(GOOD);
        CredentialsFile credentials = open(file);
        change(file, GOOD.replace("producer", "other"), 1);
        logs.poll(20, TimeUnit.SECONDS);
        assertThat(credentials.current().find("other")).isPresent();
    }

    private static void change(Path file, String text, int time) throws IOException {
        Files.writeString(file, text);
        Files.setLastModifiedTime(file, FileTime.from(Instant.EPOCH.plusSeconds(time)));
    }
}
