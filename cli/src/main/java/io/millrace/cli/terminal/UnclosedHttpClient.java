package io.millrace.cli.terminal;

import java.util.concurrent.CompletableFuture;
import software.amazon.awssdk.http.async.AsyncExecuteRequest;
import software.amazon.awssdk.http.async.SdkAsyncHttpClient;
import software.amazon.awssdk.utils.AttributeMap;

/**
 * Connections that end with the process: to close them takes seconds, and a stack trace in the log, where a connection
 * was never made whole because the other side says nothing. Safe for any thread.
 */
record UnclosedHttpClient(SdkAsyncHttpClient client) implements SdkAsyncHttpClient {
    @Override
    public CompletableFuture<Void> execute(AsyncExecuteRequest request) {
        return client.execute(request);
    }

    @Override
    public String clientName() {
        return client.clientName();
    }

    @Override
    public void close() {
        // Says the class.
    }

    /** Makes them with what a service wants of its connections. */
    record Builder(SdkAsyncHttpClient.Builder<?> builder) implements SdkAsyncHttpClient.Builder<Builder> {
        @Override
        public SdkAsyncHttpClient buildWithDefaults(AttributeMap defaults) {
            return new UnclosedHttpClient(builder.buildWithDefaults(defaults));
        }
    }
}
