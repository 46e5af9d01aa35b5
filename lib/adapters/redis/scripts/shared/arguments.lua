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

local named = function(names, values)
  local record = {}
  for at = 1, #names do
    record[names[at]] = values[at]
  end
  return record
end

-- Written out, without a call for each table: claims come by the hundred.
local itemsOf = function(shape, count, itemKeys, itemArgs)
  local allKeys, allArgs, keyCount, argCount = KEYS, ARGV, #itemKeys, #itemArgs
  local key, arg = #shape.keys, #shape.args
  local keyStep, nextKey = 1, keyCount
  if shape.byColumn then
    keyStep, nextKey, key = count, 1, key + 1 - count
  end
  local number = 0
  return function()
    number = number + 1
    if number > count then
      return nil
    end
    local item = {}
    for at = 1, keyCount do
      item[itemKeys[at]] = allKeys[key + at * keyStep]
    end
    for at = 1, argCount do
      item[itemArgs[at]] = allArgs[arg + at]
    end
    key, arg = key + nextKey, arg + argCount
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
  local rest = { unpack(ARGV, #shape.args + 1 + count * #itemArgs) }
  return named(shape.keys, KEYS), named(shape.args, ARGV), itemsOf(shape, count, itemKeys, itemArgs), rest
end
