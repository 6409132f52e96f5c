package io.millrace.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;

class FatalErrorsTest {
    @Test
    void memoryAndClassesAreFatalAlsoAsCauses() {
        assertThat(FatalErrors.isFatal(new OutOfMemoryError("Java heap space"))).isTrue();
        assertThat(FatalErrors.isFatal(new NoSuchMethodError("a()"))).isTrue();
        assertThat(FatalErrors.isFatal(new CompletionException(new NoClassDefFoundError("A"))))
                .isTrue();
    }

    @Test
    void whatTheNextTryMayMendIsNotFatal() {
        assertThat(FatalErrors.isFatal(new IllegalStateException("a bug"))).isFalse();
        assertThat(FatalErrors.isFatal(new AssertionError("a check"))).isFalse();
        assertThat(FatalErrors.isFatal(new StackOverflowError())).isFalse();
        assertThat(FatalErrors.isFatal(new OutOfMemoryError("unable to create native thread: possibly out of memory")))
                .isFalse();
    }
}
