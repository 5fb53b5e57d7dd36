import { createHash } from 'node:crypto';

/** A Lua script; the server runs it as a whole, with nothing in between. */
export interface Script {
  readonly lua: string;
  /** What `EVALSHA` knows it by. */
  readonly sha: string;
}

function script(lua: string): Script {
  return { lua, sha: createHash('sha1').update(lua).digest('hex') };
}

/**
 * KEYS: the counters. ARGV: by, limit (or nothing) and lifetime in milliseconds for each. All limits are judged before
 * anything changes. Numbers travel as text: Lua would cut what it returns to integers.
 * @returns [1, values], or [0, which one was exceeded, what is left of its lifetime].
 */
export const incrementScript: Script = script(`
local raised = {}
for i, key in ipairs(KEYS) do
  local by, limit = tonumber(ARGV[3 * i - 2]), ARGV[3 * i - 1]
  local value = (raised[key] or tonumber(redis.call('GET', key) or '0')) + by
  if value ~= value or value == math.huge or value == -math.huge then
    return redis.error_reply('ERR a counter would be no number any more')
  end
  if limit ~= '' and value > tonumber(limit) then
    return {0, i, redis.call('PTTL', key)}
  end
  raised[key] = value
end
local values, created = {}, {}
for i, key in ipairs(KEYS) do
  if tonumber(ARGV[3 * i - 2]) == 0 then
    values[i] = redis.call('GET', key) or '0'
  else
    if redis.call('EXISTS', key) == 0 then created[key] = ARGV[3 * i] end
    values[i] = redis.call('INCRBYFLOAT', key, ARGV[3 * i - 2])
  end
end
for key, lifetime in pairs(created) do redis.call('PEXPIRE', key, lifetime) end
return {1, values}
`);

/**
 * KEYS: the lease. ARGV: token, lifetime in milliseconds. The token's own lease is had again: the client sends a command twice
 * if it lost the connection before the answer.
 * @returns 1 if it is had.
 */
export const acquireScript: Script = script(`
if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return 1 end
return redis.call('GET', KEYS[1]) == ARGV[1] and 1 or 0
`);

/** KEYS: the lease. ARGV: token. */
export const releaseScript: Script = script(`
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('UNLINK', KEYS[1]) end
return 1
`);

/** KEYS: the values. A script and no MGET, as that may be answered by a replica that lags behind. */
export const getManyScript: Script = script(`
return redis.call('MGET', unpack(KEYS))
`);

/** KEYS: the values. ARGV: value and lifetime in milliseconds for each; nothing: for ever; none left: gone. */
export const setManyScript: Script = script(`
for i, key in ipairs(KEYS) do
  local value, lifetime = ARGV[2 * i - 1], ARGV[2 * i]
  if lifetime == '' then redis.call('SET', key, value)
  elseif tonumber(lifetime) > 0 then redis.call('SET', key, value, 'PX', lifetime)
  else redis.call('UNLINK', key) end
end
return 1
`);

/**
 * KEYS: the number of the last message. ARGV: channel, message. Messages are numbered, so that a subscriber sees what it has
 * missed. Where the server takes no number, as it is full, the message goes out as number 0: a deletion must be heard.
 *
 * Sent in full each time: of two messages sent by hash, the first to be repeated in full would come second.
 */
export const PUBLISH_LUA: string = `
local number = redis.pcall('INCR', KEYS[1])
if type(number) == 'table' then
  local kind = string.match(number.err, '%u+')
  if kind ~= 'OOM' and kind ~= 'MISCONF' and kind ~= 'NOREPLICAS' then return number end
  number = 0
end
return redis.call('PUBLISH', ARGV[1], number .. ' ' .. ARGV[2])
`;

/** KEYS: the number of the last message. ARGV: channel, echo. Tells one subscriber, by the same way, what the last one was. */
export const ECHO_LUA: string = `
return redis.call('PUBLISH', ARGV[1], (redis.call('GET', KEYS[1]) or '0') .. ' ' .. ARGV[2])
`;
