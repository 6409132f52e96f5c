package io.millrace.lease.coordinator;

import io.millrace.lease.LeaseKey;
import io.millrace.lease.ShardDirectory;
import io.millrace.lease.table.Entity;
import io.millrace.lease.table.LeaderRow;
import io.millrace.lease.table.LeaseRow;
import io.millrace.lease.table.LeaseTable;
import io.millrace.lease.table.Lineage;
import io.millrace.lease.table.Listing;
import io.millrace.lease.table.Members;
import io.millrace.lease.table.NewsRow;
import io.millrace.lease.table.PlanRow;
import io.millrace.lease.table.Row;
import io.millrace.lease.table.TableUnavailableException;
import io.millrace.lease.table.UnreadableRow;
import io.millrace.lease.table.WorkerRow;
import io.millrace.lease.table.WriteOutcome;
import io.millrace.model.Checkpoint;
import io.millrace.model.Shard;
import io.millrace.model.StreamName;
import io.millrace.runtime.Platform;
import io.millrace.runtime.Ticker;
import io.millrace.sim.PassingPlatform;
import io.millrace.sim.Simulation;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.random.RandomGenerator;

/** An error made on purpose, seen from the table, the settings or the clock of the workers that have it. */
enum Mutation {
    /** No error. */
    NONE,
    /** Writes apply whatever their writer has seen. */
    NO_CONDITION {
        @Override
        LeaseTable table(LeaseTable table, Simulation sim) {
            return new UnconditionalTable(table, row -> true);
        }
    },
    /** Checkpoints apply whatever became of the lease meanwhile. */
    CHECKPOINT_WITHOUT_CONDITION {
        @Override
        LeaseTable table(LeaseTable table, Simulation sim) {
            return new UnconditionalTable(
                    table,
                    row -> row instanceof LeaseRow lease && lease.ownerOrNull() != null && !lease.isNotStarted());
        }
    },
    /** A lease is given back whoever has it by now. */
    RELEASE_WITHOUT_CONDITION {
        @Override
        LeaseTable table(LeaseTable table, Simulation sim) {
            return new UnconditionalTable(
                    table, row -> row instanceof LeaseRow lease && lease.ownerOrNull() == null && lease.revision() > 0);
        }
    },
    /** A heartbeat brings a row back that others had removed. */
    HEARTBEAT_WITHOUT_CONDITION {
        @Override
        LeaseTable table(LeaseTable table, Simulation sim) {
            return new UnconditionalTable(table, WorkerRow.class::isInstance);
        }
    },
    /** A new owner goes on under the epoch of the one before. */
    NO_NEW_EPOCH {
        @Override
        LeaseTable table(LeaseTable table, Simulation sim) {
            return new RewritingTable(table, row -> {
                if (row instanceof LeaseRow lease && lease.epoch() > 0) {
                    long before = table.get(lease.entity())
                            .join()
                            .map(found -> ((LeaseRow) found).epoch())
                            .orElse(0L);
                    return new LeaseRow(
                            lease.key(),
                            lease.revision(),
                            Math.min(before, lease.epoch()),
                            lease.ownerOrNull(),
                            lease.checkpoint(),
                            lease.lineage(),
                            lease.load());
                }
                return row;
            });
        }
    },
    /** A child does not wait for its parents. */
    CHILD_BEFORE_PARENTS {
        @Override
        LeaseTable table(LeaseTable table, Simulation sim) {
            return new RewritingTable(
                    table,
                    row -> row instanceof LeaseRow lease && lease.revision() == 0
                            ? LeaseRow.fresh(
                                    lease.key(),
                                    lease.checkpoint(),
                                    new Lineage(
                                            List.of(),
                                            List.of(),
                                            lease.lineage().hashKeyRange()))
                            : row);
        }
    },
    /** A child of a merge waits for one parent only. */
    CHILD_WAITS_FOR_ONE_PARENT {
        @Override
        LeaseTable table(LeaseTable table, Simulation sim) {
            return new RewritingTable(
                    table,
                    row -> row instanceof LeaseRow lease
                                    && lease.lineage().parents().size() > 1
                            ? lease.waitingFor(lease.lineage().parents().subList(0, 1))
                            : row);
        }
    },
    /** The parent is finished, and its children are never made. */
    NO_CHILDREN {
        @Override
        LeaseTable table(LeaseTable table, Simulation sim) {
            return new PassingTable(table) {
                @Override
                public CompletableFuture<WriteOutcome> put(Row row) {
                    boolean child = row instanceof LeaseRow lease
                            && lease.revision() == 0
                            && !lease.lineage().parents().isEmpty();
                    return child ? CompletableFuture.completedFuture(WriteOutcome.applied()) : super.put(row);
                }
            };
        }
    },
    /** Workers confirm a plan before they have asked for what it gives away. */
    CONFIRMS_WITHOUT_ASKING {
        @Override
        LeaseTable table(LeaseTable table, Simulation sim) {
            return new RewritingTable(table, row -> {
                if (row instanceof WorkerRow worker) {
                    long plan = table.get(Entity.plan(worker.id()))
                            .join()
                            .map(Row::revision)
                            .orElse(0L);
                    return new WorkerRow(
                            worker.id(), worker.revision(), worker.state(), worker.leaseChanges(), plan, worker.info());
                }
                return row;
            });
        }

        @Override
        int firstSeed() {
            return 1000;
        }
    },
    /** Leases look free while others own them. */
    IGNORES_OWNERS {
        @Override
        LeaseTable table(LeaseTable table, Simulation sim) {
            return new PassingTable(table) {
                @Override
                public CompletableFuture<List<LeaseRow>> listLeases() {
                    return super.listLeases().thenApply(this::released);
                }

                @Override
                public CompletableFuture<List<LeaseRow>> getLeases(Collection<LeaseKey> keys) {
                    return super.getLeases(keys).thenApply(this::released);
                }

                private List<LeaseRow> released(List<LeaseRow> rows) {
                    return rows.stream().map(LeaseRow::released).toList();
                }
            };
        }
    },
    /** Some reads of the workers' rows miss one. */
    LOSES_ROWS {
        @Override
        LeaseTable table(LeaseTable table, Simulation sim) {
            return new PassingTable(table) {
                private int reads;

                @Override
                public CompletableFuture<Members> listMembers() {
                    reads++;
                    return super.listMembers()
                            .thenApply(rows -> reads % 50 > 0 || rows.workers().isEmpty()
                                    ? rows
                                    : new Members(
                                            rows.news(),
                                            rows.streams(),
                                            rows.workers()
                                                    .subList(1, rows.workers().size())));
                }
            };
        }
    },
    /** Reads show what was so seconds ago: they are not consistent. */
    OUTDATED_READS {
        @Override
        LeaseTable table(LeaseTable table, Simulation sim) {
            return new PassingTable(table) {
                private Members kept = new Members(0, List.of(), List.of());
                private Duration keptAt = Duration.ofDays(-1);

                @Override
                public CompletableFuture<Members> listMembers() {
                    if (sim.elapsed().minus(keptAt).compareTo(LeaseWorld.FAILOVER.plusSeconds(1)) > 0) {
                        kept = super.listMembers().join();
                        keptAt = sim.elapsed();
                    }
                    return CompletableFuture.completedFuture(kept);
                }
            };
        }
    },
    /** A holder goes on with a lease until it is told that it lost it. */
    NEVER_ASKS_WHETHER_IT_STILL_OWNS,
    /** Every second worker believes in its leases long after others may have taken them. */
    NO_SELF_FENCING {
        @Override
        LeaseSettings settings(LeaseSettings settings, int index) {
            return index % 2 == 0
                    ? settings
                    : withFailover(settings, settings.failoverTime().multipliedBy(4));
        }
    },
    /** Every second worker calls others dead too early. */
    EARLY_EXPIRY {
        @Override
        LeaseSettings settings(LeaseSettings settings, int index) {
            return index % 2 == 0
                    ? settings
                    : withFailover(settings, settings.failoverTime().dividedBy(4));
        }
    },
    /** Every second worker takes by force without waiting for the handoff. */
    FORCE_WITHOUT_PATIENCE {
        @Override
        LeaseSettings settings(LeaseSettings settings, int index) {
            return index % 2 == 0
                    ? settings
                    : with(settings, settings.failoverTime(), Duration.ofMillis(1), settings.pollInterval());
        }
    },
    /** The clock stands still while the machine is paused, so nothing tells the worker that it was away. */
    CLOCK_STOPS_IN_A_PAUSE {
        @Override
        Platform platform(SimHost host) {
            return new PassingPlatform(host) {
                @Override
                public Ticker ticker() {
                    return () -> host.ticker().nanoTime() - host.pausedNanos();
                }
            };
        }
    },
    /** A new leader goes on under the epoch of the one before. */
    LEADER_WITHOUT_EPOCH {
        @Override
        LeaseTable table(LeaseTable table, Simulation sim) {
            return new RewritingTable(
                    table,
                    row -> row instanceof LeaderRow leader
                            ? new LeaderRow(leader.revision(), 1, leader.leader())
                            : row);
        }
    },
    /** Plans apply whoever has planned meanwhile. */
    PLAN_WITHOUT_CONDITION {
        @Override
        LeaseTable table(LeaseTable table, Simulation sim) {
            return new UnconditionalTable(table, PlanRow.class::isInstance);
        }

        @Override
        int firstSeed() {
            return 70;
        }
    },
    /** Plans are written, and nobody is told but of the first. */
    NO_NEWS {
        @Override
        LeaseTable table(LeaseTable table, Simulation sim) {
            return new PassingTable(table) {
                @Override
                public CompletableFuture<WriteOutcome> put(Row row) {
                    return row instanceof NewsRow && row.revision() > 0
                            ? CompletableFuture.completedFuture(WriteOutcome.applied())
                            : super.put(row);
                }
            };
        }
    },
    /** Workers follow plans that were changed seconds ago. */
    OUTDATED_PLANS {
        @Override
        LeaseTable table(LeaseTable table, Simulation sim) {
            return new PassingTable(table) {
                private List<PlanRow> kept = List.of();
                private Duration keptAt = Duration.ofDays(-1);

                @Override
                public CompletableFuture<List<PlanRow>> listPlans() {
                    return super.listPlans().thenApply(plans -> {
                        if (sim.elapsed().minus(keptAt).compareTo(LeaseWorld.FAILOVER.multipliedBy(2)) > 0) {
                            kept = plans;
                            keptAt = sim.elapsed();
                        }
                        return kept;
                    });
                }
            };
        }
    },
    /** The rows of finished leases go while their shards can still be read. */
    CLEANUP_TOO_EARLY {
        @Override
        ShardDirectory directory(ShardDirectory service, SimHost host) {
            return new PassingDirectory(service) {
                @Override
                public CompletableFuture<List<Shard>> listShards(StreamName stream) {
                    return service.listShards(stream)
                            .thenApply(shards ->
                                    shards.stream().filter(Shard::isOpen).toList());
                }
            };
        }
    },
    /** A lease whose row cannot be read is made anew. */
    UNREADABLE_LEASE_IS_MISSING {
        @Override
        LeaseTable table(LeaseTable table, Simulation sim) {
            return new PassingTable(table) {
                @Override
                public CompletableFuture<Listing<LeaseRow>> inspectLeases() {
                    return super.inspectLeases().thenApply(found -> new Listing<>(found.rows(), List.of()));
                }

                @Override
                public CompletableFuture<WriteOutcome> put(Row row) {
                    long damaged = get(row.entity())
                            .join()
                            .filter(found -> row instanceof LeaseRow && found instanceof UnreadableRow)
                            .map(Row::revision)
                            .orElse(0L);
                    return super.put(row.revision() == 0 ? row.withRevision(damaged) : row);
                }
            };
        }
    },
    /** A worker whose row cannot be read has none. */
    UNREADABLE_WORKER_IS_GONE {
        @Override
        LeaseTable table(LeaseTable table, Simulation sim) {
            return new PassingTable(table) {
                @Override
                public CompletableFuture<Members> listMembers() {
                    return super.listMembers()
                            .thenApply(rows -> new Members(rows.news(), rows.streams(), rows.workers()));
                }
            };
        }
    },
    /** LATEST is what the worker's own clock says. */
    LATEST_BY_THE_WORKERS_CLOCK {
        @Override
        ShardDirectory directory(ShardDirectory service, SimHost host) {
            return new PassingDirectory(service) {
                @Override
                public CompletableFuture<Instant> serviceTime(StreamName stream) {
                    return CompletableFuture.completedFuture(host.clock().instant());
                }
            };
        }
    },
    /** A shard that was closed between the beginning and the first look at the shards gets no lease. */
    LATEST_LEAVES_OUT_CLOSED_SHARDS {
        @Override
        ShardDirectory directory(ShardDirectory service, SimHost host) {
            return new PassingDirectory(service) {
                @Override
                public CompletableFuture<List<Shard>> listShardsSince(StreamName stream, Instant since) {
                    return super.listShardsSince(stream, since)
                            .thenApply(shards ->
                                    shards.stream().filter(Shard::isOpen).toList());
                }
            };
        }
    },
    /** Every checkpoint says what the one before should have said, also the one of the owner before. */
    CHECKPOINT_OF_BEFORE {
        @Override
        LeaseTable table(LeaseTable table, Simulation sim) {
            Map<LeaseKey, Checkpoint> last = new HashMap<>();
            return new RewritingTable(table, row -> {
                if (row instanceof LeaseRow lease && lease.checkpoint() instanceof Checkpoint.Processed) {
                    Checkpoint before = last.put(lease.key(), lease.checkpoint());
                    return before == null ? row : lease.withCheckpoint(before);
                }
                return row;
            });
        }
    },
    /** The table says that it has taken a checkpoint, and has not. */
    CHECKPOINT_NOT_KEPT {
        @Override
        LeaseTable table(LeaseTable table, Simulation sim) {
            return new PassingTable(table) {
                @Override
                public CompletableFuture<WriteOutcome> put(Row row) {
                    Row before = table.get(row.entity()).join().orElse(row);
                    boolean isCheckpoint = row instanceof LeaseRow after
                            && before instanceof LeaseRow lease
                            && after.ownerOrNull() != null
                            && after.owner().equals(lease.owner())
                            && after.revision() == lease.revision()
                            && after.checkpoint().isAfter(lease.checkpoint());
                    return isCheckpoint ? CompletableFuture.completedFuture(WriteOutcome.applied()) : super.put(row);
                }
            };
        }
    },
    /** Records are skipped in a lease as it was when somebody looked at it. */
    SKIP_WITHOUT_CONDITION(Trouble.HANDS) {
        @Override
        LeaseTable hand(LeaseTable hand) {
            return HandErrors.withoutCondition(hand);
        }
    },
    /** Whoever owned a lease in which records are skipped is not fenced. */
    SKIP_KEEPS_THE_EPOCH(Trouble.HANDS) {
        @Override
        LeaseTable hand(LeaseTable hand) {
            return HandErrors.underTheEpochOfBefore(hand);
        }
    },
    /** A lease is free while whoever owned it has yet to find out. */
    SKIP_FREES_THE_LEASE(Trouble.HANDS) {
        @Override
        LeaseTable hand(LeaseTable hand) {
            return HandErrors.freeAtOnce(hand);
        }
    },
    /** Records are skipped in a shard whose parents are not read to their ends. */
    SKIP_BEFORE_PARENTS(Trouble.HANDS) {
        @Override
        LeaseTable hand(LeaseTable hand) {
            return HandErrors.withFinishedParents(hand);
        }
    },
    /** A lease is reset as it was when somebody looked at it. */
    RESET_WITHOUT_CONDITION(Trouble.RESETS) {
        @Override
        LeaseTable resettingHand(LeaseTable hand) {
            return HandErrors.withoutCondition(hand);
        }
    },
    /** A reset keeps the epoch, so the lease's owner is not fenced. */
    RESET_KEEPS_THE_EPOCH(Trouble.RESETS) {
        @Override
        LeaseTable resettingHand(LeaseTable hand) {
            return HandErrors.underTheEpochOfBefore(hand);
        }
    },
    /** A reset frees the lease before its owner has found out. */
    RESET_FREES_THE_LEASE(Trouble.RESETS) {
        @Override
        LeaseTable resettingHand(LeaseTable hand) {
            return HandErrors.freeAtOnce(hand);
        }
    },
    /** A worker's every run is the same run. */
    SAME_RUN_AGAIN {
        @Override
        Platform platform(SimHost host) {
            return new PassingPlatform(host) {
                @Override
                public RandomGenerator random() {
                    return () -> 42;
                }
            };
        }
    },
    /** All writes of a worker go one after the other, heartbeats too, each until the table has taken it. */
    HEARTBEAT_BEHIND_OTHERS {
        @Override
        LeaseTable way(LeaseTable way, Simulation sim) {
            return new SerialTable(way, sim);
        }
    },
    /** Nobody notices that the table refuses a write because there are too many. */
    NEVER_BACKS_OFF {
        @Override
        LeaseTable way(LeaseTable way, Simulation sim) {
            return new PassingTable(way) {
                @Override
                public CompletableFuture<WriteOutcome> put(Row row) {
                    return super.put(row)
                            .exceptionallyCompose(error ->
                                    CompletableFuture.failedFuture(new TableUnavailableException("no answer", error)));
                }
            };
        }
    };

