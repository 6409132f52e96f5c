// Tells the sessions of a site's visitors from a stream of clicks, whose partition key is the user.
//
// A session is over when its user has not clicked for half an hour, by the times in the clicks. One that is open when the shard goes
// to another worker is told in two parts.

import { perShard } from 'millrace';

const LONGEST_PAUSE_MILLIS = 30 * 60 * 1_000;

/**
 * @typedef {{ user: string, page: string, at: number }} Click
 * @typedef {{ began: number, last: number, pages: string[] }} Session
 */

/**
 * @param {import('millrace').Record} record
 * @returns {Click}
 */
function parse(record) {
  const { user, page, at } = /** @type {{ user: string, page: string, at: string }} */ (record.json());
  return { user, page, at: Date.parse(at) };
}

/**
 * A handler that tells the sessions of each shard.
 *
 * @param {(line: string) => void} tell
 */
export function sessions(tell) {
  return perShard(async (shard) => {
    /** @type {Map<string, Session>} */
    const open = new Map();
    let now = -Infinity;

    /** @param {string} user */
    const end = (user) => {
      const { began, last, pages } = open.get(user);
      open.delete(user);
      tell(`session of ${user}: ${Math.trunc((last - began) / 1_000)} s, ${pages.join(' ')}`);
    };

    try {
      for await (const batch of shard) {
        // A click that cannot be read fails the batch before any of it counts, for the batch comes again as a whole.
        const clicks = batch.records.map(parse);
        for (const { user, page, at } of clicks) {
          if (isOver(open.get(user), at)) {
            end(user);
          }
          const session = open.get(user) ?? { began: at, last: at, pages: [] };
          session.last = Math.max(session.last, at);
          session.pages.push(page);
          open.set(user, session);
          now = Math.max(now, at);
        }
        [...open.keys()].filter((user) => isOver(open.get(user), now)).forEach(end);
      }
    } finally {
      [...open.keys()].forEach(end);
    }
  });
}

/**
 * @param {Session | undefined} session
 * @param {number} now
 */
function isOver(session, now) {
  return session !== undefined && now - session.last > LONGEST_PAUSE_MILLIS;
}

// On standard error the daemon logs a line at the level that it names; prints are shown with -vv only.
export default sessions((line) => console.error(`INFO ${line}`));
