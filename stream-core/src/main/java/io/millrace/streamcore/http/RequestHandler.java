package io.millrace.streamcore.http;

import static java.util.Objects.requireNonNull;

import io.millrace.runtime.Ticker;
import io.millrace.runtime.Transitions;
import io.millrace.streamcore.api.call.ApiAnswer;
import io.millrace.streamcore.api.call.ApiRequest;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerUpgradeHandler;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Receives requests, one after the other, and writes their answers: on an HTTP/1.1 connection as many as the client
 * sends, on an HTTP/2 stream one. What a client sends before it has its answer waits in a queue, and reading pauses, so
 * that answers keep the order of requests and memory its bound. Belongs to its channel's event loop.
 */
final class RequestHandler extends ChannelInboundHandlerAdapter {
    private static final Logger log = LoggerFactory.getLogger(RequestHandler.class);
    /** What is said of a request that takes too long to arrive. */
    static final String SLOW = "SlowRequest";

    private static final Duration CHECK_EVERY = Duration.ofSeconds(5);

    private final Wire wire;
    private final HttpLimits limits;
    private final Function<ApiRequest, CompletableFuture<ApiAnswer>> handler;
    private final Refusals refusals;
    private final Ticker ticker;
    private final Drain drain;
    private final PushLoad load;
    private final RequestBody body;
    private final Queue<HttpObject> waiting = new ArrayDeque<>();
    private State state = State.WAITING;
    private boolean isReceivingWaiting;
    private long since;
    private @Nullable HttpRequest head;
    private @Nullable Future<?> checks;
    private @Nullable PushedBody pushed;
    private @Nullable HeaderClock headerClock;

