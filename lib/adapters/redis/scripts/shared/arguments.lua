--[[ Reads KEYS and ARGV by name: a script states their order once, and counts no positions.

  local keys, args, items, rest = arguments({
    keys = { name… }, args = { name… },          those at the beginning
    itemKeys = { name… }, itemArgs = { name… },  those of each item of a list that follows
    byColumn = true,                             the keys of all items of the first name come first, then the next
  })

  keys, args   name -> value
  items        iterates over the list: one table an item, name -> value of its keys and its arguments
  rest         the arguments behind the list, an array
]]
local NO_NAMES = {}

-- Puts values into a table, under names: the first one from `at`, each of the others `step` behind the one before.
local named = function(record, names, values, at, step)
  for number = 1, #names do
    record[names[number]] = values[at]
    at = at + step
  end
  return record
end

local itemsOf = function(shape, count, itemKeys, itemArgs)
  local key, arg, number = #shape.keys + 1, #shape.args + 1, 0
  local keyStep = shape.byColumn and count or 1
  local nextKey, nextArg = shape.byColumn and 1 or #itemKeys, #itemArgs
  return function()
    number = number + 1
    if number > count then
      return nil
    end
    local item = named(named({}, itemKeys, KEYS, key, keyStep), itemArgs, ARGV, arg, 1)
    key, arg = key + nextKey, arg + nextArg
    return item
  end
end

local arguments = function(shape)
  local itemKeys, itemArgs = shape.itemKeys or NO_NAMES, shape.itemArgs or NO_NAMES
  local count = 0
  if #itemKeys > 0 then
    count = math.floor((#KEYS - #shape.keys) / #itemKeys)
  elseif #itemArgs > 0 then
    count = math.floor((#ARGV - #shape.args) / #itemArgs)
  end
  local keys, args = named({}, shape.keys, KEYS, 1, 1), named({}, shape.args, ARGV, 1, 1)
  local rest = { unpack(ARGV, #shape.args + 1 + count * #itemArgs) }
  return keys, args, itemsOf(shape, count, itemKeys, itemArgs), rest
end
