-- ARGV: heartbeat timeout ms, first rest ms, longest rest ms.
-- The janitor: wakes what has rested enough and brings back what dead processes held.
-- Answers how many woke, how many came back.
local timeout_ms = tonumber(ARGV[1])
local first_ms, longest_ms = tonumber(ARGV[2]), tonumber(ARGV[3])
local now = now_ms()
local queues = redis.call('SMEMBERS', QUEUES)

local function wake_rested(queue)
  local due = redis.call('ZRANGEBYSCORE', resting_key(queue), '-inf', now, 'LIMIT', 0, 1000)
  for _, id in ipairs(due) do
    redis.call('ZREM', resting_key(queue), id)
    redis.call('RPUSH', waiting_key(queue), id)
  end
  if #due > 0 then ring(queue) end
  return #due
end

-- A silent process is dead only if somebody was there to hear it: after a time in which nobody
-- could reach Redis, everybody gets a whole timeout to be heard again.
local function somebody_listened_long_enough()
  local watch = redis.call('HMGET', WATCH, 'since', 'last')
  local since, last = tonumber(watch[1]) or now, tonumber(watch[2]) or 0
  if now - last > timeout_ms / 2 then since = now end
  redis.call('HSET', WATCH, 'since', since, 'last', now)
  return now - since >= timeout_ms
end

-- The head of the queue again; but what was there when its process died for the third time may be
-- what kills, so it rests, longer each time, and lets the others pass.
local function recover(broker, queue)
  local ids, innocent = redis.call('SMEMBERS', acks_key(broker, queue)), {}
  table.sort(ids)
  for _, id in ipairs(ids) do
    local deaths = 0
    if redis.call('HEXISTS', payloads_key(queue), id) == 1 then
      deaths = redis.call('HINCRBY', failures_key(queue), id, 1)
    end
    if deaths > 2 then
      rest(queue, id, deaths - 2, first_ms, longest_ms)
    else
      innocent[#innocent + 1] = id
    end
  end
  redis.call('DEL', acks_key(broker, queue))
  put_back(queue, innocent)
  return #ids
end

local woken, recovered = 0, 0
for _, queue in ipairs(queues) do woken = woken + wake_rested(queue) end
if somebody_listened_long_enough() then
  local silent = redis.call('ZRANGEBYSCORE', HEARTBEATS, '-inf', now - timeout_ms, 'LIMIT', 0, 20)
  for _, broker in ipairs(silent) do
    for _, queue in ipairs(queues) do recovered = recovered + recover(broker, queue) end
    redis.call('ZREM', HEARTBEATS, broker)
  end
end
return {woken, recovered}
