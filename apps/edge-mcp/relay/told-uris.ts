/** By session: the addresses under which the platform tells of resources, and those under which the session subscribed to them. */
const subscribed = new WeakMap<object, Map<string, string>>();

/** Remembers under which address the platform tells of what a session subscribed to. */
export function toldAs(session: object, told: string, shown: string): void {
  if (told === shown) return;
  const names = subscribed.get(session) ?? new Map<string, string>();
  subscribed.set(session, names.set(told, shown));
}

/** The address that a session knows a resource by. */
export function shownAs(session: object, told: string): string {
  return subscribed.get(session)?.get(told) ?? told;
}
