// Counts the words of a stream, shard by shard: the words of a text that come as records of a line each.

/** The words of one shard. The counts live in memory: whoever has the shard next begins at zero. */
export default class WordCount {
  /** @type {Map<string, number>} */
  counts = new Map();

  /** @param {import('millrace').Batch} batch */
  process(batch) {
    for (const record of batch) {
      for (const word of record.text().toLowerCase().match(/\S+/g) ?? []) {
        this.counts.set(word, (this.counts.get(word) ?? 0) + 1);
      }
    }
    const most = [...this.counts].sort(([, one], [, other]) => other - one).slice(0, 10);
    // On standard error the daemon logs a line at the level that it names; prints are shown with -vv only.
    console.error(`INFO so far: ${most.map(([word, count]) => `${word} ${count}`).join(', ')}`);
  }
}
