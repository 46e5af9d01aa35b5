--[[ Overrides the schedule of a job, or ends an override.

  KEYS      job, control, jobs   (see README.md)
  ARGV      override ('': none), channel of events, job name
  Answers   { now }
]]
local keys, args = arguments({ keys = { 'job', 'control', 'jobs' }, args = { 'override', 'channel', 'name' } })

local write = function()
  -- pcall: a count that is invalid begins anew.
  local overrides = redis.pcall('HINCRBY', keys.control, 'orders', 1)
  if type(overrides) ~= 'number' or overrides < 0 or overrides > 9e15 then
    redis.call('HSET', keys.control, 'orders', nowText)
  end
  if args.override == '' then
    redis.call('HDEL', keys.job, 'order')
    return
  end
  -- So that it is found when the job is removed.
  redis.pcall('SADD', keys.jobs, args.name)
  local dated = string.gsub(args.override, '}$', string.format(',"since":%s}', nowText))
  redis.call('HSET', keys.job, 'order', dated)
end

-- Since when it holds stands at its end: the same override again changes nothing.
local override = string.gsub(redis.call('HGET', keys.job, 'order') or '', ',"since":%d+}$', '}')
if override ~= args.override then
  write()
end
-- pcall: where an ACL forbids the channel, the leader finds it with its next renewal.
redis.pcall('PUBLISH', args.channel, 'rescheduled')
return { nowText }
