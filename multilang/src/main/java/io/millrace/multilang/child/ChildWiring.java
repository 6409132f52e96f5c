package io.millrace.multilang.child;

import io.millrace.runtime.EventLoop;
import io.millrace.runtime.Ticker;
import java.util.function.Consumer;

/**
 * The parts that children share.
 *
 * @param loop to which they belong
 * @param ticker measures their times
 * @param starter starts their processes
 * @param limits how long they may take
 * @param listener is told how they get on
 * @param over is told of each that is gone
 */
record ChildWiring(
        EventLoop loop,
        Ticker ticker,
        ChildStarter starter,
        ChildLimits limits,
        ChildListener listener,
        Consumer<Child> over) {}
