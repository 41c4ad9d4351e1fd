/**
 * What is held under a lease: locks and permits.
 *
 * A fencing token is one more than the last, and no less than Redis's clock in microseconds: it grows also over
 * a Redis that has lost its data, or a replica that has not seen the last owners.
 */
import { again, NOW, once } from './script.ts';

export const leases = {
  /** lock fence; owner lease-ms: the token, nil held by another */
  lockAcquire: again(`
local holder = redis.call('get', KEYS[1])
if holder == ARGV[1] then return redis.call('get', KEYS[2]) end
if holder then return false end
redis.call('set', KEYS[1], ARGV[1], 'PX', ARGV[2])
local time = redis.call('time')
local clock = tonumber(time[1]) * 1000000 + tonumber(time[2])
local token = string.format('%.0f', math.max(tonumber(redis.call('get', KEYS[2]) or 0) + 1, clock))
redis.call('set', KEYS[2], token)
return token`),

  /** lock fence; owner lease-ms: 0 lost */
  lockRenew: again(`
if redis.call('get', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('pexpire', KEYS[1], ARGV[2])`),

  /** lock fence; owner lease-ms channel: 0 lost */
  lockRelease: once(`
if redis.call('get', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('del', KEYS[1])
redis.call('publish', ARGV[3], 'w')
return 1`),

  /** lock fence: [whether it is held, the last token, the milliseconds that are left] */
  lockState: again(`
return { redis.call('exists', KEYS[1]), redis.call('get', KEYS[2]) or '0', redis.call('pttl', KEYS[1]), redis.call('get', KEYS[1]) or '' }`),

  /** permits m; id lease-ms channel permits-at-first: nil none left */
  permitAcquire: again(`
${NOW}
redis.call('hsetnx', KEYS[2], 'n', ARGV[4])
redis.call('zremrangebyscore', KEYS[1], '-inf', now)
if not redis.call('zscore', KEYS[1], ARGV[1]) then
  if redis.call('zcard', KEYS[1]) >= tonumber(redis.call('hget', KEYS[2], 'n')) then return false end
end
redis.call('zadd', KEYS[1], now + tonumber(ARGV[2]), ARGV[1])
return 1`),

  /** permits m; id lease-ms: 0 lost */
  permitRenew: again(`
${NOW}
redis.call('zremrangebyscore', KEYS[1], '-inf', now)
if not redis.call('zscore', KEYS[1], ARGV[1]) then return 0 end
redis.call('zadd', KEYS[1], now + tonumber(ARGV[2]), ARGV[1])
return 1`),

  /** permits m; id lease-ms channel: 0 lost */
  permitRelease: once(`
local was = redis.call('zrem', KEYS[1], ARGV[1])
redis.call('publish', ARGV[3], 'w')
return was`),

  /** permits m; more channel permits-at-first: permits beyond those that somebody holds */
  permitsAdd: once(`
redis.call('hsetnx', KEYS[2], 'n', ARGV[3])
redis.call('hincrby', KEYS[2], 'n', ARGV[1])
redis.call('publish', ARGV[2], 'w')
return 1`),

  /** permits m; permits-at-first: those left */
  permitsLeft: again(`
${NOW}
redis.call('zremrangebyscore', KEYS[1], '-inf', now)
return tonumber(redis.call('hget', KEYS[2], 'n') or ARGV[1]) - redis.call('zcard', KEYS[1])`),
};
