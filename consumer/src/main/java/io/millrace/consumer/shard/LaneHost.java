package io.millrace.consumer.shard;

import io.millrace.model.RecordPosition;

/** The shard that a lane is one of, as the lane sees it. Called on the worker's event loop. */
interface LaneHost {
    /** How far records may be handed out now. */
    Limit limit();

    /** True while no more records come before some of those that are here are done with, so that no batch gets fuller by waiting. */
    boolean isAllHere();

    /** The lane's state or its records have changed, and no call of it is under way. */
    void changed(Lane lane);

    /** Records up to {@code last} go into the processor's hands. */
    void handedOut(RecordPosition last);

    /** The processor declared records processed. */
    void declared(RecordPosition last);

    /** True once the lease is lost, so that the outcome of a call does not matter any more. */
    boolean isLost();

    /** True if the processor has yet to declare something that it was given. */
    boolean awaitsDeclaration(Lane lane);

    /** True while a lane of the shard fails. */
    boolean isAnyLaneFailing();

    /** The lease can no longer be proven to be ours. */
    void notOurs();

    /** The processor is of no use any more. */
    void broke(Lane lane);

    /** The worker shall end. */
    void stopWorker(String reason);

    /** How far records may be handed out. */
    sealed interface Limit {
        /** All of them. */
        record None() implements Limit {}

        /** No record. */
        record Nothing() implements Limit {}

        /** Up to a record. */
        record UpTo(RecordPosition last) implements Limit {}
    }
}
