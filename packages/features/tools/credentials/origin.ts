/** The origin of an address: what tells whether a credential may go there. */
export function originOf(address: string): string {
  if (!URL.canParse(address)) return address;
  const { origin, protocol, host } = new URL(address);
  // Addresses of other schemes than the web's have none of their own.
  return origin === 'null' ? `${protocol}//${host}` : origin;
}
