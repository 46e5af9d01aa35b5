--[[ How scripts read what is stored: stands before every script.

  Any value of any key may be garbage: a person, another program or a lost write left it there. A value is therefore
  read by one of the functions below, never by tonumber alone: that takes nan, inf, 1e300 and hexadecimal numbers. An
  invalid value counts as absent, and is reported with the answer: key, field, value (its beginning) and what was done:
  ignored (it stays), repaired (it was replaced) or clamped (it was brought back into its range).
]]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local text = function(number) return string.format('%.0f', number) end
local nowText = text(now)

-- A clock of Redis may have been ahead by this much, ms: what lies further in the future was not written by our scripts.
local SLACK = 5000

local findings = {}
local invalid = function(key, field, value, action)
  -- Two for each of the jobs of a call: what is more is found again, if it was not replaced.
  if #findings < 2000 then
    for _, word in ipairs({ key, string.sub(field, 1, 200), string.sub(value, 1, 200), action }) do
      table.insert(findings, word)
    end
  end
end

-- The first word of an answer: the server's time, or a list of the time and what was found to be invalid.
local stamp = function()
  return #findings == 0 and text(now) or { text(now), unpack(findings) }
end

-- A whole number as our scripts write it, from 0 on and no larger than `most` or than JavaScript can count; else nil.
local whole = function(value, most)
  if type(value) ~= 'string' or #value > 16 or not string.find(value, '^%d+$') then
    return nil
  end
  local number = tonumber(value)
  return number <= (most or 9007199254740991) and number or nil
end

-- The same of a field, reported when it is invalid.
local numberOf = function(key, field, value, most, action)
  local number = whole(value, most)
  if value and not number then
    invalid(key, field, value, action or 'ignored')
  end
  return number
end

-- A text as it is passed on: no script of ours writes a longer one.
local bounded = function(value)
  return string.sub(value, 1, 100000)
end

-- Fields of a hash. One of another type has none.
local fieldsOf = function(key, ...)
  local fields = redis.pcall('HMGET', key, ...)
  if fields.err then
    invalid(key, '', 'a key of another type', 'ignored')
    return {}
  end
  return fields
end

-- How many entries a key has, by ZCARD or HLEN. One of another type holds nothing of ours: it is deleted if `repairs`.
-- And whether it is of another type.
local sizeOf = function(command, key, repairs)
  local size = redis.pcall(command, key)
  if type(size) == 'number' then
    return size
  end
  local isOther = string.find(size.err, 'WRONGTYPE', 1, true)
  invalid(key, '', isOther and 'a key of another type' or size.err, isOther and repairs and 'repaired' or 'ignored')
  if isOther and repairs then
    redis.call('DEL', key)
  end
  return 0, isOther ~= nil
end
