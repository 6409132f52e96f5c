package io.millrace.cli.terminal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.http.async.AsyncExecuteRequest;
import software.amazon.awssdk.http.async.SdkAsyncHttpClient;
import software.amazon.awssdk.utils.AttributeMap;

class UnclosedHttpClientTest {
    @Test
    void connectionsAreMadeAsTheServiceWantsThemAndStay() {
        FakeClient fake = new FakeClient();
        AttributeMap wanted = AttributeMap.empty();

        try (SdkAsyncHttpClient client = new UnclosedHttpClient.Builder(fake).buildWithDefaults(wanted)) {
            assertThat(client.clientName()).isEqualTo("fake");
        }

        assertThat(fake.defaults).hasValue(wanted);
        assertThat(fake.closed).isFalse();
    }

    /** Makes itself. */
    private static final class FakeClient implements SdkAsyncHttpClient, SdkAsyncHttpClient.Builder<FakeClient> {
        private final AtomicReference<AttributeMap> defaults = new AtomicReference<>();
        private boolean closed;

        @Override
        public SdkAsyncHttpClient buildWithDefaults(AttributeMap wanted) {
            defaults.set(wanted);
            return this;
        }

        @Override
        public CompletableFuture<Void> execute(AsyncExecuteRequest request) {
            return new CompletableFuture<>();
        }

        @Override
        public String clientName() {
            return "fake";
        }

        @Override
        public void close() {
            closed = true;
        }
    }
}
