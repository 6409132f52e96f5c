package io.millrace.multilang.lambda;

import static java.util.Objects.requireNonNull;

import io.millrace.consumer.mapping.FunctionNames;
import io.millrace.multilang.child.ChildCommand;
import io.millrace.multilang.settings.LambdaChoice;
import io.millrace.multilang.settings.SettingsException;
import io.millrace.runtime.TemporaryFolder;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * The command that runs a handler in a child: its interpreter and our shim, which is laid into a temporary folder. Close it when no
 * child runs any more. Safe for any thread.
 */
public final class LambdaProgram implements AutoCloseable {
    private static final int CHECK_SECONDS = 30;
    private static final int LONGEST_LINE = 8_192;
    private static final List<String> JAVASCRIPT = List.of(".js", ".mjs", ".cjs");

    private final TemporaryFolder folder;
    private final ChildCommand command;

    private LambdaProgram(TemporaryFolder folder, ChildCommand command) {
        this.folder = folder;
        this.command = command;
    }

    /**
     * Finds a handler below the folder of its code, and tries whether it can be loaded.
     *
     * @param interpreter the command of the interpreter and its arguments; none for {@code python3} or {@code node}
     * @param application is told to children
     * @param names what the function is told of itself
     * @param region the region that the function is told
     * @throws SettingsException in one line for the user, if the handler cannot be run
     */
    public static LambdaProgram find(
            LambdaChoice choice, List<String> interpreter, String application, FunctionNames names, String region) {
        Path here = choice.code();
        boolean isPython = isPython(here, choice.handler());
        List<String> words =
                new ArrayList<>(interpreter.isEmpty() ? List.of(isPython ? "python3" : "node") : interpreter);
        String path = System.getenv().getOrDefault("PATH", "");
        if (ChildCommand.find(words.get(0), path).isEmpty()) {
            throw new SettingsException(
                    "the interpreter of handler " + choice.handler() + " is not there: '" + words.get(0)
                            + "'; install " + (isPython ? "Python 3.9" : "Node.js 18")
                            + " or newer, or give its command as executableName");
        }
        TemporaryFolder folder = temporary();
        try {
            Path shims = folder.path();
            Map<String, String> environment = environment(choice, names, region, here);
            ShimFolder laid = new ShimFolder(isPython ? "python" : "node", shims, isPython ? "millrace" : "lib");
            if (isPython) {
                words.addAll(List.of("-m", "millrace._lambda"));
                String own = System.getenv("PYTHONPATH");
                environment.put("PYTHONPATH", own == null || own.isEmpty() ? shims.toString() : shims + ":" + own);
                environment.put("PYTHONDONTWRITEBYTECODE", "1");
            } else {
                words.add(laid.shim().resolve("lambda.mjs").toString());
            }
            check(words, choice.handler(), environment, shims.resolve("check.log"));
            words.add(choice.handler());
            return new LambdaProgram(folder, new ChildCommand(words, application, environment, 1, laid::restore));
        } catch (IOException failure) {
            folder.close();
            throw new UncheckedIOException("the shim of handler " + choice.handler() + " cannot be laid down", failure);
        } catch (RuntimeException refused) {
            folder.close();
            throw refused;
        }
    }

    /** The command of children. */
    public ChildCommand command() {
        return command;
    }

    @Override
    public void close() {
        folder.close();
    }

    private static TemporaryFolder temporary() {
        try {
            return TemporaryFolder.create("millrace-lambda");
        } catch (IOException failure) {
            throw new UncheckedIOException("there is no place for temporary files", failure);
        }
    }

    /** By the file that is there, looked for as Lambda's runtimes do. */
    static boolean isPython(Path folder, String handler) {
        int last = handler.lastIndexOf('.');
        int name = handler.lastIndexOf('/') + 1;
        int first = handler.indexOf('.', name);
        if (first < 0 || last == handler.length() - 1 || first == name) {
            throw new SettingsException("handler is module.function, or folder/file.export, not '" + handler + "'");
        }
        Path module = folder.resolve(handler.substring(0, last).replace('.', '/'));
        boolean isPython = Files.isRegularFile(module.resolveSibling(module.getFileName() + ".py"))
                || Files.isRegularFile(module.resolve("__init__.py"));
        String file = handler.substring(0, first);
        boolean isJavaScript =
                JAVASCRIPT.stream().anyMatch(ending -> Files.isRegularFile(folder.resolve(file + ending)));
        if (isPython && isJavaScript) {
            throw new SettingsException("handler " + handler + " may be in " + file
                    + ".py or in a file for Node.js of that name; rename one of them");
        }
        if (!isPython && !isJavaScript) {
            throw new SettingsException("handler " + handler + " is not there: " + folder + " has neither " + file
                    + ".py nor " + file + String.join(", " + file, JAVASCRIPT));
        }
        return isPython;
    }

    private static Map<String, String> environment(LambdaChoice choice, FunctionNames names, String region, Path here) {
        Map<String, String> environment = new LinkedHashMap<>();
        environment.put("_HANDLER", choice.handler());
        environment.put("AWS_REGION", region);
        environment.put("AWS_DEFAULT_REGION", region);
        environment.put("AWS_LAMBDA_FUNCTION_NAME", choice.functionName());
        environment.put("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST");
        environment.put("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", Integer.toString(choice.memoryMegabytes()));
        environment.put("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand");
        environment.put("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/" + choice.functionName());
        environment.put("AWS_LAMBDA_LOG_STREAM_NAME", "millrace");
        environment.put("LAMBDA_TASK_ROOT", here.toString());
        environment.put("TZ", ":UTC");
        environment.put("MILLRACE_LAMBDA_FUNCTION_ARN", names.functionArn());
        environment.put(
                "MILLRACE_LAMBDA_TIMEOUT", Long.toString(choice.timeout().toSeconds()));
        return environment;
    }

    private static void check(List<String> words, String handler, Map<String, String> environment, Path log)
            throws IOException {
        List<String> check = new ArrayList<>(words);
        check.addAll(List.of("--check", handler));
        ProcessBuilder builder = new ProcessBuilder(check)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(log.toFile());
        builder.environment().putAll(environment);
        Process process = builder.start();
        try {
            process.getOutputStream().close();
            if (!process.waitFor(CHECK_SECONDS, TimeUnit.SECONDS)) {
                throw new SettingsException("handler " + handler + " was not loaded within " + CHECK_SECONDS + " s");
            }
            if (process.exitValue() != 0) {
                throw new SettingsException("handler " + handler + " cannot be run: " + lastLine(log));
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new SettingsException("handler " + handler + " was not loaded: interrupted");
        } finally {
            process.destroyForcibly();
        }
    }

    /** Of a long log its end is read alone. */
    static String lastLine(Path log) throws IOException {
        byte[] end;
        try (InputStream file = Files.newInputStream(log)) {
            file.skipNBytes(Math.max(0, Files.size(log) - LONGEST_LINE));
            end = file.readNBytes(LONGEST_LINE);
        }
        List<String> lines = new String(end, StandardCharsets.UTF_8)
                .lines()
                .filter(line -> !line.isBlank())
                .toList();
        String last = lines.isEmpty() ? "it ended without a word" : lines.get(lines.size() - 1);
        return requireNonNull(last).strip().replaceFirst("^millrace: ", "");
    }
}
