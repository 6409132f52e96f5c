package io.millrace.systemtests.clients;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A row of the table of cases: the options of an event source mapping, the records of its stream, and what AWS Lambda's documentation
 * says that the function is called with. The records say what becomes of them: the handlers of {@code lambda_cases.py} and
 * {@code lambda_cases.mjs} throw, end, hang or report failures where the first word of a record is such, once where {@code -once}
 * follows.
 *
 * @param name of the row, and of its stream, application and function
 * @param isOfLanguages true if the row is about how a handler is run and answers, so that each language is worth a run in every build
 * @param options lines of the settings
 * @param records the data of the records
 * @param calls what the function is called with, in order: the data of its records, and the window
 * @param givenUp documents on failure: their condition, the data of their records, and how often these were tried
 */
record LambdaCase(
        String name,
        boolean isOfLanguages,
        String options,
        List<String> records,
        List<String> calls,
        List<String> givenUp) {
    private static final String REPORT = "FunctionResponseTypes = ReportBatchItemFailures";
    private static final String BISECT = "BisectBatchOnFunctionError = true";

    /** Each row by itself: nothing it says depends on another. */
    private static final List<LambdaCase> ALL = List.of(
            // Batches.
            row("batches", "BatchSize = 3", "1,2,3,4,5,6,7").calls("1,2,3", "4,5,6", "7"),
            row("defaults", "", "1,2,3").calls("1,2,3"),
            row("full", "BatchSize = 2\nMaximumBatchingWindowInSeconds = 300", "1,2,3,4")
                    .calls("1,2", "3,4"),
            // Errors, ends of the process and time limits are tried again, as long as nothing else is said.
            row("error", "BatchSize = 2", "a,throw-once,c")
                    .calls("a,throw-once", "a,throw-once", "c")
                    .ofLanguages(),
            row("exit", "", "a,exit-once").calls("a,exit-once", "a,exit-once").ofLanguages(),
            row("timeout", "Timeout = 1", "a,hang-once")
                    .calls("a,hang-once", "a,hang-once")
                    .ofLanguages(),
            row("unlimited", "MaximumRetryAttempts = -1", "a,throw-3")
                    .calls("a,throw-3", "a,throw-3", "a,throw-3", "a,throw-3"),
            row("retries", "MaximumRetryAttempts = 1", "a,throw,c")
                    .calls("a,throw,c", "a,throw,c")
                    .givesUp("RetryAttemptsExhausted of a,throw,c after 2"),
            row("noretry", "MaximumRetryAttempts = 0\nBatchSize = 2", "a,throw,c,d")
                    .calls("a,throw", "c,d")
                    .givesUp("RetryAttemptsExhausted of a,throw after 1"),
            row("exits", "MaximumRetryAttempts = 1\nBatchSize = 1", "exit,b")
                    .calls("exit", "exit", "b")
                    .givesUp("RetryAttemptsExhausted of exit after 2"),
            // Halves: splitting uses up no retries, and both come in order.
            row("bisect", "MaximumRetryAttempts = 1\n" + BISECT, "a,b,throw,d,e")
                    .calls("a,b,throw,d,e", "a,b", "throw,d,e", "throw", "throw", "d,e")
                    .givesUp("RetryAttemptsExhausted of throw after 4"),
            row("bisecttwo", "MaximumRetryAttempts = 0\n" + BISECT, "throw,b,c,throw-b")
                    .calls("throw,b,c,throw-b", "throw,b", "throw", "b", "c,throw-b", "c", "throw-b")
                    .givesUp("RetryAttemptsExhausted of throw after 3", "RetryAttemptsExhausted of throw-b after 2"),
            row("bisectonce", BISECT, "a,b,throw-once,d").calls("a,b,throw-once,d", "a,b", "throw-once,d"),
            // Partial answers.
            row("partial", REPORT, "a,report-once,c")
                    .calls("a,report-once,c", "report-once,c")
                    .ofLanguages(),
            row("lowest", REPORT, "a,report-once1,report-once2,d")
                    .calls("a,report-once1,report-once2,d", "report-once1,report-once2,d"),
            row("first", REPORT, "report-once,b").calls("report-once,b", "report-once,b"),
            row("empty", REPORT, "a,empty-once")
                    .calls("a,empty-once", "a,empty-once")
                    .ofLanguages(),
            row("null", REPORT, "a,null-once")
                    .calls("a,null-once", "a,null-once")
                    .ofLanguages(),
            row("badkey", REPORT, "a,key-once").calls("a,key-once", "a,key-once"),
            row("unknown", REPORT, "a,unknown-once").calls("a,unknown-once", "a,unknown-once"),
            row("nothing", REPORT + "\nBatchSize = 1", "answernull,answerempty,listnull,listempty")
                    .calls("answernull", "answerempty", "listnull", "listempty")
                    .ofLanguages(),
            row("unasked", "", "a,report,c").calls("a,report,c"),
            row("partialretries", REPORT + "\nMaximumRetryAttempts = 1", "a,report,c")
                    .calls("a,report,c", "report,c")
                    .givesUp("RetryAttemptsExhausted of report,c after 2"),
            row("partialbisect", REPORT + "\nMaximumRetryAttempts = 0\n" + BISECT, "a,report,c,d")
                    .calls("a,report,c,d", "report,c,d", "report", "c,d")
                    .givesUp("RetryAttemptsExhausted of report after 3"),
            // Filters.
            row(
                            "filter",
                            "BatchSize = 2\n" + filter("{\"data\":{\"k\":[{\"numeric\":[\">\",1]}]}}"),
                            "{\"k\":1}|none|{\"k\":2}|{\"k\":3}|{\"k\":4}|{\"j\":5}")
                    .calls("{\"k\":2},{\"k\":3}", "{\"k\":4}"),
            row(
                            "anyfilter",
                            "FilterCriteria = {\"Filters\":[{\"Pattern\":{\"data\":{\"k\":[\"x\"]}}},"
                                    + "{\"Pattern\":{\"partitionKey\":[\"key-2\"]}}]}",
                            "{\"k\":\"x\"}|{\"k\":\"y\"}|no JSON|more")
                    .calls("{\"k\":\"x\"},no JSON"),
            row(
                            "filteredwindow",
                            "TumblingWindowInSeconds = 1\n" + filter("{\"data\":{\"k\":[1]}}"),
                            "{\"k\":1}|{\"k\":2}")
                    .calls("{\"k\":1} with nothing", "final with {\"k\":1}"),
            // Windows.
            row("window", "TumblingWindowInSeconds = 1", "a,b")
                    .calls("a,b with nothing", "final with ab")
                    .ofLanguages(),
            row("windowbatches", "TumblingWindowInSeconds = 900\nBatchSize = 2", "a,b,c")
                    .calls("a,b with nothing", "c with ab"),
            row("stateless", "TumblingWindowInSeconds = 1", "stateless-once")
                    .calls("stateless-once with nothing", "stateless-once with nothing", "final with stateless-once")
                    .ofLanguages(),
            row("windowerror", "TumblingWindowInSeconds = 1", "a,throw-once")
                    .calls("a,throw-once with nothing", "a,throw-once with nothing", "final with athrow-once"),
            row("windowreport", "TumblingWindowInSeconds = 1\n" + REPORT, "a,report-once")
                    .calls("a,report-once with nothing", "a,report-once with nothing", "final with areport-once"),
            row("windowfinal", "TumblingWindowInSeconds = 1", "lastfails-once")
                    .calls("lastfails-once with nothing", "final with lastfails-once", "final with lastfails-once"),
            row("windowgivesup", "TumblingWindowInSeconds = 900\nMaximumRetryAttempts = 0\nBatchSize = 1", "a,throw,c")
                    .calls("a with nothing", "throw with a", "c with a")
                    .givesUp("RetryAttemptsExhausted of throw after 1"),
            row("early", "TumblingWindowInSeconds = 900\nBatchSize = 1", "big,c")
                    .calls("big with nothing", "final early with big", "c with nothing")
                    .ofLanguages());

    private static String filter(String pattern) {
        return "FilterCriteria = {\"Filters\":[{\"Pattern\":" + pattern + "}]}";
    }

    private static LambdaCase row(String name, String options, String records) {
        List<String> data = List.of(records.split(records.contains("|") ? "\\|" : ",", -1));
        return new LambdaCase(name, false, options, data, List.of(), List.of());
    }

    private LambdaCase calls(String... notes) {
        return new LambdaCase(name, isOfLanguages, options, records, List.of(notes), givenUp);
    }

    private LambdaCase givesUp(String... documents) {
        return new LambdaCase(name, isOfLanguages, options, records, calls, List.of(documents));
    }

    private LambdaCase ofLanguages() {
        return new LambdaCase(name, true, options, records, calls, givenUp);
    }

    static Stream<LambdaCase> all() {
        return ALL.stream();
    }

    /** The length of its windows; 0 where it has none. */
    long windowSeconds() {
        return Optional.of(options)
                .filter(lines -> lines.contains("TumblingWindowInSeconds = "))
                .map(lines -> Long.parseLong(lines.replaceFirst("(?s).*TumblingWindowInSeconds = (\\d+).*", "$1")))
                .orElse(0L);
    }

    @Override
    public String toString() {
        return name;
    }
}
