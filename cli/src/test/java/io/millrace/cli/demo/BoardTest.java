package io.millrace.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cli.demo.WorkerMessage.Ended;
import io.millrace.cli.demo.WorkerMessage.Taken;
import io.millrace.cli.terminal.ScreenSize;
import io.millrace.cli.terminal.Terminal;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BoardTest {
    private final Board board = new Board(new Ledger(), () -> 0, event -> {});

    private void takes(int shards) {
        for (int i = 0; i < shards; i++) {
            board.onMessage("worker-1", new Taken(String.format(Locale.ROOT, "shardId-%012d", i), 1));
        }
    }

    @ParameterizedTest
    @CsvSource({"24, 80", "10, 40", "5, 20", "3, 3", "1, 1", "60, 200"})
    void theScreenFitsItsTerminal(int rows, int columns) {
        takes(40);
        List<String> lines = board.screen(new ScreenSize(rows, columns));
        assertThat(lines).hasSizeLessThanOrEqualTo(Math.max(1, rows - 2));
        assertThat(lines).allMatch(line -> line.length() <= Math.max(1, columns - 1));
    }

    @Test
    void whereShardsDoNotFitTheFinishedOnesGoAndTheRestIsCounted() {
        takes(20);
        board.onMessage("worker-1", new Ended("shardId-000000000000", 1));
        List<String> lines = board.screen(ScreenSize.USUAL);
        assertThat(lines).hasSize(22);
        assertThat(lines).anyMatch(line -> line.startsWith("  shardId-000000000001 "));
        assertThat(lines).noneMatch(line -> line.startsWith("  shardId-000000000000 "));
        assertThat(lines).contains("  and 7 more shards");
        assertThat(lines.get(21)).endsWith("worker-1 finished shard 0");
    }

    @Test
    void boardWithManyShardsIsDrawnInPlaceBelowTheNotesOfTheStart() {
        ByteArrayOutputStream drawn = new ByteArrayOutputStream();
        Terminal terminal = new Terminal(
                OutputStream.nullOutputStream(),
                new PrintStream(drawn, true, StandardCharsets.UTF_8),
                false,
                true,
                ScreenSize.USUAL);
        terminal.note("starting the server and DynamoDB Local...");
        for (int shards = 1; shards <= 40; shards++) {
            takes(shards);
            terminal.screen(board.screen(terminal.size()));
        }

        assertThat(lowestRow(drawn.toString(StandardCharsets.UTF_8))).isEqualTo(24);
    }

    /** The lowest row that the cursor reaches on a screen without an end, counted from 1. */
    private static int lowestRow(String output) {
        int row = 1;
        int lowest = 1;
        Matcher moves = Pattern.compile("\\u001b\\[(\\d+)A|\n").matcher(output);
        while (moves.find()) {
            row = moves.group(1) == null ? row + 1 : row - Integer.parseInt(moves.group(1));
            lowest = Math.max(lowest, row);
        }
        return lowest;
    }

    @Test
    void withRoomForAllOfItNothingIsLeftOut() {
        takes(6);
        List<String> lines = board.screen(ScreenSize.USUAL);
        assertThat(lines).filteredOn(line -> line.startsWith("  shardId-")).hasSize(6);
        assertThat(lines).filteredOn(line -> line.contains("owns shard")).hasSize(6);
    }
}
