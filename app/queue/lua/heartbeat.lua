-- ARGV: broker id, the queues it serves.
redis.call('ZADD', HEARTBEATS, now_ms(), ARGV[1])
for i = 2, #ARGV do redis.call('SADD', QUEUES, ARGV[i]) end
return 1
