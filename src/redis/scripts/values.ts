/**
 * Value: a number as text. Dict and Namespace: a hash, and a sorted set for the order in which keys came. List:
 * a list. What a program computes goes in by compare-and-set, so that nobody's lock waits for it.
 */
import { again, once } from './script.ts';

/** Lua: adds a pair to d o. */
const PUT = `
local function put(key, value)
  if redis.call('hset', KEYS[1], key, value) == 1 then
    local last = redis.call('zrange', KEYS[2], -1, -1, 'withscores')
    redis.call('zadd', KEYS[2], (tonumber(last[2]) or 0) + 1, key)
  end
end`;

export const values = {
  /** v; what it is at first */
  valueRead: again(`return redis.call('get', KEYS[1]) or ARGV[1]`),
  /** v; number */
  valueWrite: again(`redis.call('set', KEYS[1], ARGV[1]) return 1`),
  /** v; what it is at first, number, integers: the sum */
  valueAdd: once(`
local sum
redis.call('setnx', KEYS[1], ARGV[1])
if ARGV[3] == '1' then
  redis.call('incrby', KEYS[1], ARGV[2])
  return redis.call('get', KEYS[1])
end
sum = string.format('%.17g', tonumber(redis.call('get', KEYS[1])) + tonumber(ARGV[2]))
redis.call('set', KEYS[1], sum)
return sum`),
  /** v; what it is at first, expected, number: 1 it was so */
  valueSwap: once(`
if (redis.call('get', KEYS[1]) or ARGV[1]) ~= ARGV[2] then return 0 end
redis.call('set', KEYS[1], ARGV[3])
return 1`),

  /** d o; key */
  dictGet: again(`return redis.call('hget', KEYS[1], ARGV[1])`),
  /** d o; key */
  dictHas: again(`return redis.call('hexists', KEYS[1], ARGV[1])`),
  dictSize: again(`return redis.call('hlen', KEYS[1])`),
  /** d o; key value ... */
  dictSet: again(`${PUT}
for i = 1, #ARGV, 2 do put(ARGV[i], ARGV[i + 1]) end
return 1`),
  /** d o; key value: what is there then */
  dictSetDefault: again(`${PUT}
if redis.call('hexists', KEYS[1], ARGV[1]) == 0 then put(ARGV[1], ARGV[2]) end
return redis.call('hget', KEYS[1], ARGV[1])`),
  /** d o; key: [value], or [] */
  dictPop: once(`
local value = redis.call('hget', KEYS[1], ARGV[1])
if not value then return {} end
redis.call('hdel', KEYS[1], ARGV[1])
redis.call('zrem', KEYS[2], ARGV[1])
return { value }`),
  /** d o: [key, value], or [] */
  dictPopItem: once(`
local last = redis.call('zpopmax', KEYS[2])
if not last[1] then return {} end
local value = redis.call('hget', KEYS[1], last[1])
redis.call('hdel', KEYS[1], last[1])
return { last[1], value }`),
  /** d o; expected ('': absent), key, value: 1 it was so */
  dictSwap: once(`${PUT}
if (redis.call('hget', KEYS[1], ARGV[2]) or '') ~= ARGV[1] then return 0 end
put(ARGV[2], ARGV[3])
return 1`),
  /** d o: [key, value, ...] */
  dictItems: again(`
local out = {}
for i, key in ipairs(redis.call('zrange', KEYS[2], 0, -1)) do
  out[2 * i - 1] = key
  out[2 * i] = redis.call('hget', KEYS[1], key)
end
return out`),
  /** l */
  clear: again(`for i = 1, #KEYS do redis.call('del', KEYS[i]) end return 1`),

  listSize: again(`return redis.call('llen', KEYS[1])`),
  /** l; index */
  listGet: again(`return redis.call('lindex', KEYS[1], ARGV[1])`),
  /** l; from to */
  listRange: again(`return redis.call('lrange', KEYS[1], ARGV[1], ARGV[2])`),
  /** l; index value: 0 out of range */
  listSet: again(`
local index, size = tonumber(ARGV[1]), redis.call('llen', KEYS[1])
if index >= size or index < -size then return 0 end
redis.call('lset', KEYS[1], index, ARGV[2])
return 1`),
  /** l; value ... */
  listAppend: once(`for i = 1, #ARGV - 2 do redis.call('rpush', KEYS[1], ARGV[i]) end return 1`),
  /** l; index, whether out of range counts as the end, how many to take out, value ...: [what was there] */
  listSplice: once(`
local index, size, count = tonumber(ARGV[1]), redis.call('llen', KEYS[1]), tonumber(ARGV[3])
if index < 0 then index = index + size end
if ARGV[2] == '1' then index = math.max(0, math.min(index, size)) elseif index < 0 or index >= size then return {} end
local all = redis.call('lrange', KEYS[1], index, -1)
local removed = {}
for i = 1, math.min(count, #all) do removed[i] = all[i] end
if index == 0 then redis.call('del', KEYS[1]) else redis.call('ltrim', KEYS[1], 0, index - 1) end
for i = 4, #ARGV - 2 do redis.call('rpush', KEYS[1], ARGV[i]) end
for i = count + 1, #all do redis.call('rpush', KEYS[1], all[i]) end
return removed`),
  /** l; index expected value: 1 it was so */
  listSwap: once(`
if redis.call('lindex', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
redis.call('lset', KEYS[1], ARGV[1], ARGV[3])
return 1`),
  /** l; how many, those expected ..., those instead ...: 1 it was so */
  listReplace: once(`
local count = tonumber(ARGV[1])
local all = redis.call('lrange', KEYS[1], 0, -1)
if #all ~= count then return 0 end
for i = 1, count do if all[i] ~= ARGV[1 + i] then return 0 end end
redis.call('del', KEYS[1])
for i = count + 2, #ARGV - 2 do redis.call('rpush', KEYS[1], ARGV[i]) end
return 1`),
  /** l; value: the index of the first, taken out; nil: not there */
  listRemove: once(`
local all = redis.call('lrange', KEYS[1], 0, -1)
for i, each in ipairs(all) do
  if each == ARGV[1] then redis.call('lrem', KEYS[1], 1, each) return i end
end
return 0`),
};
