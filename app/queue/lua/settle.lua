-- ARGV: queue, broker id, first rest ms, longest rest ms, number of done ids, done ids, failed ids.
local queue, broker = ARGV[1], ARGV[2]
local first_ms, longest_ms = tonumber(ARGV[3]), tonumber(ARGV[4])
local last_done = 5 + tonumber(ARGV[5])
local acks = acks_key(broker, queue)

-- Done is done, even if somebody took this process for dead and queued the message again: without
-- its payload the second copy is dropped when it is fetched.
for i = 6, last_done do
  redis.call('SREM', acks, ARGV[i])
  redis.call('HDEL', payloads_key(queue), ARGV[i])
  redis.call('HDEL', failures_key(queue), ARGV[i])
end

-- A failed message rests, but only if it is still ours: the call may be a repetition.
for i = last_done + 1, #ARGV do
  if redis.call('SREM', acks, ARGV[i]) == 1 then
    local failures = redis.call('HINCRBY', failures_key(queue), ARGV[i], 1)
    rest(queue, ARGV[i], failures, first_ms, longest_ms)
  end
end
return 1
