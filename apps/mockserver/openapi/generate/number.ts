type Keywords = Readonly<Record<string, unknown>>;

interface Range {
  readonly low: number;
  readonly high: number;
}

/** A number that fits its keywords, as far as there is one; `turn` makes numbers differ. */
export function generateNumber(
  keywords: Keywords,
  { integer, turn }: { readonly integer: boolean; readonly turn: number },
): number {
  const declared = numberIn(keywords['multipleOf']);
  const grain = grainOf(declared, integer);
  const range = rangeOf(keywords, integer ? 1 : grain / 1000);
  const wanted = pick(range, turn * grain);
  if (declared === undefined && !integer) return wanted;
  const rounded = exact(Math.ceil(wanted / grain) * grain);
  return rounded > range.high ? exact(Math.floor(range.high / grain) * grain) : rounded;
}

function grainOf(declared: number | undefined, integer: boolean): number {
  if (declared === undefined) return integer ? 1 : 0.5;
  return integer && !Number.isInteger(declared) ? 1 : declared;
}

function rangeOf(keywords: Keywords, beyond: number): Range {
  const bound = (name: string, otherwise: number): number => numberIn(keywords[name]) ?? otherwise;
  return {
    low: Math.max(bound('minimum', -Infinity), bound('exclusiveMinimum', -Infinity) + beyond),
    high: Math.min(bound('maximum', Infinity), bound('exclusiveMaximum', Infinity) - beyond),
  };
}

/** One, where the range has it, else its nearest bound; further on by the step where the range is that wide. */
function pick({ low, high }: Range, step: number): number {
  const start = low > 1 ? low : Math.min(high, 1);
  return start + step >= low && start + step <= high ? start + step : start;
}

function exact(value: number): number {
  return Number(value.toPrecision(15));
}

function numberIn(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}
