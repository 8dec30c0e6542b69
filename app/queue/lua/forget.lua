-- One step through the first answers of an org, taking out of those of a person who that was.
-- KEYS: none. ARGV: admission db, pattern of the answers' keys, cursor, keys per step, contact ids.
-- Answers the next cursor; '0' when all have been looked at.
local erased = {}
for i = 5, #ARGV do erased[ARGV[i]] = true end

redis.call('SELECT', ARGV[1])
local step = redis.call('SCAN', ARGV[3], 'MATCH', ARGV[2], 'COUNT', ARGV[4])
for _, key in ipairs(step[2]) do
  local text = redis.call('GET', key)
  local answer = text and cjson.decode(text)
  if answer and erased[answer.data.id] then
    answer.data.email, answer.data.first_name, answer.data.last_name = '', cjson.null, cjson.null
    redis.call('SET', key, cjson.encode(answer), 'KEEPTTL')
  end
end
return step[1]
