/**
 * Queues that are first in, first out: a stream with one consumer group `g`, in which each program is a
 * consumer.
 *
 * | key | what                                                                                        |
 * | --- | ------------------------------------------------------------------------------------------- |
 * | q   | the stream: an entry until it is acknowledged, then it is deleted (XDEL after XACK)           |
 * | m   | a hash: `u` unfinished tasks, `p` items ever put, `down` shut down, `waits` who for a done    |
 * | x   | a stream of the dead letters                                                                |
 *
 * An entry is pending under the name of the program that has it. Who gives it up claims it for the consumer
 * `-` with a great idle time, so that anybody takes it at once.
 */
import { again, once } from './script.ts';

/** Milliseconds, longer than any lease: of what was given up. */
export const IDLE = 1_000_000_000;

const WAKE = `if redis.call('hdel', KEYS[2], 'waits') == 1 then redis.call('publish', ARGV[1], 'w') end`;

export const streams = {
  /**
   * q m; channel maxsize item ... tell-readers: [how many are in, how many ever were], -1 shut down, nil full
   */
  streamPut: once(`
if redis.call('hexists', KEYS[2], 'down') == 1 then return -1 end
local count, most = #ARGV - 5, tonumber(ARGV[2])
if most > 0 then
  count = math.min(count, most - redis.call('xlen', KEYS[1]))
  if count <= 0 then redis.call('hset', KEYS[2], 'waits', 1) return false end
end
for i = 1, count do redis.call('xadd', KEYS[1], '*', 'v', ARGV[2 + i]) end
redis.call('hincrby', KEYS[2], 'u', count)
if ARGV[#ARGV - 2] == '1' then redis.call('publish', ARGV[1], 'p') end
return { count, redis.call('hincrby', KEYS[2], 'p', count) }`),

  /** q */
  streamGroup: again(`return redis.pcall('xgroup', 'create', KEYS[1], 'g', '0', 'mkstream').ok and 1 or 0`),

  /** q m; channel whether-tasks-count id ...: how many were there */
  streamDone: again(`
redis.pcall('xack', KEYS[1], 'g', unpack(ARGV, 3))
local gone = redis.call('xdel', KEYS[1], unpack(ARGV, 3))
if ARGV[2] == '1' and gone > 0 then redis.call('hincrby', KEYS[2], 'u', -gone) end
if gone > 0 then ${WAKE} end
return gone`),

  /** q; me id ...: those that are somebody else's by now */
  streamTouch: again(`
local lost = {}
for i = 2, #ARGV do
  local mine = redis.pcall('xpending', KEYS[1], 'g', ARGV[i], ARGV[i], 1, ARGV[1])
  if mine.err or #mine == 0 then lost[#lost + 1] = ARGV[i]
  else redis.call('xclaim', KEYS[1], 'g', ARGV[1], 0, ARGV[i], 'JUSTID') end
end
return lost`),

  /**
   * q; me id times: somebody is about to look at an item that was given up before, as one of so many. 0: it is
   * somebody else's by now
   */
  streamOpen: again(`
local mine = redis.pcall('xpending', KEYS[1], 'g', ARGV[2], ARGV[2], 1, ARGV[1])
if mine.err or #mine == 0 then return 0 end
redis.call('xclaim', KEYS[1], 'g', ARGV[1], 0, ARGV[2], 'RETRYCOUNT', ARGV[3], 'JUSTID')
return 1`),

  /** q m; channel id whether-it-counts ...: gives them up; of one that was read ahead it does not count */
  streamRelease: again(`
for i = 2, #ARGV, 2 do
  local id = ARGV[i]
  local was = redis.pcall('xpending', KEYS[1], 'g', id, id, 1)
  if not was.err and #was == 1 then
    local count = was[1][4]
    if ARGV[i + 1] == '0' then count = math.max(0, count - 1) end
    redis.call('xclaim', KEYS[1], 'g', '-', 0, id, 'IDLE', ${IDLE}, 'RETRYCOUNT', count, 'JUSTID')
  end
end
redis.call('publish', ARGV[1], 'r')
return 1`),

  /**
   * q m x; channel me idle-ms most-deliveries most-items: [how many are left, id, value, times, ...]. Those
   * that were handed out too often go to the dead letters. That somebody looks at one is counted only when he
   * does (streamOpen): who ends his program takes none along that lies beside him.
   */
  streamReap: again(`
local found = redis.pcall('xpending', KEYS[1], 'g', 'IDLE', ARGV[3], '-', '+', 64)
if found.err then return { 0 } end
local out, left, dead = { 0 }, 0, 0
for _, entry in ipairs(found) do
  local id, count = entry[1], entry[4]
  if count >= tonumber(ARGV[4]) then
    local item = redis.call('xrange', KEYS[1], id, id)[1]
    if item then
      redis.call('xadd', KEYS[3], '*', 'v', item[2][2], 'id', id, 'deliveries', count)
      dead = dead + 1
    end
    redis.call('xack', KEYS[1], 'g', id)
    redis.call('xdel', KEYS[1], id)
  elseif (#out - 1) / 3 < tonumber(ARGV[5]) then
    local item = redis.call('xclaim', KEYS[1], 'g', ARGV[2], 0, id, 'RETRYCOUNT', math.max(count, 1))[1]
    if item then out[#out + 1] = id out[#out + 1] = item[2][2] out[#out + 1] = count
    else redis.call('xack', KEYS[1], 'g', id) end
  else left = left + 1 end
end
if dead > 0 then redis.call('hincrby', KEYS[2], 'u', -dead) ${WAKE} end
out[1] = left
return out`),

  /** q m: [entries, pending, unfinished, shut down] */
  streamState: again(`
local pending = redis.pcall('xpending', KEYS[1], 'g')
return { redis.call('xlen', KEYS[1]), pending.err and 0 or pending[1],
  tonumber(redis.call('hget', KEYS[2], 'u') or 0), redis.call('hexists', KEYS[2], 'down') }`),

  /** q m; channel immediate */
  streamShutdown: once(`
redis.call('hset', KEYS[2], 'down', 1)
if ARGV[2] == '1' then
  local from = '-'
  local groups = redis.pcall('xinfo', 'groups', KEYS[1])
  if not groups.err and groups[1] then
    for i = 1, #groups[1], 2 do if groups[1][i] == 'last-delivered-id' then from = '(' .. groups[1][i + 1] end end
  end
  local rest = redis.call('xrange', KEYS[1], from, '+')
  for _, entry in ipairs(rest) do redis.call('xdel', KEYS[1], entry[1]) end
  if #rest > 0 then redis.call('hincrby', KEYS[2], 'u', -#rest) end
end
redis.call('publish', ARGV[1], ARGV[2] == '1' and 'i' or 's')
return 1`),

  /** m; channel: 0 more often than there were tasks */
  taskDone: once(`
if tonumber(redis.call('hget', KEYS[1], 'u') or 0) <= 0 then return 0 end
redis.call('hincrby', KEYS[1], 'u', -1)
if redis.call('hdel', KEYS[1], 'waits') == 1 then redis.call('publish', ARGV[1], 'w') end
return 1`),

  /** m: nil while there are unfinished tasks */
  joined: again(`
if tonumber(redis.call('hget', KEYS[1], 'u') or 0) <= 0 then return 1 end
redis.call('hset', KEYS[1], 'waits', 1)
return false`),

  /** x; most: [value, id, deliveries, ...], taken out */
  deadLetters: once(`
local out = {}
for _, entry in ipairs(redis.call('xrange', KEYS[1], '-', '+', 'COUNT', ARGV[1])) do
  local field = entry[2]
  out[#out + 1] = field[2] out[#out + 1] = field[4] out[#out + 1] = tonumber(field[6])
  redis.call('xdel', KEYS[1], entry[1])
end
return out`),
};
