package io.millrace.streamcore.api;

import static java.util.Objects.requireNonNull;

import io.millrace.runtime.Platform;
import io.millrace.runtime.Ticker;
import io.millrace.streamcore.api.AccountApis.AccountApi;
import io.millrace.streamcore.api.auth.AccessGate;
import io.millrace.streamcore.api.auth.Caller;
import io.millrace.streamcore.api.call.ApiAnswer;
import io.millrace.streamcore.api.call.ApiException;
import io.millrace.streamcore.api.call.ApiHandler;
import io.millrace.streamcore.api.call.ApiRequest;
import io.millrace.streamcore.api.call.ErrorCode;
import io.millrace.streamcore.api.call.Operation;
import io.millrace.streamcore.api.call.TokenSeal;
import io.millrace.streamcore.api.faults.Faults;
import io.millrace.streamcore.api.input.ServiceInputs;
import io.millrace.streamcore.api.operate.CallProbe;
import io.millrace.streamcore.api.operate.OperatorPages;
import io.millrace.streamcore.api.push.PushOperations;
import io.millrace.streamcore.api.shape.AnswerWriter;
import io.millrace.streamcore.api.shape.BodyException;
import io.millrace.streamcore.api.shape.BodyReader;
import io.millrace.streamcore.api.shape.ConstraintCheck;
import io.millrace.streamcore.api.shape.Encoding;
import io.millrace.streamcore.api.shape.Shape;
import io.millrace.streamcore.api.shape.Values;
import io.millrace.streamcore.stream.StreamException;
import io.millrace.streamcore.stream.Streams;
import io.millrace.streamcore.stream.account.Account;
import io.millrace.streamcore.stream.accounts.AccountStreams;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers the requests of the API: checks them in the service's order, each check ending the request it fails, and runs
 * the operation. Safe for any thread; never blocks.
 */
