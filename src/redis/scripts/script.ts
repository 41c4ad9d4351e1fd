/**
 * A change in one step: Lua that Redis runs between the commands of everybody else.
 *
 * Who asks for a call learns of its answer over a connection that may break in between. Then the call is sent
 * again, and a script marked `once` has a journal for that: a hash beside the object, with the answers of this
 * program's last calls by their numbers. What is found there was done before. Others may be done twice without
 * a difference.
 *
 * A script answers nil (`false`) for "not now": then it has changed nothing that matters, and whoever waits
 * asks again.
 */
import { createHash } from 'node:crypto';

/** What Redis runs, and by which it knows it. */
export interface Lua {
  readonly lua: string;
  readonly sha: string;
}

export interface Script extends Lua {
  readonly once: boolean;
  /**
   * Several calls with the same keys, one after the other: [whether it went well, answer or message, ...].
   * Its arguments are how many, and of each how many it has, and those.
   */
  readonly many: Lua;
}

/** Seconds for which answers are kept: a longer outage may do a call twice. */
const KEPT = 3600;

const JOURNAL = `
local journal, call = KEYS[#KEYS], ARGV[#ARGV - 1]
local answered = redis.call('hget', journal, call)
if answered then return cmsgpack.unpack(answered)[1] end
local known = {}
for done in string.gmatch(ARGV[#ARGV], '%S+') do known[#known + 1] = done end
if #known > 0 then redis.call('hdel', journal, unpack(known)) end
local function change() BODY end
local answer = change()
if answer then
  redis.call('hset', journal, call, cmsgpack.pack({ answer }))
  redis.call('expire', journal, ${KEPT})
end
return answer`;

const MANY = `
local all, at, out = ARGV, 2, {}
local function call(ARGV) BODY end
for i = 1, tonumber(all[1]) do
  local mine = {}
  for j = 1, tonumber(all[at]) do mine[j] = all[at + j] end
  at = at + #mine + 1
  local ok, answer = pcall(call, mine)
  out[2 * i - 1] = ok and 1 or 0
  if not ok then answer = type(answer) == 'table' and answer.err or tostring(answer) end
  out[2 * i] = answer or false
end
return out`;

function luaOf(lua: string): Lua {
  return { lua, sha: createHash('sha1').update(lua).digest('hex') };
}

function scriptOf(lua: string, once: boolean): Script {
  return { ...luaOf(lua), once, many: luaOf(MANY.replace('BODY', () => lua).trim()) };
}

/** May be done twice. */
export function again(lua: string): Script {
  return scriptOf(lua.trim(), false);
}

/** Is done once, however often it is sent. Its last key and its last two arguments are the journal's. */
export function once(lua: string): Script {
  return scriptOf(JOURNAL.replace('BODY', () => lua.trim()).trim(), true);
}

/** Lua: milliseconds by Redis's clock, which is everybody's. */
export const NOW = `local time = redis.call('time')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)`;
