package io.millrace.dynamodblocal;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import org.jspecify.annotations.Nullable;

/**
 * A handler of Jetty 12 that refuses what {@link LocalCallers} refuses and passes everything else on to another handler. Reached by
 * reflection, since Jetty is on the class path of the child process alone. Safe for any thread.
 */
final class GuardedHandler implements InvocationHandler {
    private static final String SERVER = "org.eclipse.jetty.server.";

    private final Object handler;
    private final Method headers;
    private final Method header;
    private final Method writeError;

    private GuardedHandler(Object handler) throws ReflectiveOperationException {
        Class<?> request = Class.forName(SERVER + "Request");
        Class<?> response = Class.forName(SERVER + "Response");
        this.handler = handler;
        this.headers = request.getMethod("getHeaders");
        this.header = Class.forName("org.eclipse.jetty.http.HttpFields").getMethod("get", String.class);
        this.writeError = response.getMethod(
                "writeError", request, response, Class.forName("org.eclipse.jetty.util.Callback"), int.class);
    }

    /** A guard before {@code handler}. */
    static Object of(Object handler) throws ReflectiveOperationException {
        Class<?> type = Class.forName(SERVER + "Handler");
        return Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, new GuardedHandler(handler));
    }

    @Override
    public @Nullable Object invoke(Object proxy, Method method, Object @Nullable [] arguments) throws Throwable {
        if (arguments != null && method.getName().equals("handle")) {
            Object sent = headers.invoke(arguments[0]);
            int refusal =
                    LocalCallers.refusal((String) header.invoke(sent, "Host"), (String) header.invoke(sent, "Origin"));
            if (refusal != 0) {
                writeError.invoke(null, arguments[0], arguments[1], arguments[2], refusal);
                return true;
            }
        }
        try {
            return method.invoke(handler, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }
}
