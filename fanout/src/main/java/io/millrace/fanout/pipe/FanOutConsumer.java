package io.millrace.fanout.pipe;

import static java.util.Objects.requireNonNull;

import io.millrace.model.StreamArn;
import io.millrace.model.StreamName;
import java.util.Collection;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Which registered consumer a worker subscribes as. */
public sealed interface FanOutConsumer {
    /**
     * A consumer of this name on every stream that the worker reads, registered where there is none. It stays registered when
     * workers end.
     *
     * @param name 1 to 128 letters, digits, {@code _}, {@code .} and {@code -} (ConsumerName, Kinesis API)
     */
    record Named(String name) implements FanOutConsumer {
        private static final Pattern FORM = Pattern.compile("[a-zA-Z0-9_.-]{1,128}");

        /** Checks the name. */
        public Named {
            if (!isName(name)) {
                throw new IllegalArgumentException(
                        "not a consumer's name (1 to 128 letters, digits, '_', '.' and '-'): " + name);
            }
        }

        private static boolean isName(String text) {
            return FORM.matcher(text).matches();
        }

        @Override
        public Optional<String> contradiction(Collection<StreamName> streams) {
            return Optional.empty();
        }
    }

    /**
     * A consumer that is registered already; nothing registers it anew.
     *
     * @param arn its ARN, which names its stream as well
     */
    record Registered(String arn) implements FanOutConsumer {
        private static final Pattern FORM =
                Pattern.compile("(arn:aws[a-z-]*:kinesis:[^:]+:[0-9]{12}:stream/[^/]+)/consumer/[^:/]+:[0-9]+");

        /** Checks the ARN. */
        public Registered {
            requireNonNull(arn, "arn");
            if (!FORM.matcher(arn).matches()) {
                throw new IllegalArgumentException("not the ARN of a consumer"
                        + " (arn:aws:kinesis:REGION:ACCOUNT:stream/STREAM/consumer/NAME:NUMBER): " + arn);
            }
        }

        /** The ARN of the stream whose consumer this is. */
        public StreamArn stream() {
            Matcher parts = FORM.matcher(arn);
            if (!parts.matches()) {
                throw new IllegalStateException("checked before: " + arn);
            }
            return StreamArn.parse(parts.group(1));
        }

        @Override
        public Optional<String> contradiction(Collection<StreamName> streams) {
            boolean isOne = streams.size() == 1 && streams.stream().allMatch(this::mayBe);
            return isOne
                    ? Optional.empty()
                    : Optional.of(
                            "consumer " + arn + " reads stream " + stream().name() + " alone, and this worker reads "
                                    + streams.stream().map(StreamName::value).collect(Collectors.joining(", "))
                                    + "; give fan-out a consumer's name, which counts for every stream");
        }

        /** False if the stream is another one; a plain name does not tell the account. */
        private boolean mayBe(StreamName name) {
            return name.arn()
                    .map(stream()::equals)
                    .orElseGet(() -> name.value().equals(stream().name()));
        }
    }

    /**
     * Why a worker cannot read these streams as this consumer, in one line for the user; empty if nothing is known against it.
     * Asks nobody.
     */
    Optional<String> contradiction(Collection<StreamName> streams);

    /**
     * The consumer of this name or ARN.
     *
     * @throws IllegalArgumentException if it is neither
     */
    static FanOutConsumer of(String nameOrArn) {
        return StreamArn.isMeant(nameOrArn) ? new Registered(nameOrArn) : new Named(nameOrArn);
    }

    /**
     * The consumer that has an application's name.
     *
     * @throws IllegalArgumentException if the name is not a consumer's
     */
    static FanOutConsumer ofApplication(String application) {
        if (!Named.isName(application)) {
            throw new IllegalArgumentException(
                    "application '" + application + "' lends its name to no fan-out consumer,"
                            + " whose name has 1 to 128 letters, digits, '_', '.' and '-'; give fan-out a name of its own");
        }
        return new Named(application);
    }
}
