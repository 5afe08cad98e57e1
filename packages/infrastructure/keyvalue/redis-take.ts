import type { RedisClient } from '../redis/connect.ts';
import { script } from '../redis/script.ts';
import { describeTaken, measureOf } from './allowance.ts';
import type { Allowance, Taken } from './port.ts';

/** takeAllowances of allowance.ts by the server's clock, so that processes with different clocks agree. The last value tells whether to take. */
const takeScript = script(`
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local starts, answer, all = {}, { string.format('%.0f', now) }, true
for i = 1, #KEYS do
  local each, whole = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
  starts[i] = math.min(math.max(tonumber(redis.call('GET', KEYS[i]) or 0), now), now + whole)
  local fits = starts[i] + each - now <= whole
  answer[2 * i] = fits and 1 or 0
  all = all and fits
end
for i = 1, #KEYS do
  if all and ARGV[#ARGV] == '1' then
    starts[i] = starts[i] + tonumber(ARGV[2 * i - 1])
    redis.call('SET', KEYS[i], string.format('%.0f', starts[i]), 'PX', math.ceil((starts[i] - now) / 1000))
  end
  answer[2 * i + 1] = string.format('%.0f', starts[i])
end
return answer
`);

/** What Redis answered: its time, and of each key whether it had one to give and until when it is used. Microseconds. */
export interface TakeAnswer {
  readonly now: number;
  readonly fits: readonly boolean[];
  readonly usedUntil: readonly number[];
}

/** Takes one of each allowance, or of none; or only looks. The keys must share a slot. */
export async function takeOnRedis(
  client: RedisClient,
  keys: readonly string[],
  wanted: readonly Allowance[],
  step: 'take' | 'look' = 'take',
): Promise<TakeAnswer> {
  const values = wanted.map(measureOf).flatMap(({ each, whole }) => [each, whole]);
  const answer = await takeScript(client, keys, [...values, step === 'take' ? 1 : 0]);
  const [now, ...answers] = (answer as readonly (string | number)[]).map(Number);
  return {
    now: now ?? 0,
    fits: wanted.map((_each, at) => answers[2 * at] === 1),
    usedUntil: wanted.map((_each, at) => answers[2 * at + 1] ?? 0),
  };
}

/** The answer in the words of the port. */
export function describeAnswer(answer: TakeAnswer, wanted: readonly Allowance[]): readonly Taken[] {
  return wanted.map((each, at) =>
    describeTaken(answer.fits[at] ?? false, (answer.usedUntil[at] ?? 0) - answer.now, measureOf(each)),
  );
}
