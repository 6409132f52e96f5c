package io.millrace.streamcore.stream.account;

import static java.util.Objects.requireNonNull;

/**
 * What the streams of the account have in common, at one moment.
 *
 * @param openShards how many open shards the streams of mode PROVISIONED have
 * @param shardLimit how many they may have
 * @param onDemandStreams how many streams of mode ON_DEMAND there are
 * @param onDemandLimit how many there may be
 * @param commitment the commitment to a minimum of throughput
 */
public record AccountState(
        int openShards, int shardLimit, int onDemandStreams, int onDemandLimit, BillingCommitment commitment) {
    /** Checks the part. */
    public AccountState {
        requireNonNull(commitment, "commitment");
    }
}
