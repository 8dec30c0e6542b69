-- KEYS: none. ARGV: admission db, day, then org, reason and number of each count.
-- Counts live in refused:{org}:{day} for 90 days.
redis.call('SELECT', ARGV[1])
for i = 3, #ARGV, 3 do
  local key = 'refused:' .. ARGV[i] .. ':' .. ARGV[2]
  redis.call('HINCRBY', key, ARGV[i + 1], ARGV[i + 2])
  redis.call('EXPIRE', key, 90 * 86400)
end
return 1
