-- ARGV: queue, then id and payload of each message. Answers how many were new.
-- HSETNX makes it safe to send the same message again after a lost reply.
local queue = ARGV[1]
local added = 0
for i = 2, #ARGV, 2 do
  if redis.call('HSETNX', payloads_key(queue), ARGV[i], ARGV[i + 1]) == 1 then
    redis.call('RPUSH', waiting_key(queue), ARGV[i])
    added = added + 1
  end
end
if added > 0 then ring(queue) end
return added
