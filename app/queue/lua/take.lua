-- KEYS: none. ARGV: admission db, bucket, rate per minute.
-- Answers 1 when a token was taken or 0, tokens left, ms until full or until the next token.
redis.call('SELECT', ARGV[1])
local rate = tonumber(ARGV[3])
local fits, left, full_in, wait = look(ARGV[2], rate)
if not fits then return {0, 0, math.ceil(wait)} end
take(ARGV[2], rate, full_in)
return {1, left, math.ceil(full_in)}
