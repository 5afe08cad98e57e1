type Keywords = Readonly<Record<string, unknown>>;

/** A number that fits its keywords, as far as there is one. */
export function generateNumber(
  keywords: Keywords,
  { integer, turn }: { readonly integer: boolean; readonly turn: number },
): number {
  const step = numberIn(keywords['multipleOf']) ?? (integer ? 1 : 0.5);
  const grain = integer && !Number.isInteger(step) ? 1 : step;
  const low = Math.max(
    numberIn(keywords['minimum']) ?? -Infinity,
    (numberIn(keywords['exclusiveMinimum']) ?? -Infinity) + (integer ? 1 : grain / 1000),
  );
  const high = Math.min(
    numberIn(keywords['maximum']) ?? Infinity,
    (numberIn(keywords['exclusiveMaximum']) ?? Infinity) - (integer ? 1 : grain / 1000),
  );
  const start = low > 1 || high < 1 ? (Number.isFinite(low) ? low : high) : 1;
  const wanted = start + (low <= start + turn * grain && start + turn * grain <= high ? turn * grain : 0);
  const declared = numberIn(keywords['multipleOf']);
  if (declared === undefined && !integer) return wanted;
  const rounded = Number((Math.ceil(wanted / grain) * grain).toPrecision(15));
  return rounded > high ? Number((Math.floor(high / grain) * grain).toPrecision(15)) : rounded;
}

function numberIn(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}
