--[[ Reads records.

  KEYS      per record: runs   (see README.md)
  ARGV      per record: slot
  Answers   { now, record or ''... }
]]
local _, _, records = arguments({ keys = {}, args = {}, itemKeys = { 'runs' }, itemArgs = { 'slot' } })
local answers = { nowText }
for record in records do
  local packed = redis.pcall('HGET', record.runs, record.slot)
  table.insert(answers, type(packed) == 'string' and packed or '')
end
return answers
