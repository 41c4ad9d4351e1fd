/** Event: a number that is odd while it is set. Barrier: a hash, and a sorted set of those who wait. */
import { again, NOW, once } from './script.ts';

/** Ends the round as a broken one. */
const BREAK = `
redis.call('hset', KEYS[1], 'b' .. round, 1, 'broken', 1, 'count', 0)
redis.call('hincrby', KEYS[1], 'round', 1)
redis.call('del', KEYS[2])`;

const ROUND = `local round = tonumber(redis.call('hget', KEYS[1], 'round') or 0)`;

export const signals = {
  /** e; channel wanted(0, 1) */
  eventMark: again(`
local now = tonumber(redis.call('get', KEYS[1]) or 0)
if now % 2 ~= tonumber(ARGV[2]) then
  redis.call('incr', KEYS[1])
  if ARGV[2] == '1' then redis.call('publish', ARGV[1], 'w') end
end
return 1`),

  /** e */
  eventRead: again(`return tonumber(redis.call('get', KEYS[1]) or 0)`),

  /** e; what it was: nil it is unset and always was since */
  eventWait: again(`
local now = tonumber(redis.call('get', KEYS[1]) or 0)
if now % 2 == 1 or now ~= tonumber(ARGV[1]) then return 1 end
return false`),

  /** h w; channel parties id lease-ms leads: [round, index, state]; state 0 wait, 1 over, 2 lead, -1 broken */
  barrierArrive: once(`
${NOW}
redis.call('hsetnx', KEYS[1], 'parties', ARGV[2])
${ROUND}
if redis.call('hget', KEYS[1], 'broken') == '1' then return { round, 0, -1 } end
local count = redis.call('hincrby', KEYS[1], 'count', 1)
if count > tonumber(redis.call('hget', KEYS[1], 'parties')) then
  redis.call('hincrby', KEYS[1], 'count', -1)
  return { round, 0, -2 }
end
if count < tonumber(redis.call('hget', KEYS[1], 'parties')) then
  redis.call('zadd', KEYS[2], now + tonumber(ARGV[4]), ARGV[3])
  return { round, count - 1, 0 }
end
if ARGV[5] == '1' then
  redis.call('zadd', KEYS[2], now + tonumber(ARGV[4]), ARGV[3])
  return { round, count - 1, 2 }
end
redis.call('hset', KEYS[1], 'count', 0)
redis.call('hincrby', KEYS[1], 'round', 1)
redis.call('del', KEYS[2])
redis.call('publish', ARGV[1], 'w')
return { round, count - 1, 1 }`),

  /** h w; channel round: the action has been run */
  barrierTrip: again(`
${ROUND}
if round ~= tonumber(ARGV[2]) then return redis.call('hexists', KEYS[1], 'b' .. ARGV[2]) == 1 and -1 or 1 end
redis.call('hset', KEYS[1], 'count', 0)
redis.call('hincrby', KEYS[1], 'round', 1)
redis.call('del', KEYS[2])
redis.call('publish', ARGV[1], 'w')
return 1`),

  /** h w; channel round id lease-ms: 1 over, -1 broken, nil wait. A sign of life; who gives none breaks it */
  barrierWait: again(`
${NOW}
${ROUND}
if round ~= tonumber(ARGV[2]) then return redis.call('hexists', KEYS[1], 'b' .. ARGV[2]) == 1 and -1 or 1 end
redis.call('zadd', KEYS[2], now + tonumber(ARGV[4]), ARGV[3])
if redis.call('zcount', KEYS[2], '-inf', now) > 0 then
  ${BREAK}
  redis.call('publish', ARGV[1], 'w')
  return -1
end
return false`),

  /** h w; channel round (-1: whichever it is) leaves id: -1 broken, 1 it was over before, 0 left */
  barrierBreak: again(`
${ROUND}
local asked = tonumber(ARGV[2])
if asked >= 0 and round ~= asked then return redis.call('hexists', KEYS[1], 'b' .. ARGV[2]) == 1 and -1 or 1 end
if ARGV[3] == '1' then
  if redis.call('zrem', KEYS[2], ARGV[4]) == 1 then redis.call('hincrby', KEYS[1], 'count', -1) end
  return 0
end
${BREAK}
redis.call('publish', ARGV[1], 'w')
return -1`),

  /** h w; channel */
  barrierReset: once(`
${ROUND}
if tonumber(redis.call('hget', KEYS[1], 'count') or 0) > 0 then redis.call('hset', KEYS[1], 'b' .. round, 1) end
redis.call('hset', KEYS[1], 'broken', 0, 'count', 0)
redis.call('hincrby', KEYS[1], 'round', 1)
redis.call('del', KEYS[2])
redis.call('publish', ARGV[1], 'w')
return 1`),

  /** h: [count, broken, parties] */
  barrierState: again(`
return { tonumber(redis.call('hget', KEYS[1], 'count') or 0), tonumber(redis.call('hget', KEYS[1], 'broken') or 0),
  tonumber(redis.call('hget', KEYS[1], 'parties') or 0) }`),
};
