const units = [
  { name: 'd', seconds: 86_400 },
  { name: 'h', seconds: 3600 },
  { name: 'min', seconds: 60 },
] as const;

/** How long ago an instant was, in its largest unit, e.g. `3 min ago`. A clock that runs ahead gives `now`. */
export function agoText(instant: string, nowSeconds: number): string {
  const seconds = Math.floor(nowSeconds - Date.parse(instant) / 1000);
  if (seconds < 10) return 'now';
  const unit = units.find((candidate) => seconds >= candidate.seconds);
  return unit === undefined
    ? `${String(seconds)} s ago`
    : `${String(Math.floor(seconds / unit.seconds))} ${unit.name} ago`;
}

/** How long until an instant, e.g. `1:05`; nothing once it has passed. */
export function untilText(instant: string, nowSeconds: number): string | undefined {
  const seconds = Math.ceil(Date.parse(instant) / 1000 - nowSeconds);
  if (seconds <= 0) return undefined;
  return `${String(Math.floor(seconds / 60))}:${String(seconds % 60).padStart(2, '0')}`;
}

/** The time of day of an instant, to the second. */
export function clockText(instant: string): string {
  return new Date(instant).toLocaleTimeString(undefined, { hour12: false });
}
