--[[ Reads a page of the requested runs. Removes those that are too old, once their requester has seen it, and those
  that no script of ours wrote: no pod can run them. One from the future is left until its instant has come.

  KEYS      requests   (see README.md)
  ARGV      where to go on ('0': at the beginning), entries of a page, about, how long those too old stay (ms)
  Answers   { now, where to go on or '0', handle, request, 'standing' or 'expired' (removed)... }
]]
local keys, args = arguments({ keys = { 'requests' }, args = { 'cursor', 'size', 'shownMs' } })
local scanned = redis.pcall('HSCAN', keys.requests, args.cursor, 'COUNT', args.size)
if scanned.err then
  -- Where an ACL forbids HSCAN, all are one page; where the key has another type, nothing is requested.
  local all = redis.pcall('HGETALL', keys.requests)
  scanned = { '0', all.err and {} or all }
end

-- pcall: a user who may only read leaves them.
local remove = function(handle)
  return type(redis.pcall('HDEL', keys.requests, handle)) == 'number'
end

local stateOf = function(handle, request)
  local tick = whole(string.match(string.sub(request, 1, 100), '^(%d+)|.'), 8.64e15)
  if not tick or tick > now + SLACK then
    invalid(keys.requests, handle, request, not tick and remove(handle) and 'repaired' or 'ignored')
    return 'kept'
  end
  local age, most = now - tick, requestAge(handle)
  if age < most then
    return 'standing'
  end
  return age >= most + args.shownMs and remove(handle) and 'expired' or 'kept'
end

local answers = { '', scanned[1] }
for at = 1, #scanned[2], 2 do
  local handle, request = scanned[2][at], scanned[2][at + 1]
  local state = stateOf(handle, request)
  if state == 'expired' or state == 'standing' then
    for _, word in ipairs({ handle, request, state }) do
      table.insert(answers, word)
    end
  end
end
answers[1] = stamp()
return answers