    private final Trouble trouble;

    Mutation() {
        this(Trouble.LIMITED);
    }

    Mutation(Trouble trouble) {
        this.trouble = trouble;
    }

    /** From which seed on the search begins: shortly before the first that meets a case which is rare. */
    int firstSeed() {
        return 0;
    }

    /** How much goes wrong in the worlds that are searched. */
    Trouble trouble() {
        return trouble;
    }

    LeaseTable table(LeaseTable table, Simulation sim) {
        return table;
    }

    /** The way to the table of people who skip, with the error in it. */
    LeaseTable hand(LeaseTable hand) {
        return hand;
    }

    /** The same of people who reset. */
    LeaseTable resettingHand(LeaseTable hand) {
        return hand;
    }

    /** The way to the table of one worker, with the error in it. */
    LeaseTable way(LeaseTable way, Simulation sim) {
        return way;
    }

    ShardDirectory directory(ShardDirectory service, SimHost host) {
        return service;
    }

    /** What the {@code index}th worker gets. */
    LeaseSettings settings(LeaseSettings settings, int index) {
        return settings;
    }

    Platform platform(SimHost host) {
        return host;
    }

    private static LeaseSettings withFailover(LeaseSettings settings, Duration failover) {
        return with(settings, failover, settings.handoffTimeout(), failover.dividedBy(20));
    }

    private static LeaseSettings with(LeaseSettings settings, Duration failover, Duration handoff, Duration poll) {
        return new LeaseSettings(
                settings.workerName(),
                settings.streams(),
                failover,
                poll,
                handoff,
                settings.shardSyncInterval(),
                settings.startTimeout(),
                settings.host(),
                settings.maxLeases(),
                settings.onLostTable());
    }
}
