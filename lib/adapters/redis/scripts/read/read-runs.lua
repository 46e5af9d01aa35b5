--[[ Reads records.

  KEYS    per record: runs   (see README.md)
  ARGV    per record: slot

  Answers { now, record or ''... }
]]
local answers = { text(now) }
for number, runs in ipairs(KEYS) do
  local packed = redis.pcall('HGET', runs, ARGV[number])
  table.insert(answers, type(packed) == 'string' and packed or '')
end
return answers