    RequestHandler(Wire wire, HttpContext shared) {
        this.wire = wire;
        this.limits = shared.limits();
        this.handler = shared.handler();
        this.refusals = shared.refusals();
        this.ticker = shared.ticker();
        this.drain = shared.drain();
        this.load = shared.load();
        this.body = new RequestBody(limits.maxBodyBytes());
        this.since = ticker.nanoTime();
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        if (wire == Wire.HTTP_1) {
            headerClock = context.pipeline().get(HeaderClock.class);
            startChecks(context);
        }
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        if (checks != null) {
            checks.cancel(false);
        }
        if (pushed != null) {
            pushed.cancel();
        }
        waiting.forEach(ReferenceCountUtil::release);
        waiting.clear();
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (!(message instanceof HttpObject part)) {
            ReferenceCountUtil.release(message);
            return;
        }
        if (isBusy() || !waiting.isEmpty()) {
            waiting.add(part);
            context.channel().config().setAutoRead(false);
        } else {
            receive(context, part);
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        if (state == State.RECEIVING || state == State.DISCARDING) {
            startChecks(context);
        }
        context.fireChannelReadComplete();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        if (pushed != null) {
            pushed.resume();
        }
        context.fireChannelWritabilityChanged();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        if (event == HttpServer.Draining.EVENT && state == State.WAITING) {
            Ends.close(context);
        } else if (event == HttpServer.Draining.EVENT && pushed != null) {
            pushed.end();
        } else if (event instanceof HttpServerUpgradeHandler.UpgradeEvent) {
            // From here on HTTP/2 streams have handlers of their own.
            context.pipeline().replace(this, null, new Http2Session(Protocols.CONNECTION_WINDOW, refusals, ticker));
        }
        // The pipeline's end releases what an event may hold, such as the request that asked for the upgrade.
        context.fireUserEventTriggered(event);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        log.debug("Connection with {} failed", context.channel().remoteAddress(), cause);
        Ends.close(context);
    }

    private void receive(ChannelHandlerContext context, HttpObject part) {
        try {
            if (part.decoderResult().isFailure()) {
                refuse(context, statusOf(part.decoderResult()), true);
                return;
            }
            if (part instanceof HttpRequest request && state == State.WAITING) {
                begin(context, request);
            }
            if (part instanceof HttpContent content) {
                add(context, content);
            }
        } finally {
            ReferenceCountUtil.release(part);
        }
    }

    private void begin(ChannelHandlerContext context, HttpRequest request) {
        head = request;
        body.clear();
        moveTo(State.RECEIVING, "header");
        if (request.headers().size() > limits.maxHeaders()) {
            refuse(context, HttpResponseStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, false);
        } else if (HttpUtil.getContentLength(request, 0L) > limits.maxBodyBytes()) {
            refuse(context, HttpResponseStatus.REQUEST_ENTITY_TOO_LARGE, HttpUtil.is100ContinueExpected(request));
        } else if (HttpUtil.is100ContinueExpected(request)) {
            var unused = context.writeAndFlush(new DefaultFullHttpResponse(
                    HttpVersion.HTTP_1_1, HttpResponseStatus.CONTINUE, Unpooled.EMPTY_BUFFER));
        }
    }

    private void add(ChannelHandlerContext context, HttpContent content) {
        if (state == State.RECEIVING && !body.add(content.content())) {
            refuse(context, HttpResponseStatus.REQUEST_ENTITY_TOO_LARGE, content instanceof LastHttpContent);
            return;
        }
        if (!(content instanceof LastHttpContent)) {
            return;
        }
        if (state == State.RECEIVING) {
            call(context, requireNonNull(head));
        } else if (state == State.DISCARDING) {
            Ends.close(context);
        }
    }

    private void call(ChannelHandlerContext context, HttpRequest request) {
        if (HttpHeaderValues.GZIP.contentEqualsIgnoreCase(
                request.headers().get(HttpHeaderNames.CONTENT_ENCODING, ""))) {
            try {
                if (!body.unpack()) {
                    refuse(context, HttpResponseStatus.REQUEST_ENTITY_TOO_LARGE, true);
                    return;
                }
            } catch (IOException notGzip) {
                // As it was sent: the API refuses what it cannot read in its own form.
                log.debug("A body that says it is gzip is not: {}", notGzip.getMessage());
            }
        }
        moveTo(State.CALLING, "request");
        String uri = request.uri();
        int mark = uri.indexOf('?');
        var unused = handler.apply(new ApiRequest(
                        peer(context.channel()),
                        request.method().name(),
                        mark < 0 ? uri : uri.substring(0, mark),
                        mark < 0 ? "" : uri.substring(mark + 1),
                        new SentHeaders(request.headers()),
                        body.content(),
                        body.sent()))
                .whenComplete((answer, failure) -> {
                    if (context.executor().inEventLoop()) {
                        answer(context, request, answer, failure);
                    } else {
                        context.executor().execute(() -> answer(context, request, answer, failure));
                    }
                });
    }

    /** The other end of a connection. */
    static InetAddress peer(Channel channel) {
        return channel.remoteAddress() instanceof InetSocketAddress address
                ? address.getAddress()
                : InetAddress.getLoopbackAddress();
    }

    private void answer(
            ChannelHandlerContext context,
            HttpRequest request,
            @Nullable ApiAnswer answer,
            @Nullable Throwable failure) {
        if (!context.channel().isActive()) {
            // The client left.
            if (answer != null && answer.body() instanceof ApiAnswer.Pushed body) {
                PushedBody.refuse(body.frames());
            }
            return;
        }
        if (answer != null && answer.body() instanceof ApiAnswer.Pushed body) {
            push(context, request, answer, body);
            return;
        }
        boolean keepsAlive = wire == Wire.HTTP_2 || (HttpUtil.isKeepAlive(request) && !drain.isBegun());
        FullHttpResponse response = answer == null ? failed(failure) : response(context, answer);
        setConnection(request, response, keepsAlive);
        moveTo(State.WRITING, "answer");
        ChannelFuture written = context.writeAndFlush(response);
        if (written.isDone()) {
            written(context, keepsAlive);
        } else {
            startChecks(context);
            written.addListener(done -> written(context, keepsAlive));
        }
    }

    private void setConnection(HttpRequest request, HttpResponse response, boolean keepsAlive) {
        if (wire == Wire.HTTP_1) {
            if (!keepsAlive) {
                response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
            } else if (request.protocolVersion().equals(HttpVersion.HTTP_1_0)) {
                response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.KEEP_ALIVE);
            }
        }
    }

