const name = 'devmesh.key';

/** The key of this browser tab, if one was kept. It never outlives the tab and never enters a URL. */
export function readKey(): string | undefined {
  return sessionStorage.getItem(name) ?? undefined;
}

/** Keeps the key for this tab. */
export function keepKey(key: string): void {
  sessionStorage.setItem(name, key);
}

/** Forgets the key of this tab. */
export function forgetKey(): void {
  sessionStorage.removeItem(name);
}
