package io.millrace.consumer.shard;

import io.millrace.consumer.health.ShardPhase;

/** Says in one word how a shard is, from the state of its consumer and of its lanes. */
final class Phases {
    private Phases() {}

    /** The phase to show; of several lanes that of the one that needs attention most. */
    static ShardPhase of(ShardState state, Lanes lanes, boolean isPaused) {
        return switch (state) {
            case WAITING -> ShardPhase.WAITING;
            case RUNNING -> running(lanes, isPaused);
            case RESTARTING -> ShardPhase.RESTARTING;
            case ENDING -> ShardPhase.ENDING;
            case DRAINING -> ShardPhase.DRAINING;
            case LOSING -> ShardPhase.LOSING;
            case DONE -> ShardPhase.DONE;
        };
    }

    private static ShardPhase running(Lanes lanes, boolean isPaused) {
        if (lanes.any(LaneState.STOPPED)) {
            return ShardPhase.STOPPED;
        }
        if (lanes.any(LaneState.INITIALIZE_FAILED)) {
            return ShardPhase.INITIALIZE_FAILED;
        }
        if (lanes.any(Lane::isBeingPrepared)) {
            return ShardPhase.INITIALIZING;
        }
        if (lanes.any(LaneState.BATCH_FAILED) || lanes.any(LaneState.LETTERS_FAILED)) {
            return ShardPhase.BATCH_FAILED;
        }
        if (lanes.any(LaneState.PROCESSING) || lanes.any(LaneState.WRITING_LETTERS)) {
            return ShardPhase.PROCESSING;
        }
        return isPaused ? ShardPhase.PAUSED : ShardPhase.FETCHING;
    }
}
