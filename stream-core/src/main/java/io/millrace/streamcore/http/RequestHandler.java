package io.millrace.streamcore.http;

import static java.util.Objects.requireNonNull;

import io.millrace.runtime.Ticker;
import io.millrace.streamcore.api.call.ApiAnswer;
import io.millrace.streamcore.api.call.ApiHandler;
import io.millrace.streamcore.api.operate.MemoryShortage;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerUpgradeHandler;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http2.DefaultHttp2ResetFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Receives requests, one after the other, and writes their answers: on an HTTP/1.1 connection as many as the client
 * sends, on an HTTP/2 stream one. What a client sends before it has its answer waits in a queue, and reading pauses, so
 * that answers keep the order of requests and memory its bound. Belongs to its channel's event loop.
 */
final class RequestHandler extends ChannelInboundHandlerAdapter {
    private static final Logger log = LoggerFactory.getLogger(RequestHandler.class);
    /** What is said of a request that takes too long to arrive. */
    static final String SLOW = "SlowRequest";

    private static final long PART_BYTES = 1 << 10;

    private static final ByteBuffer EMPTY = ByteBuffer.wrap(new byte[0]);
    private static final Duration CHECK_EVERY = Duration.ofSeconds(5);

    private final Wire wire;
    private final HttpContext shared;
    private final HttpLimits limits;
    private final ApiHandler handler;
    private final Refusals refusals;
    private final Ticker ticker;
    private final Drain drain;
    private final PushLoad load;
    private final Answers answers;
    private final RequestMemory.Share memory;
    private final MemoryShortage shortage;
    private final RequestBody body;
    private final Queue<HttpObject> waiting = new ArrayDeque<>();
    private RequestState state = RequestState.WAITING;
    private boolean isReceivingWaiting;
    private long since;
    private @Nullable HttpRequest head;
    private @Nullable Future<?> checks;
    private @Nullable PushedBody pushed;
    private @Nullable HeaderClock headerClock;
    /** The answer where it is known before the body is here, which is then dropped as it comes. */
    private @Nullable ApiAnswer decided;

    private boolean isLookedAt;
    private int dropped;
    private long calls;
    private long takenByStream;

    /** A handler for what comes on a connection with this share of the memory. */
    RequestHandler(Wire wire, HttpContext shared, Answers answers, RequestMemory.Share memory) {
        this.wire = wire;
        this.shared = shared;
        this.limits = shared.limits();
        this.handler = shared.handler();
        this.refusals = shared.refusals();
        this.ticker = shared.ticker();
        this.drain = shared.drain();
        this.load = shared.load();
        this.answers = answers;
        this.memory = memory;
        this.shortage = shared.shortage();
        this.body = new RequestBody(limits.maxBodyBytes(), memory);
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
        while (!waiting.isEmpty()) {
            ReferenceCountUtil.release(nextWaiting());
        }
        body.free();
        // The objects that a call makes of its body live until the call has its answer.
        if (state != RequestState.CALLING) {
            body.giveBack();
        }
        memory.give(takenByStream);
        takenByStream = 0;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (!(message instanceof HttpObject part)) {
            ReferenceCountUtil.release(message);
            return;
        }
        if (isBusy() || !waiting.isEmpty()) {
            wait(context, part);
        } else {
            receive(context, part);
        }
    }

    private void wait(ChannelHandlerContext context, HttpObject part) {
        context.channel().config().setAutoRead(false);
        if (memory.take(costOf(part))) {
            waiting.add(part);
        } else {
            ReferenceCountUtil.release(part);
            refusals.refused(peer(context.channel()), 0, Answers.NO_MEMORY);
            Ends.close(context);
        }
    }

    private HttpObject nextWaiting() {
        HttpObject part = waiting.remove();
        memory.give(costOf(part));
        return part;
    }

