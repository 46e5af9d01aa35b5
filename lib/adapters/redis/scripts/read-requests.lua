--[[ Reads a page of the runs that are asked for. Takes away those that are too old, once whoever waits has seen it.

  KEYS[1] requests   (see run-records.lua)
  ARGV[1] where to go on, '0': at the beginning   ARGV[2] about so many   ARGV[3] how long those too old stay, ms

  Answers { now, where to go on or '0', handle, request, 'standing' or 'expired' (taken away)... }
]]
local scanned = redis.pcall('HSCAN', KEYS[1], ARGV[1], 'COUNT', ARGV[2])
if scanned.err then
  -- Where an ACL forbids HSCAN, all are one page; where the key was tampered with, nothing is asked for.
  local all = redis.pcall('HGETALL', KEYS[1])
  scanned = { '0', all.err and {} or all }
end

local answers = { text(now), scanned[1] }
for at = 1, #scanned[2], 2 do
  local handle, request = scanned[2][at], scanned[2][at + 1]
  local tick = tonumber(string.match(request, '^(%d+)|') or '')
  local state = 'standing'
  if tick and now - tick >= REQUEST_AGE then
    state = now - tick >= REQUEST_AGE + ARGV[3] and 'expired' or 'kept'
  end
  if state == 'expired' then
    redis.call('HDEL', KEYS[1], handle)
  end
  if state ~= 'kept' then
    for _, word in ipairs({ handle, request, state }) do
      table.insert(answers, word)
    end
  end
end
return answers
