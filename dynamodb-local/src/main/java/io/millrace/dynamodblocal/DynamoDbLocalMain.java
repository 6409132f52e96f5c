package io.millrace.dynamodblocal;

import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.lang.reflect.InvocationTargetException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The main class of the child process: serves DynamoDB Local's request handler behind a Jetty server that is bound to
 * loopback, because its own server listens on every interface. Everything of it is reached by reflection. Uses only the
 * JDK, since the class path is DynamoDB Local's. Its one thread waits for the end of standard input, which is the end of
 * the parent, and then ends the process.
 */
final class DynamoDbLocalMain {
    /** What the line begins with that tells the port. */
    static final String READY = "millrace-dynamodb-local ready ";

    /** What the line begins with that tells why it does not run. */
    static final String FAILED = "millrace-dynamodb-local failed ";

    /** What the line begins with that tells that the port is in use. */
    static final String PORT_TAKEN = "millrace-dynamodb-local taken ";

    /** The beginnings of the one line that the parent waits for. */
    static final List<String> ANSWERS = List.of(READY, FAILED, PORT_TAKEN);

    private static final String LOCAL = "com.amazonaws.services.dynamodbv2.local.";

    /** Held so that the level set on it is not collected with it. */
    private static final Logger SQLITE = Logger.getLogger("com.almworks.sqlite4java");

    private DynamoDbLocalMain() {}

    public static void main(String[] args) throws Exception {
        int port = Integer.parseInt(args[0]);
        Path temporary = Path.of(args[1]);
        String data = args.length > 2 ? args[2] : null;
        SQLITE.setLevel(Level.OFF);
        PrintStream answers = System.out;
        System.setOut(System.err);
        try {
            Object handler = requestHandler(data);
            checkTables(handler);
            Object server = server(port, handler);
            answers.println(READY + localPort(server));
        } catch (Throwable error) {
            Throwable cause = unwrap(error);
            cause.printStackTrace();
            answers.println(
                    isPortTaken(cause)
                            ? PORT_TAKEN + "port " + port
                                    + " on 127.0.0.1 is in use; stop what uses it or choose another port for DynamoDB"
                            : FAILED + explain(cause, data));
            answers.flush();
            Runtime.getRuntime().halt(1);
        }
        answers.flush();
        while (System.in.read() >= 0) {
            // Nothing is expected: only the end counts.
        }
        delete(temporary);
        Runtime.getRuntime().halt(0);
    }

    /** Best effort, for a parent that was killed: one that closes deletes it as well. */
    private static void delete(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
            Files.deleteIfExists(folder.resolveSibling(folder.getFileName() + ".lock"));
        } catch (IOException | UncheckedIOException leftToTheNextStart) {
            // The lock beside it is free then, and tells so.
        }
    }

    private static Object requestHandler(@Nullable String data) throws ReflectiveOperationException {
        return Class.forName(LOCAL + "server.LocalDynamoDBRequestHandler")
                .getConstructor(int.class, boolean.class, String.class, boolean.class, boolean.class)
                .newInstance(0, data == null, data, true, false);
    }

    /** Opens the database, so that a damaged file is told now and not with the first request. */
    private static void checkTables(Object handler) throws ReflectiveOperationException {
        Class<?> request = Class.forName("com.amazonaws.services.dynamodbv2.model.ListTablesRequest");
        handler.getClass()
                .getMethod("listTables", String.class, String.class, request)
                .invoke(handler, "local", "us-east-1", request.getConstructor().newInstance());
    }

    private static Object server(int port, Object requestHandler) throws ReflectiveOperationException {
        Object handler = Class.forName(LOCAL + "server.LocalDynamoDBServerHandler")
                .getConstructor(Class.forName(LOCAL + "server.DynamoDBRequestHandler"), String.class)
                .newInstance(requestHandler, null);
        Class<?> handlerType = Class.forName("org.eclipse.jetty.server.Handler");
        Object context = Class.forName("org.eclipse.jetty.server.handler.ContextHandler")
                .getConstructor()
                .newInstance();
        context.getClass().getMethod("setHandler", handlerType).invoke(context, handler);
        Class<?> serverType = Class.forName("org.eclipse.jetty.server.Server");
        Object server = serverType
                .getConstructor(InetSocketAddress.class)
                .newInstance(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        serverType.getMethod("setHandler", handlerType).invoke(server, GuardedHandler.of(context));
        serverType.getMethod("start").invoke(server);
        return server;
    }

    private static int localPort(Object server) throws ReflectiveOperationException {
        Object[] connectors =
                (Object[]) server.getClass().getMethod("getConnectors").invoke(server);
        return (int) connectors[0].getClass().getMethod("getLocalPort").invoke(connectors[0]);
    }

    private static Throwable unwrap(Throwable error) {
        Throwable cause = error;
        while (cause instanceof InvocationTargetException && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause;
    }

    private static boolean isPortTaken(Throwable error) {
        for (Throwable cause = error; cause != null; cause = cause.getCause()) {
            if (cause instanceof BindException) {
                return true;
            }
        }
        return false;
    }

    private static String explain(Throwable error, @Nullable String data) {
        String reason = String.valueOf(error.getMessage()).lines().findFirst().orElse("no reason given");
        return data == null
                ? "DynamoDB Local does not start: " + reason
                : "DynamoDB Local cannot use the data in " + data
                        + " (another process may be using it, or it is damaged; see dynamodb-local.log there): "
                        + reason;
    }
}
