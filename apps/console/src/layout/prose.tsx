/** A sentence in which `backticks` set code apart, as the platform writes them. */
export function Prose({ text }: { readonly text: string }) {
  // With one capturing group, every odd part is code.
  return text.split(/`([^`]+)`/u).map((part, place) => (place % 2 === 1 ? <code key={place}>{part}</code> : part));
}
