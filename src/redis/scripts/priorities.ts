/**
 * A PriorityQueue: a sorted set whose scores are all equal, so that its members lie in the order of their
 * bytes: the key of the item (src/queue/keys.ts), a zero, and a number that grows.
 *
 * | key | what                                                                       |
 * | --- | -------------------------------------------------------------------------- |
 * | z   | the members that nobody has                                                |
 * | h   | by the number of a member: its value; with a `d` behind: how often it went  |
 * | l   | the members that somebody has, by the time when his lease ends             |
 * | m   | as of a stream; `n` the last number, `o` how all members are ordered        |
 * | x   | a stream of the dead letters                                               |
 */
import { again, NOW, once } from './script.ts';

const DIGITS = 16;
const WAKE = `if redis.call('hdel', KEYS[4], 'waits') == 1 then redis.call('publish', ARGV[1], 'w') end`;

export const priorities = {
  /**
   * z h l m; channel maxsize (ordering key value) ...: [how many are in, how many ever were], -1 shut down,
   * -2 no order, nil full
   */
  priorityPut: once(`
if redis.call('hexists', KEYS[4], 'down') == 1 then return -1 end
local count, most, size = (#ARGV - 4) / 3, tonumber(ARGV[2]), redis.call('zcard', KEYS[1])
if most > 0 then
  count = math.min(count, most - size - redis.call('zcard', KEYS[3]))
  if count <= 0 then redis.call('hset', KEYS[4], 'waits', 1) return false end
end
local order = size > 0 and redis.call('hget', KEYS[4], 'o') or ARGV[3]
for i = 0, count - 1 do
  if ARGV[3 + 3 * i] ~= order then
    if i == 0 then return -2 end
    count = i
    break
  end
  local number = string.format('%0${DIGITS}.0f', redis.call('hincrby', KEYS[4], 'n', 1))
  redis.call('zadd', KEYS[1], 0, ARGV[4 + 3 * i] .. '\\0' .. number)
  redis.call('hset', KEYS[2], number, ARGV[5 + 3 * i])
end
redis.call('hset', KEYS[4], 'o', order)
redis.call('hincrby', KEYS[4], 'u', count)
${WAKE}
return { count, redis.call('hincrby', KEYS[4], 'p', count) }`),

  /**
   * z h l m x; channel most lease-ms (0: for good) most-deliveries: [member, value, ...], -1 shut down and
   * drained, nil nothing there
   */
  priorityPop: once(`
${NOW}
local dead = 0
for _, member in ipairs(redis.call('zrangebyscore', KEYS[3], '-inf', now, 'limit', 0, 64)) do
  local number = string.sub(member, -${DIGITS})
  redis.call('zrem', KEYS[3], member)
  local times = tonumber(redis.call('hget', KEYS[2], number .. 'd') or 0)
  if times >= tonumber(ARGV[4]) then
    redis.call('xadd', KEYS[5], '*', 'v', redis.call('hget', KEYS[2], number), 'id', number, 'deliveries', times)
    redis.call('hdel', KEYS[2], number, number .. 'd')
    dead = dead + 1
  else redis.call('zadd', KEYS[1], 0, member) end
end
if dead > 0 then redis.call('hincrby', KEYS[4], 'u', -dead) ${WAKE} end
local popped = redis.call('zpopmin', KEYS[1], ARGV[2])
if #popped == 0 then
  if redis.call('hexists', KEYS[4], 'down') == 1 and redis.call('zcard', KEYS[3]) == 0 then return -1 end
  redis.call('hset', KEYS[4], 'waits', 1)
  return false
end
local out, lease = {}, tonumber(ARGV[3])
for i = 1, #popped, 2 do
  local member = popped[i]
  local number = string.sub(member, -${DIGITS})
  out[i] = member
  out[i + 1] = redis.call('hget', KEYS[2], number)
  if lease > 0 then
    redis.call('zadd', KEYS[3], now + lease, member)
    redis.call('hincrby', KEYS[2], number .. 'd', 1)
  else redis.call('hdel', KEYS[2], number) end
end
if lease == 0 then ${WAKE} end
return out`),

  /** z h l m; channel member */
  priorityDone: again(`
if redis.call('zrem', KEYS[3], ARGV[2]) == 0 then return 0 end
local number = string.sub(ARGV[2], -${DIGITS})
redis.call('hdel', KEYS[2], number, number .. 'd')
redis.call('hincrby', KEYS[4], 'u', -1)
${WAKE}
return 1`),

  /** l; member lease-ms: 0 it is not ours any more */
  priorityTouch: again(`
${NOW}
return redis.call('zscore', KEYS[1], ARGV[1]) and redis.call('zadd', KEYS[1], 'XX', 'CH', now + tonumber(ARGV[2]), ARGV[1]) and 1 or 0`),

  /** z h l m; channel member: its lease is over */
  priorityRelease: again(`
if redis.call('zscore', KEYS[3], ARGV[2]) then redis.call('zadd', KEYS[3], 0, ARGV[2]) end
${WAKE}
return 1`),

  /** z h l m: [there, held, unfinished, shut down] */
  priorityState: again(`
return { redis.call('zcard', KEYS[1]), redis.call('zcard', KEYS[3]),
  tonumber(redis.call('hget', KEYS[4], 'u') or 0), redis.call('hexists', KEYS[4], 'down') }`),

  /** z h l m; channel immediate */
  priorityShutdown: once(`
redis.call('hset', KEYS[4], 'down', 1)
if ARGV[2] == '1' then
  for _, member in ipairs(redis.call('zrange', KEYS[1], 0, -1)) do
    local number = string.sub(member, -${DIGITS})
    redis.call('hdel', KEYS[2], number, number .. 'd')
    redis.call('hincrby', KEYS[4], 'u', -1)
  end
  redis.call('del', KEYS[1])
end
redis.call('publish', ARGV[1], 's')
return 1`),
};