public final class KinesisApi implements ApiHandler, AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(KinesisApi.class);
    private static final String SERVICE = "Kinesis_20131202";
    private static final String EVENT_STREAM = "application/vnd.amazon.eventstream";
    private static final String OLD_JSON = "application/json";

    /** The operation whose answer also tells the time to the millisecond. */
    private static final String TELLS_TIME = "DescribeStreamSummary";

    private final AccountApis accounts;
    /** Any account's: the same names, inputs and probes as all others. */
    private final OperationTable operations;

    private final AnswerHeaders headers;
    private final PushOperations push;
    private final Faults faults;
    private final OperatorPages pages;
    private final CallProbe unknown;
    private final Ticker ticker;
    private final AccessGate gate;
    private final AuditNotes notes;

    /**
     * The API over the streams of one account, whatever region requests name.
     *
     * @param seal keeps shard iterators and page tokens
     * @param platform tells the time, gives the ids of answers and the thread of subscriptions
     * @param options what the operator sets around the operations
     */
    public KinesisApi(Streams streams, Account account, TokenSeal seal, Platform platform, ApiOptions options) {
        this(seal, platform, options, account, tables -> AccountApis.ofOne(account, streams, tables, seal));
    }

    /**
     * The API over the streams of all accounts: each request is about those of its caller's account and region.
     *
     * @param usual the account of callers who have no other
     * @param seal keeps shard iterators and page tokens
     * @param platform tells the time, gives the ids of answers and the thread of subscriptions
     * @param options what the operator sets around the operations
     */
    public KinesisApi(AccountStreams streams, Account usual, TokenSeal seal, Platform platform, ApiOptions options) {
        this(seal, platform, options, usual, tables -> AccountApis.of(streams, tables, seal));
    }

    private KinesisApi(
            TokenSeal seal,
            Platform platform,
            ApiOptions options,
            Account usual,
            Function<BiFunction<Account, Streams, OperationTable>, AccountApis> accounts) {
        this.push = new PushOperations(options.push(), platform);
        this.faults = options.faults();
        this.accounts = accounts.apply(
                (account, streams) -> new OperationTable(streams, account, seal, platform.clock(), options, push));
        this.operations = this.accounts.ofCaller(usual).operations();
        this.pages = options.pages();
        this.unknown = options.probes().of("Unknown");
        this.ticker = platform.ticker();
        this.gate = options.security().gate();
        this.notes =
                new AuditNotes(options.security().audit(), ApiSecurity.requestedStreams(seal), usual, platform.clock());
        this.headers = new AnswerHeaders(platform.random(), platform.clock());
    }

    /** The names of all operations. */
    public static Set<String> operations() {
        return ServiceInputs.all().keySet();
    }

    /** Answers {@code request}. The future fails only if there is no memory: whatever else goes wrong is an answer. */
    @Override
    public CompletableFuture<ApiAnswer> apply(ApiRequest request) {
        Exchange exchange = new Exchange(request);
        try {
            return answer(exchange);
        } catch (RuntimeException unexpected) {
            return done(failed(exchange, unexpected));
        }
    }

    private ApiAnswer failed(Exchange exchange, RuntimeException unexpected) {
        log.error("A request failed unexpectedly", unexpected);
        ApiException failure = ApiException.internalFailure();
        return error(exchange, new ContentType("application/x-amz-json-1.1", Encoding.JSON), failure);
    }

    @Override
    public Optional<ApiAnswer> look(ApiRequest begun) {
        Exchange exchange = new Exchange(begun);
        try {
            return decided(exchange);
        } catch (RuntimeException unexpected) {
            return Optional.of(failed(exchange, unexpected));
        }
    }

    /** The answer, in the order of {@link #answer}, where it does not depend on what is in the body. */
    private Optional<ApiAnswer> decided(Exchange exchange) {
        ApiRequest begun = exchange.request();
        if (!begun.method().equals("POST")) {
            return Optional.of(withoutBody(exchange));
        }
        Optional<OperationTable.Entry> entry = entry(exchange);
        String type = contentType(begun);
        Optional<ContentType> format = ContentType.of(type);
        try {
            if (format.isPresent() || type.equals(OLD_JSON)) {
                gate.look(begun, exchange.operation());
                return Optional.empty();
            }
            return Optional.of(inXml(exchange));
        } catch (ApiException refused) {
            if (format.isEmpty()) {
                return Optional.of(oldEnvelope(exchange, false));
            }
            CallProbe probe = entry.map(OperationTable.Entry::probe).orElse(unknown);
            return Optional.of(error(new Call(exchange, format.get(), probe, ticker.nanoTime()), refused));
        }
    }

    /** Ends subscriptions and answers held up on purpose, without a word: to be called when the transport is closed. */
    @Override
    public void close() {
        push.close();
        faults.close();
    }

    private CompletableFuture<ApiAnswer> answer(Exchange exchange) {
        ApiRequest request = exchange.request();
        if (!request.method().equals("POST")) {
            return done(withoutBody(exchange));
        }
        Optional<OperationTable.Entry> entry = entry(exchange);
        String type = contentType(request);
        if (!request.body().hasRemaining()) {
            ErrorCode code = entry.isPresent() ? ErrorCode.SERIALIZATION : ErrorCode.UNKNOWN_OPERATION;
            ContentType format = ContentType.of(type)
                    .filter(known -> known.encoding == Encoding.JSON)
                    .orElse(new ContentType("application/x-amz-cbor-1.1", Encoding.CBOR));
            return done(error(exchange, format, new ApiException(code, null)));
        }
        if (type.equals(OLD_JSON)) {
            return done(oldEnvelope(exchange, isMalformed(request)));
        }
        Optional<ContentType> format = ContentType.of(type);
        if (format.isEmpty()) {
            return done(inXml(exchange));
        }
        CallProbe probe = entry.map(OperationTable.Entry::probe).orElse(unknown);
        Call call = new Call(exchange, format.get(), probe, ticker.nanoTime());
        try {
            exchange.comesFrom(gate.admit(request, exchange.operation()));
            return call(call, entry);
        } catch (ApiException refused) {
            return done(error(call, refused));
        }
    }

    /** The answer to a request that is no call, whatever its body. */
    private ApiAnswer withoutBody(Exchange exchange) {
        ApiRequest request = exchange.request();
        if (request.method().equals("OPTIONS") && request.header("Origin").isPresent()) {
            return ApiAnswer.whole(200, headers.ofPreflight(request), ApiAnswer.Whole.EMPTY);
        }
        return pages.answer(request).orElseGet(() -> accessDenied(exchange));
    }

    private Optional<OperationTable.Entry> entry(Exchange exchange) {
        Target target = Target.of(exchange.request());
        boolean isOurs = target.service.equals(SERVICE);
        exchange.asksFor(isOurs ? target.operation : target.service + "." + target.operation);
        return isOurs ? operations.find(target.operation) : Optional.empty();
    }

    private CompletableFuture<ApiAnswer> call(Call call, Optional<OperationTable.Entry> entry) {
        Values values = null;
        ApiException mistyped = null;
        try {
            Shape.Structure input = entry.map(OperationTable.Entry::input).orElse(Shape.Structure.EMPTY);
            values = BodyReader.read(
                    call.format.encoding, call.exchange.request().body(), input);
        } catch (BodyException e) {
            mistyped = new ApiException(ErrorCode.SERIALIZATION, e.text().orElse(null));
            if (e.isMalformed()) {
                return done(error(call, mistyped));
            }
        }
        if (entry.isEmpty()) {
            return done(error(call, new ApiException(ErrorCode.UNKNOWN_OPERATION, null)));
        }
        call.exchange.gives(values);
        AccountApi own = accounts.ofCaller(caller(call.exchange).account());
        AccountApi concerned = values == null ? own : accounts.concerned(own, values);
        call.exchange.concerns(concerned.streams().owner());
        permit(call.exchange, concerned);
        if (values == null) {
            return done(error(call, requireNonNull(mistyped)));
        }
        Optional<String> violations = ConstraintCheck.violationsOf(values);
        if (violations.isPresent()) {
            return done(error(call, ApiException.validation(violations.get())));
        }
        OperationTable.Entry chosen =
                concerned.operations().find(call.exchange.operation()).orElseThrow();
        return run(call, chosen.operation(), values);
    }

    private void permit(Exchange exchange, AccountApi concerned) {
        gate.permit(caller(exchange), exchange.request(), exchange.operation(), exchange.input(), concerned.streams());
    }

    private static Caller caller(Exchange exchange) {
        return exchange.caller().orElseThrow(() -> new IllegalStateException("nobody was admitted"));
    }

    private CompletableFuture<ApiAnswer> run(Call call, Operation operation, Values values) {
        try {
            return operation
                    .run(values)
                    .handle((reply, failure) -> reply != null ? succeeded(call, reply) : failed(call, failure))
                    .toCompletableFuture();
        } catch (RuntimeException failure) {
            return done(failed(call, failure));
        }
    }

    private ApiAnswer succeeded(Call call, Operation.Reply reply) {
        call.probe.ended(null, ticker.nanoTime() - call.begun);
        ApiAnswer answer = answer(call, reply);
        notes.done(call.exchange, answer);
        return answer;
    }

    private ApiAnswer answer(Call call, Operation.Reply reply) {
        ApiRequest request = call.exchange.request();
        if (reply instanceof Operation.Push push) {
            return new ApiAnswer(200, headers.of(request, EVENT_STREAM), new ApiAnswer.Pushed(push.frames()));
        }
        Operation.Content content = (Operation.Content) reply;
        Map<String, String> plain = headers.of(request, call.format.name);
        Map<String, String> fields = call.exchange.operation().equals(TELLS_TIME) ? headers.withTime(plain) : plain;
        if (content == Operation.Content.NOTHING) {
            return ApiAnswer.whole(200, fields, ApiAnswer.Whole.EMPTY);
        }
        Encoding encoding = call.format.encoding;
        return ApiAnswer.whole(200, fields, out -> {
            try (AnswerWriter writer = new AnswerWriter(encoding, out)) {
                content.write(writer);
            }
        });
    }

    private ApiAnswer failed(Call call, @Nullable Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        if (cause instanceof ApiException refused) {
            return error(call, refused);
        }
        if (cause instanceof StreamException refused) {
            return error(call, new ApiException(ErrorCode.of(refused.kind()), refused.getMessage()));
        }
        if (cause instanceof OutOfMemoryError shortage) {
            // Told by whoever sends the answer, for the whole server.
            throw shortage;
        }
        log.error("{} failed unexpectedly", call.exchange.operation(), cause);
        return error(call, ApiException.internalFailure());
    }

    private ApiAnswer error(Call call, ApiException error) {
        call.probe.ended(error.code(), ticker.nanoTime() - call.begun);
        return error(call.exchange, call.format, error);
    }

    private ApiAnswer error(Exchange exchange, ContentType format, ApiException error) {
        Map<String, String> fields = headers.of(exchange.request());
        fields.put("content-type", format.name);
        ApiAnswer answer = ApiAnswer.whole(error.code().status(), fields, out -> {
            try (AnswerWriter writer = new AnswerWriter(format.encoding, out)) {
                writer.start().text("__type", error.code().type());
                Optional<String> text = error.text();
                if (text.isPresent()) {
                    writer.text(error.code().messageKey(), text.get());
                }
                writer.end();
            }
        });
        notes.refused(exchange, answer, error.code().type());
        return answer;
    }

    private static boolean isMalformed(ApiRequest request) {
        try {
            BodyReader.read(Encoding.JSON, request.body(), Shape.Structure.EMPTY);
            return false;
        } catch (BodyException e) {
            return e.isMalformed();
        }
    }

    /** The service's words to requests of the protocol before this one. */
    private ApiAnswer oldEnvelope(Exchange exchange, boolean isMalformed) {
        ApiRequest request = exchange.request();
        ErrorCode code = isMalformed ? ErrorCode.SERIALIZATION : ErrorCode.UNKNOWN_OPERATION;
        Map<String, String> fields = headers.of(request);
        fields.put("content-type", OLD_JSON);
        ApiAnswer answer = ApiAnswer.whole(isMalformed ? 400 : 404, fields, out -> {
            try (AnswerWriter writer = new AnswerWriter(Encoding.JSON, out)) {
                writer.start().start("Output").text("__type", "com.amazon.coral.service#" + code.type());
                writer.end().text("Version", "1.0").end();
            }
        });
        notes.refused(exchange, answer, code.type());
        return answer;
    }

    /** The service's words to a content type that it does not know. */
    private ApiAnswer inXml(Exchange exchange) {
        return Target.of(exchange.request()).isWhole() ? unknownInXml(exchange) : accessDenied(exchange);
    }

    private ApiAnswer accessDenied(Exchange exchange) {
        return xml(exchange, ErrorCode.ACCESS_DENIED, 403, """
                <AccessDeniedException>
                  <Message>Unable to determine service/operation name to be authorized</Message>
                </AccessDeniedException>
                """);
    }

    private ApiAnswer unknownInXml(Exchange exchange) {
        return xml(exchange, ErrorCode.UNKNOWN_OPERATION, 404, "<UnknownOperationException/>\n");
    }

    private ApiAnswer xml(Exchange exchange, ErrorCode code, int status, String text) {
        ApiAnswer answer = ApiAnswer.whole(
                status, headers.of(exchange.request()), out -> out.write(text.getBytes(StandardCharsets.UTF_8)));
        notes.refused(exchange, answer, code.type());
        return answer;
    }

    private static String contentType(ApiRequest request) {
        String header = request.header("Content-Type").orElse("");
        int end = header.indexOf(';');
        return (end < 0 ? header : header.substring(0, end)).trim();
    }

    private static CompletableFuture<ApiAnswer> done(ApiAnswer answer) {
        return CompletableFuture.completedFuture(answer);
    }

    /** A request that found the form of its answer. */
    private record Call(Exchange exchange, ContentType format, CallProbe probe, long begun) {}

    /** A content type that bodies may have; answers get the same. */
    private record ContentType(String name, Encoding encoding) {
        static Optional<ContentType> of(String name) {
            return switch (name) {
                case "application/x-amz-json-1.1" -> Optional.of(new ContentType(name, Encoding.JSON));
                case "application/x-amz-cbor-1.1", "application/cbor" ->
                    Optional.of(new ContentType(name, Encoding.CBOR));
                default -> Optional.empty();
            };
        }
    }

    /** The two parts of the target header. */
    private record Target(String service, String operation) {
        static Target of(ApiRequest request) {
            String header = request.header("X-Amz-Target").orElse("");
            int dot = header.indexOf('.');
            return dot < 0 ? new Target(header, "") : new Target(header.substring(0, dot), header.substring(dot + 1));
        }

        boolean isWhole() {
            return !service.isEmpty() && !operation.isEmpty();
        }
    }
}