    /** Sends the header at once, so that the client knows that it was let in, then whatever comes. */
    private void push(ChannelHandlerContext context, HttpRequest request, ApiAnswer answer, ApiAnswer.Pushed body) {
        boolean isOld = request.protocolVersion().equals(HttpVersion.HTTP_1_0);
        boolean keepsAlive = wire == Wire.HTTP_2 || (HttpUtil.isKeepAlive(request) && !isOld && !drain.isBegun());
        HttpResponse response =
                new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(answer.status()));
        answer.headers().forEach((name, value) -> response.headers().add(HeaderNames.of(name), value));
        setConnection(request, response, keepsAlive);
        // Before HTTP/1.1 the end of the connection was the end of the body.
        PushedBody.Form form =
                wire == Wire.HTTP_2 ? PushedBody.Form.FRAMES : isOld ? PushedBody.Form.BYTES : PushedBody.Form.CHUNKS;
        HttpUtil.setTransferEncodingChunked(response, form == PushedBody.Form.CHUNKS);
        moveTo(State.PUSHING, "answer");
        startChecks(context);
        var unused = context.writeAndFlush(response);
        PushedBody next = new PushedBody(context, form, ticker, load, () -> {
            pushed = null;
            written(context, keepsAlive && !drain.isBegun());
        });
        pushed = next;
        // Ends it at once if the server is closing; then it cancels its subscription as soon as it has one.
        drain.tellOnce(context.channel());
        body.frames().subscribe(next);
    }

    private void written(ChannelHandlerContext context, boolean keepsAlive) {
        if (!keepsAlive) {
            Ends.close(context);
        } else if (context.channel().isActive()) {
            head = null;
            moveTo(State.WAITING, "written");
            receiveWaiting(context);
        }
    }

    private void receiveWaiting(ChannelHandlerContext context) {
        if (isReceivingWaiting) {
            // An answer that was ready at once came back here from within the loop below, which goes on by itself.
            return;
        }
        isReceivingWaiting = true;
        while (!isBusy() && !waiting.isEmpty()) {
            receive(context, waiting.remove());
        }
        isReceivingWaiting = false;
        if (!isBusy()) {
            context.channel().config().setAutoRead(true);
        }
    }

    private boolean isBusy() {
        return state == State.CALLING || state == State.WRITING || state == State.PUSHING;
    }

    private FullHttpResponse response(ChannelHandlerContext context, ApiAnswer answer) {
        if (!(answer.body() instanceof ApiAnswer.Whole body)) {
            return failed(new IllegalStateException("a pushed body is not written at once"));
        }
        AnswerBuffer out = new AnswerBuffer(context.alloc());
        try {
            body.writeTo(out);
        } catch (IOException | RuntimeException e) {
            out.release();
            return failed(e);
        }
        ByteBuf content = out.content();
        FullHttpResponse response =
                new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(answer.status()), content);
        answer.headers().forEach((name, value) -> response.headers().add(HeaderNames.of(name), value));
        response.headers().add(HttpHeaderNames.CONTENT_LENGTH, Integer.toString(content.readableBytes()));
        return response;
    }

    private static FullHttpResponse failed(@Nullable Throwable failure) {
        log.error("An answer could not be written", failure);
        return empty(HttpResponseStatus.INTERNAL_SERVER_ERROR);
    }

    private static FullHttpResponse empty(HttpResponseStatus status) {
        FullHttpResponse response = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status, Unpooled.EMPTY_BUFFER);
        HttpUtil.setContentLength(response, 0);
        return response;
    }

    /**
     * Answers without a call and ends the connection or stream; unless the client has sent all it will, only once it has,
     * or has had the time to: closing under its hands would take the answer away with the connection.
     */
    private void refuse(ChannelHandlerContext context, HttpResponseStatus status, boolean isWhole) {
        if (state == State.DISCARDING) {
            Ends.close(context);
            return;
        }
        moveTo(State.DISCARDING, status.reasonPhrase());
        refusals.refused(peer(context.channel()), status.code(), status.reasonPhrase());
        FullHttpResponse response = empty(status);
        if (wire == Wire.HTTP_1) {
            response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
        }
        ChannelFuture written = context.writeAndFlush(response);
        if (isWhole) {
            written.addListener(done -> Ends.close(context));
        }
    }

    private static HttpResponseStatus statusOf(DecoderResult result) {
        if (result.cause() instanceof TooLongHttpLineException) {
            return HttpResponseStatus.REQUEST_URI_TOO_LONG;
        }
        return result.cause() instanceof TooLongHttpHeaderException
                ? HttpResponseStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
                : HttpResponseStatus.BAD_REQUEST;
    }

    private void startChecks(ChannelHandlerContext context) {
        if (checks == null) {
            long shortest =
                    Math.min(limits.header().toMillis(), limits.request().toMillis()) / 2;
            long every = Math.max(1, Math.min(CHECK_EVERY.toMillis(), shortest));
            checks = context.executor()
                    .scheduleWithFixedDelay(() -> checkTime(context), every, every, TimeUnit.MILLISECONDS);
        }
    }

    private void checkTime(ChannelHandlerContext context) {
        Duration limit = switch (state) {
            case WAITING -> limits.idle();
            case RECEIVING, DISCARDING -> limits.request();
            case CALLING -> Duration.ZERO;
            case WRITING, PUSHING -> limits.write();
        };
        boolean isTooLong = switch (state) {
            case CALLING -> false;
            case PUSHING -> pushed != null && pushed.isStalled(limit);
            case WAITING -> isHeaderLate() || ticker.since(since).compareTo(limit) > 0;
            case RECEIVING, DISCARDING, WRITING -> ticker.since(since).compareTo(limit) > 0;
        };
        if (isTooLong) {
            if (state == State.RECEIVING || isHeaderLate()) {
                refusals.refused(peer(context.channel()), 0, SLOW);
            }
            log.debug(
                    "Closing the connection with {}: {} for too long",
                    context.channel().remoteAddress(),
                    state);
            Ends.close(context);
        }
    }

    private boolean isHeaderLate() {
        return state == State.WAITING && headerClock != null && headerClock.isLate(limits.header());
    }

    private void moveTo(State next, String reason) {
        state = State.TRANSITIONS.move(state, next, reason, wire);
        if (headerClock != null) {
            headerClock.reset();
        }
        since = ticker.nanoTime();
    }

    /** What carries the requests. */
    enum Wire {
        /** A connection with one request after the other. */
        HTTP_1,
        /** A stream of one request. */
        HTTP_2
    }

    /** Where a request is. */
    enum State {
        /** For a request to begin. */
        WAITING,
        /** A body. */
        RECEIVING,
        /** A whole request is with the handler; how long that takes is the server's own affair. */
        CALLING,
        /** An answer is on its way out. */
        WRITING,
        /** An answer goes on until its publisher ends it; only a client that takes nothing of it is cut. */
        PUSHING,
        /** A refused body, dropped as it comes. */
        DISCARDING;

        static final Transitions<State> TRANSITIONS = Transitions.table(State.class)
                .from(WAITING)
                .to(RECEIVING, "a header is here")
                .to(DISCARDING, "a header cannot be read")
                .from(RECEIVING)
                .to(CALLING, "the request is whole")
                .to(DISCARDING, "the request is refused")
                .from(CALLING)
                .to(WRITING, "the answer is here")
                .to(PUSHING, "the answer is one that goes on")
                .from(PUSHING)
                .to(WAITING, "its publisher ends it")
                .from(WRITING)
                .to(WAITING, "the answer is written")
                .loggedAt(Level.TRACE)
                .build();
    }
}
