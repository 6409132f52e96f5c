package io.millrace.benchmarks.coordination;

/** What is measured in time, what it must stay below, and what the KCL 3.5.1 was measured at on a machine of two processors. */
enum Row {
    START_EMPTY("start to first record, no table yet, from when the JVM is up", 1_500, "101 s"),
    START_EXISTING("start to first record, table exists, from when the JVM is up", 1_000, "37 s"),
    START_COMMAND("the same from the command on, launcher and JVM included", 0, ""),
    START_CPU("CPU time that the worker has used by then, of all processors", 0, ""),
    JOIN("a worker joins a fleet of 3 with 64 shards: even, from its process's start", 3_000, "207 s (2nd, 16 shards)"),
    STOP("clean stop: its shards' first records elsewhere after it let go", 1_000, "64 s"),
    STOP_LEADER("the same, of the leader", 1_000, "72 s"),
    KILL("SIGKILL of a worker: all its shards processed elsewhere", 0, "64 s at F = 10 s"),
    KILL_LEADER("SIGKILL of the leader: all its shards processed elsewhere", 0, "151 s at F = 10 s"),
    MOVE_REPEATED("planned moves and clean stops: records processed twice", 0, "0"),
    MOVE_PAUSE("planned move, 16 shards: longest time without a record of a moved shard", 500, "3 to 14 s"),
    MOVE_PAUSE_MANY("the same, 64 shards", 500, ""),
    CHILD_SAME("parent's end to its child's first record, same worker", 200, "17 s (6 to 29)"),
    CHILD_OTHER("parent's end to its child's first record, another worker", 2_000, "17 s (6 to 29)"),
    PLAN_COLD("plan for 10,000 leases as the 51st worker joins, first of its JVM", 100, ""),
    PLAN_WARM("the same, after 100 others", 100, ""),
    PLAN_CPU("CPU time of the first, of its thread alone", 0, ""),
    PLAN_MOVES("leases that move then; the fair share is 196", 196, "");

    private final String title;
    private final long limit;
    private final String kcl;

    Row(String title, long limit, String kcl) {
        this.title = title;
        this.limit = limit;
        this.kcl = kcl;
    }

    String title() {
        return title;
    }

    /** Milliseconds or a count; 0 where it depends or where there is none. */
    long limit() {
        return limit;
    }

    String kcl() {
        return kcl;
    }

    /** Says nothing of what is good enough, but more than time does on a busy machine. */
    boolean isWithoutLimit() {
        return this == START_COMMAND || this == START_CPU || this == PLAN_CPU;
    }

    boolean isCount() {
        return this == MOVE_REPEATED || this == PLAN_MOVES;
    }
}
