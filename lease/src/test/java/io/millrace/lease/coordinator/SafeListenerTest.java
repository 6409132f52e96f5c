package io.millrace.lease.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.lease.LeaseListener;
import java.lang.reflect.Method;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class SafeListenerTest {
    @Test
    void everyCallOfAListenerIsPassedOn() {
        assertThat(SafeListener.class.getDeclaredMethods())
                .extracting(Method::getName)
                .containsAll(Arrays.stream(LeaseListener.class.getDeclaredMethods())
                        .filter(method -> !method.isSynthetic())
                        .map(Method::getName)
                        .toList());
    }
}