    /** About what a part of a request costs as an object. */
    private static long costOf(HttpObject part) {
        return PART_BYTES
                + (part instanceof HttpContent content ? content.content().readableBytes() : 0);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        if (state == RequestState.RECEIVING || state == RequestState.DISCARDING) {
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
        if (event == HttpServer.Draining.EVENT && state == RequestState.WAITING) {
            Ends.close(context);
        } else if (event == HttpServer.Draining.EVENT && pushed != null) {
            pushed.end();
        } else if (event instanceof HttpServerUpgradeHandler.UpgradeEvent) {
            // From here on HTTP/2 streams have handlers of their own.
            context.pipeline().replace(this, null, new Http2Session(Protocols.CONNECTION_WINDOW, shared));
            context.pipeline().replace(HeaderClock.class, null, new FrameClock(shared));
        }
        // The pipeline's end releases what an event may hold, such as the request that asked for the upgrade.
        context.fireUserEventTriggered(event);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (!shortage.noticed(cause)) {
            log.debug("Connection with {} failed", context.channel().remoteAddress(), cause);
        }
        if (wire == Wire.HTTP_2 && state == RequestState.WAITING && cause instanceof DecoderException) {
            refuse(context, HttpResponseStatus.BAD_REQUEST, true);
        } else {
            Ends.close(context);
        }
    }

    private void receive(ChannelHandlerContext context, HttpObject part) {
        try {
            if (part.decoderResult().isFailure()) {
                refuse(context, Answers.statusOf(part.decoderResult()), true);
                return;
            }
            if (part instanceof HttpRequest request && state == RequestState.WAITING) {
                begin(context, request);
            }
            if (part instanceof HttpContent content) {
                add(context, content);
            }
        } catch (OutOfMemoryError e) {
            shortage.noticed(e);
            giveUp(context, part instanceof LastHttpContent);
        } finally {
            ReferenceCountUtil.release(part);
        }
    }

    /** There was no memory to go on with this request. */
    private void giveUp(ChannelHandlerContext context, boolean isWhole) {
        body.free();
        HttpRequest request = head;
        if (state == RequestState.CALLING && request != null) {
            answer(context, request, Answers.BUSY, null);
        } else if (state == RequestState.RECEIVING) {
            refuse(context, answers.of(context, Answers.BUSY, null), isWhole);
        } else {
            Ends.close(context);
        }
    }

    private void begin(ChannelHandlerContext context, HttpRequest request) {
        head = request;
        decided = null;
        isLookedAt = false;
        dropped = 0;
        moveTo(RequestState.RECEIVING, "header");
        long announced = HttpUtil.getContentLength(request, 0L);
        body.begin(announced);
        HttpResponseStatus flaw = HeaderRules.flawOrNull(request, wire);
        if (wire == Wire.HTTP_2 && !takeStream()) {
            reset(context);
        } else if (flaw != null) {
            refuse(context, flaw, HttpUtil.is100ContinueExpected(request));
        } else if (request.headers().size() > limits.maxHeaders()) {
            refuse(context, HttpResponseStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, false);
        } else if (announced > limits.maxBodyBytes()) {
            refuse(context, HttpResponseStatus.REQUEST_ENTITY_TOO_LARGE, HttpUtil.is100ContinueExpected(request));
        } else if (HttpUtil.is100ContinueExpected(request)) {
            look(context, request);
            if (decided != null) {
                refuse(context, answers.of(context, decided, null), true);
                return;
            }
            var unused = context.writeAndFlush(new DefaultFullHttpResponse(
                    HttpVersion.HTTP_1_1, HttpResponseStatus.CONTINUE, Unpooled.EMPTY_BUFFER));
        }
    }

    private boolean takeStream() {
        if (memory.take(RequestMemory.STREAM_BYTES)) {
            takenByStream = RequestMemory.STREAM_BYTES;
            return true;
        }
        return false;
    }

    /** Nothing of the request was looked at, so the client may send it again. */
    private void reset(ChannelHandlerContext context) {
        moveTo(RequestState.DISCARDING, Answers.NO_MEMORY);
        refusals.refused(peer(context.channel()), 0, Answers.NO_MEMORY);
        context.writeAndFlush(new DefaultHttp2ResetFrame(Http2Error.REFUSED_STREAM))
                .addListener(done -> Ends.close(context));
    }

    private void add(ChannelHandlerContext context, HttpContent content) {
        boolean isLast = content instanceof LastHttpContent;
        if (state == RequestState.RECEIVING) {
            if (!isLast && content.content().isReadable()) {
                // Small bodies are whole by now, and the call looks at them anyway.
                look(context, requireNonNull(head));
            }
            RequestBody.Outcome added = decided == null ? body.add(content.content()) : drop(content.content());
            if (added == RequestBody.Outcome.TOO_LARGE) {
                refuse(context, HttpResponseStatus.REQUEST_ENTITY_TOO_LARGE, isLast);
                return;
            }
            if (added == RequestBody.Outcome.NO_MEMORY) {
                tellBusy(context);
            }
        }
        if (!isLast) {
            return;
        }
        if (state == RequestState.RECEIVING) {
            call(context, requireNonNull(head));
        } else if (state == RequestState.DISCARDING) {
            Ends.close(context);
        }
    }

    /** Asks once whether the header decides the answer. */
    private void look(ChannelHandlerContext context, HttpRequest request) {
        if (!isLookedAt) {
            isLookedAt = true;
            decided = handler.look(SentHeaders.request(context.channel(), request, EMPTY, EMPTY))
                    .orElse(null);
        }
    }

    private RequestBody.Outcome drop(ByteBuf piece) {
        dropped += piece.readableBytes();
        return dropped > limits.maxBodyBytes() ? RequestBody.Outcome.TOO_LARGE : RequestBody.Outcome.DONE;
    }

    /** The rest of the body is dropped as it comes; the client can ask again on the same connection. */
    private void tellBusy(ChannelHandlerContext context) {
        refusals.refused(peer(context.channel()), HttpResponseStatus.SERVICE_UNAVAILABLE.code(), Answers.NO_MEMORY);
        dropped = body.size();
        body.free();
        body.giveBack();
        decided = Answers.BUSY;
    }

    private void call(ChannelHandlerContext context, HttpRequest request) {
        if (decided == null
                && HttpHeaderValues.GZIP.contentEqualsIgnoreCase(
                        request.headers().get(HttpHeaderNames.CONTENT_ENCODING, ""))) {
            decided = handler.look(SentHeaders.request(context.channel(), request, body.content(), body.sent()))
                    .orElse(null);
            if (decided == null && !unpack(context)) {
                return;
            }
        }
        moveTo(RequestState.CALLING, "request");
        ApiAnswer known = decided;
        if (known != null) {
            answer(context, request, known, null);
            return;
        }
        long call = ++calls;
        var unused = handler.apply(SentHeaders.request(context.channel(), request, body.content(), body.sent()))
                .whenComplete((answer, failure) -> {
                    if (context.executor().inEventLoop()) {
                        answer(context, request, answer, failure);
                    } else {
                        context.executor().execute(() -> answerHome(context, request, answer, failure));
                    }
                });
        if (state == RequestState.CALLING && call == calls) {
            // The call has read by now whatever it goes on with.
            body.free();
        }
    }

    /** False if the request is refused by that. */
    private boolean unpack(ChannelHandlerContext context) {
        try {
            RequestBody.Outcome unpacked = body.unpack();
            if (unpacked == RequestBody.Outcome.TOO_LARGE) {
                refuse(context, HttpResponseStatus.REQUEST_ENTITY_TOO_LARGE, true);
                return false;
            }
            if (unpacked == RequestBody.Outcome.NO_MEMORY) {
                tellBusy(context);
            }
        } catch (IOException notGzip) {
            // As it was sent: the API refuses what it cannot read in its own form.
            log.debug("A body that says it is gzip is not: {}", notGzip.getMessage());
        }
        return true;
    }

    /** The other end of a connection. */
    static InetAddress peer(Channel channel) {
        return channel.remoteAddress() instanceof InetSocketAddress address
                ? address.getAddress()
                : InetAddress.getLoopbackAddress();
    }

    private void answerHome(
            ChannelHandlerContext context,
            HttpRequest request,
            @Nullable ApiAnswer answer,
            @Nullable Throwable failure) {
        try {
            answer(context, request, answer, failure);
        } catch (OutOfMemoryError e) {
            shortage.noticed(e);
            Ends.close(context);
        }
    }

    private void answer(
            ChannelHandlerContext context,
            HttpRequest request,
            @Nullable ApiAnswer answer,
            @Nullable Throwable failure) {
        body.free();
        body.giveBack();
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
        if (answer != null
                && answer.status() == HttpResponseStatus.OK.code()
                && request.method().equals(HttpMethod.POST)) {
            // A server that asks for keys has seen one used.
            memory.becomesKnown();
        }
        FullHttpResponse response = answers.of(context, answer, failure);
        setConnection(request, response, keepsAlive);
        moveTo(RequestState.WRITING, "answer");
        int size = response.content().readableBytes();
        ChannelFuture written = context.writeAndFlush(response);
        if (written.isDone()) {
            answers.taken(size);
            written(context, keepsAlive);
        } else {
            startChecks(context);
            written.addListener(done -> {
                answers.taken(size);
                written(context, keepsAlive);
            });
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
        answer.headers().forEach((name, value) -> response.headers().add(SentHeaders.prepared(name), value));
        setConnection(request, response, keepsAlive);
        // Before HTTP/1.1 the end of the connection was the end of the body.
        PushedBody.Form form =
                wire == Wire.HTTP_2 ? PushedBody.Form.FRAMES : isOld ? PushedBody.Form.BYTES : PushedBody.Form.CHUNKS;
        HttpUtil.setTransferEncodingChunked(response, form == PushedBody.Form.CHUNKS);
        moveTo(RequestState.PUSHING, "answer");
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
            moveTo(RequestState.WAITING, "written");
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
            receive(context, nextWaiting());
        }
        isReceivingWaiting = false;
        if (!isBusy()) {
            context.channel().config().setAutoRead(true);
        }
    }

    private boolean isBusy() {
        return state == RequestState.CALLING || state == RequestState.WRITING || state == RequestState.PUSHING;
    }

    /**
     * Answers without a call and ends the connection or stream; unless the client has sent all it will, only once it has,
     * or has had the time to: closing under its hands would take the answer away with the connection.
     */
    private void refuse(ChannelHandlerContext context, HttpResponseStatus status, boolean isWhole) {
        if (state == RequestState.DISCARDING) {
            Ends.close(context);
            return;
        }
        refusals.refused(peer(context.channel()), status.code(), status.reasonPhrase());
        refuse(context, Answers.empty(status), isWhole);
    }

    private void refuse(ChannelHandlerContext context, FullHttpResponse response, boolean isWhole) {
        body.free();
        body.giveBack();
        moveTo(RequestState.DISCARDING, response.status().reasonPhrase());
        if (wire == Wire.HTTP_1) {
            response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
        }
        int size = response.content().readableBytes();
        context.writeAndFlush(response).addListener(done -> {
            answers.taken(size);
            if (isWhole) {
                Ends.close(context);
            }
        });
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
            if (state == RequestState.RECEIVING || isHeaderLate()) {
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
        return state == RequestState.WAITING && headerClock != null && headerClock.isLate(limits.header());
    }

    private void moveTo(RequestState next, String reason) {
        state = RequestState.TRANSITIONS.move(state, next, reason, wire);
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
}
