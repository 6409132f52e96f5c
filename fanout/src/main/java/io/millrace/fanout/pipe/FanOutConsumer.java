package io.millrace.fanout.pipe;

import static java.util.Objects.requireNonNull;

/** Which registered consumer a worker subscribes as. */
public sealed interface FanOutConsumer {
    /**
     * A consumer of this name on every stream that the worker reads, registered where there is none. It stays registered when
     * workers end.
     *
     * @param name 1 to 128 letters, digits, {@code _}, {@code .} and {@code -} (ConsumerName, Kinesis API)
     */
    record Named(String name) implements FanOutConsumer {
        /** Checks the name. */
        public Named {
            if (!name.matches("[a-zA-Z0-9_.-]{1,128}")) {
                throw new IllegalArgumentException(
                        "not a consumer's name (1 to 128 letters, digits, '_', '.' and '-'): " + name);
            }
        }
    }

    /**
     * A consumer that is registered already; nothing registers it anew.
     *
     * @param arn its ARN, which names its stream as well
     */
    record Registered(String arn) implements FanOutConsumer {
        /** Checks the ARN. */
        public Registered {
            requireNonNull(arn, "arn");
            if (!arn.matches("arn:[^:]+:kinesis:[^:]+:\\d{12}:stream/[^/]+/consumer/[^:]+:\\d+")) {
                throw new IllegalArgumentException("not the ARN of a consumer: " + arn);
            }
        }
    }
}
