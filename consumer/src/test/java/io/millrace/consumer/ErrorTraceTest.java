package io.millrace.consumer;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.consumer.health.ShardPhase;
import io.millrace.consumer.health.WorkerHealth;
import io.millrace.consumer.processor.ProcessingFailedException;
import io.millrace.consumer.processor.ProcessorBrokenException;
import io.millrace.consumer.watch.ErrorTrace;
import io.millrace.consumer.watch.ShardTrends;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;

class ErrorTraceTest {
    @Test
    void framesOfTheUserAreNamedAlongTheWholeCauseChainWithoutMessages() {
        Throwable root = at(new IllegalArgumentException("secret"), "java.util.HashMap", "com.acme.Db");
        Throwable middle = at(
                new IllegalStateException("secret", root),
                "com.acme.Sink",
                "io.millrace.consumer.shard.ProcessorCalls");
        Throwable outer =
                at(new RuntimeException("secret", middle), "java.util.ArrayList", "com.acme.Orders", "jdk.internal.X");
        assertThat(ErrorTrace.of(outer))
                .isEqualTo("java.lang.RuntimeException at com.acme.Orders.run(Orders.java:1), caused by"
                        + " java.lang.IllegalStateException at com.acme.Sink.run(Sink.java:0), caused by"
                        + " java.lang.IllegalArgumentException at com.acme.Db.run(Db.java:1)");
    }

    @Test
    void messageStandsForTheFramesWhereItMayBeSeen() {
        Throwable broken = at(new ProcessorBrokenException("it died", null), "com.acme.Orders");
        assertThat(ErrorTrace.of(new CompletionException("secret", broken)))
                .endsWith(", caused by io.millrace.consumer.processor.ProcessorBrokenException: it died")
                .doesNotContain("secret");
        assertThat(ErrorTrace.of(new ProcessingFailedException("it failed", null)))
                .isEqualTo("io.millrace.consumer.processor.ProcessingFailedException: it failed");
    }

    @Test
    void placeOfAWaitIsTheUsersWithoutClassLoadersAndLambdas() {
        assertThat(place(
                        "java.base@17/jdk.internal.misc.Unsafe.park(Native Method)",
                        "app//com.acme.Sink.write(Sink.java:7)",
                        "app//com.acme.Sink$$Lambda$18/0x0000.processRecords(Unknown Source)",
                        "app//io.millrace.consumer.shard.ProcessorCalls.run(ProcessorCalls.java:9)"))
                .isEqualTo("com.acme.Sink.write(Sink.java:7)");
        assertThat(place("com.acme.A.a(A.java:1)", "com.acme.B.b(B.java:2)"))
                .isEqualTo("com.acme.A.a(A.java:1) < com.acme.B.b(B.java:2)");
        assertThat(place("java.base@17/java.lang.Object.wait(Native Method)"))
                .isEqualTo("java.base@17/java.lang.Object.wait(Native Method)");
        assertThat(place()).isEmpty();
    }

    private static String place(String... stack) {
        WorkerHealth.Stuck stuck = new WorkerHealth.Stuck("processRecords", Instant.EPOCH, List.of(stack));
        WorkerHealth.ShardHealth shard = new WorkerHealth.ShardHealth(
                new StreamName("orders"),
                ShardId.of(0),
                1,
                ShardPhase.PROCESSING,
                0,
                null,
                stuck,
                WorkerHealth.Pace.NONE);
        return new ShardTrends(() -> 0)
                .look(List.of(shard))
                .get(0)
                .longWait()
                .orElseThrow()
                .place();
    }

    @Test
    void errorWithoutFramesOfTheUserShowsItsFirstOne() {
        assertThat(ErrorTrace.of(at(new RuntimeException("secret"), "java.util.ArrayList")))
                .isEqualTo("java.lang.RuntimeException at java.util.ArrayList.run(ArrayList.java:0)");
        assertThat(ErrorTrace.of(at(new RuntimeException("secret")))).isEqualTo("java.lang.RuntimeException");
    }

    @Test
    void chainsThatAreLongOrRunInACircleEnd() {
        RuntimeException one = new RuntimeException("one");
        RuntimeException two = new RuntimeException("two", one);
        one.initCause(two);
        assertThat(ErrorTrace.of(at(two))).hasSizeLessThan(1_000);
        Throwable deep = at(new RuntimeException());
        for (int i = 0; i < 100; i++) {
            deep = at(new RuntimeException(deep));
        }
        assertThat(ErrorTrace.of(deep)).endsWith("...").hasSizeLessThan(1_000);
    }

    private static Throwable at(Throwable error, String... classes) {
        StackTraceElement[] stack = new StackTraceElement[classes.length];
        for (int i = 0; i < stack.length; i++) {
            String simple = classes[i].substring(classes[i].lastIndexOf('.') + 1);
            stack[i] = new StackTraceElement(classes[i], "run", simple + ".java", i);
        }
        error.setStackTrace(stack);
        return error;
    }
}
