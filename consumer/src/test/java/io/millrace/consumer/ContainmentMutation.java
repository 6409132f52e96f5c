package io.millrace.consumer;

import io.millrace.runtime.EventLoop;
import io.millrace.runtime.GuardedLoop;
import java.util.function.Consumer;

/** An error made on purpose in how a worker contains the errors of its consumers. */
enum ContainmentMutation {
    /** No error. */
    NONE,
    /** An error of a task is forgotten; whatever the task was about stands still. */
    ERRORS_ARE_FORGOTTEN {
        @Override
        GuardedLoop guard(EventLoop loop, Consumer<Throwable> onError) {
            return new GuardedLoop(loop, error -> {});
        }
    },
    /** A consumer that broke is stopped, and nobody hears of it. */
    BREAKS_ARE_NOT_TOLD {
        @Override
        GuardedLoop guard(EventLoop loop, Consumer<Throwable> onError) {
            GuardedLoop[] view = new GuardedLoop[1];
            view[0] = new GuardedLoop(loop, error -> view[0].close());
            return view[0];
        }
    };

    GuardedLoop guard(EventLoop loop, Consumer<Throwable> onError) {
        return new GuardedLoop(loop, onError);
    }
}
