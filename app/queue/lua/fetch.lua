-- ARGV: queue, broker id, how many at most.
-- Takes messages into the broker's acks set and answers id, payload, id, payload, ...; the payload
-- is nil when the message is done already (it was acked by a process taken for dead).
local queue, broker, wanted = ARGV[1], ARGV[2], tonumber(ARGV[3])
local fetched = {}
for _ = 1, wanted do
  local id = redis.call('LPOP', waiting_key(queue))
  if not id then break end
  local payload = redis.call('HGET', payloads_key(queue), id)
  if payload then
    redis.call('SADD', acks_key(broker, queue), id)
  else
    redis.call('HDEL', failures_key(queue), id)
  end
  fetched[#fetched + 1] = id
  fetched[#fetched + 1] = payload
end

-- Whoever holds messages is on the janitor's list, even when its heartbeat was just forgotten.
if #fetched > 0 then
  redis.call('ZADD', HEARTBEATS, 'NX', now_ms(), broker)
  redis.call('SADD', QUEUES, queue)
end

-- Tokens say "there is something": none while the queue is empty, one for the next process if not.
if redis.call('LLEN', waiting_key(queue)) == 0 then
  redis.call('DEL', wake_key(queue))
elseif redis.call('LLEN', wake_key(queue)) == 0 then
  ring(queue)
end
return fetched
