// A function for AWS Lambda: how often each page was clicked, window by window. It runs on Lambda and here unmodified.

/**
 * Adds the clicks of an event to the counts of the window, and tells them with the window's last event.
 *
 * @param {{
 *   Records: { kinesis: { data: string } }[],
 *   window: { start: string, end: string },
 *   state: Record<string, number>,
 *   isFinalInvokeForWindow: boolean,
 * }} event
 * @returns {Promise<{ state: Record<string, number> }>}
 */
export async function handler(event) {
  const counts = event.state;
  for (const { kinesis } of event.Records) {
    const { page } = JSON.parse(Buffer.from(kinesis.data, 'base64').toString('utf8'));
    counts[page] = (counts[page] ?? 0) + 1;
  }
  if (event.isFinalInvokeForWindow) {
    console.log(`window of ${event.window.start}: ${JSON.stringify(counts)}`);
  }
  return { state: counts };
}
