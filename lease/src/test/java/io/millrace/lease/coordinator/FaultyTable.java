package io.millrace.lease.coordinator;

import io.millrace.lease.LeaseKey;
import io.millrace.lease.table.Entity;
import io.millrace.lease.table.HealthRow;
import io.millrace.lease.table.LeaseRow;
import io.millrace.lease.table.LeaseTable;
import io.millrace.lease.table.Listing;
import io.millrace.lease.table.Members;
import io.millrace.lease.table.PlanRow;
import io.millrace.lease.table.Row;
import io.millrace.lease.table.TableThrottledException;
import io.millrace.lease.table.TableUnavailableException;
import io.millrace.lease.table.WriteOutcome;
import io.millrace.sim.Simulation;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/**
 * One worker's way to the table: calls and answers take time, and while there are faults they are lost, refused, repeated
 * or very late.
 */
final class FaultyTable implements LeaseTable {
    static final Duration LONGEST = Duration.ofMillis(2500);

    private final Simulation sim;
    private final LeaseTable table;
    private final RandomGenerator random;
    private boolean faults;
    private boolean cut;
    private boolean deaf;
    private boolean throttled;
    private boolean blind;
    private boolean clientsTryAgain;
    private WriteLimit limit = WriteLimit.none();
    private Duration lastArrival = Duration.ZERO;

    FaultyTable(Simulation sim, LeaseTable table, RandomGenerator random, boolean faults) {
        this.sim = sim;
        this.table = table;
        this.random = random;
        this.faults = faults;
    }

    void heal() {
        faults = false;
        cut = false;
        deaf = false;
        throttled = false;
        blind = false;
    }

    /** When the last of what is under way arrives, in time since the simulation began. */
    Duration lastArrival() {
        return lastArrival;
    }

    /** Clients send a write again by themselves when its answer is lost, and tell of the second sending only. */
    void letClientsTryAgain() {
        clientsTryAgain = true;
    }

    /** Of writes only so many are taken, of all workers that share {@code shared}. */
    void limitTo(WriteLimit shared) {
        limit = shared;
    }

    /** Writes are applied, but no answer comes back. */
    void deafFor(Duration time) {
        deaf = true;
        sim.at(time, () -> deaf = false);
    }

    /** Reads get no answer; writes go through. */
    void blindFor(Duration time) {
        blind = true;
        sim.at(time, () -> blind = false);
    }

    /** The service takes nothing, and says so. */
    void throttleFor(Duration time) {
        throttled = true;
        sim.at(time, () -> throttled = false);
    }

    void cutFor(Duration time) {
        cut = true;
        sim.at(time, () -> cut = false);
    }

    @Override
    public CompletableFuture<Boolean> ensureTable() {
        return call(table::ensureTable, false);
    }

    @Override
    public CompletableFuture<Optional<Row>> get(Entity entity) {
        return call(() -> table.get(entity), false);
    }

    @Override
    public CompletableFuture<Members> listMembers() {
        return call(table::listMembers, false);
    }

    @Override
    public CompletableFuture<List<PlanRow>> listPlans() {
        return call(table::listPlans, false);
    }

    @Override
    public CompletableFuture<List<HealthRow>> listHealth() {
        return call(table::listHealth, false);
    }

    @Override
    public CompletableFuture<Listing<PlanRow>> inspectPlans() {
        return call(table::inspectPlans, false);
    }

    @Override
    public CompletableFuture<Listing<LeaseRow>> inspectLeases() {
        return call(table::inspectLeases, false);
    }

    @Override
    public CompletableFuture<List<LeaseRow>> getLeases(Collection<LeaseKey> keys) {
        return call(() -> table.getLeases(keys), false);
    }

    @Override
    public CompletableFuture<List<LeaseRow>> listLeases() {
        return call(table::listLeases, false);
    }

    @Override
    public CompletableFuture<WriteOutcome> put(Row row) {
        return call(() -> table.put(row), true);
    }

    @Override
    public CompletableFuture<WriteOutcome> delete(Row seen) {
        return call(() -> table.delete(seen), true);
    }

    private <T> CompletableFuture<T> call(Supplier<CompletableFuture<T>> action, boolean isWrite) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        int fate = faults ? random.nextInt(100) : 100;
        if (cut || (blind && !isWrite) || fate < 2) {
            // Lost on the way there: an error at some time, or silence.
            if (random.nextBoolean()) {
                sim.at(delay(), () -> answer.completeExceptionally(error("the connection was reset")));
            }
        } else if (fate < 4 || throttled) {
            sim.at(delay(), () -> answer.completeExceptionally(tooMany()));
        } else {
            sim.at(delay(), () -> {
                if (isWrite && !limit.allows(sim.ticker().nanoTime())) {
                    sim.at(delay(), () -> answer.completeExceptionally(tooMany()));
                    return;
                }
                CompletableFuture<T> result = action.get();
                if (isWrite && fate < 9) {
                    sim.at(delay(), () -> action.get().join());
                }
                if (deaf || (fate >= 6 && fate < 9)) {
                    // Applied, but nobody hears of it.
                    if (random.nextBoolean()) {
                        sim.at(delay(), () -> answer.completeExceptionally(error("no answer")));
                    }
                } else if (isWrite && clientsTryAgain && fate == 4) {
                    // Applied, and the client that heard nothing has sent it again.
                    sim.at(delay(), () -> answer.complete(action.get().join()));
                } else {
                    sim.at(delay(), () -> answer.complete(result.join()));
                }
            });
        }
        return answer;
    }

    private Duration delay() {
        boolean late = faults && random.nextInt(50) == 0;
        Duration delay = Duration.ofNanos(random.nextLong(late ? LONGEST.toNanos() : 10_000_000));
        Duration arrival = sim.elapsed().plus(delay);
        if (late && arrival.compareTo(lastArrival) > 0) {
            lastArrival = arrival;
        }
        return delay;
    }

    private static TableThrottledException tooMany() {
        return new TableThrottledException("throttled", null);
    }

    private static TableUnavailableException error(String message) {
        return new TableUnavailableException(message, null);
    }
}
