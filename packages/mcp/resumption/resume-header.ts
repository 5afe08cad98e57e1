/** The header of an upgrade by which a client wants a session that outlives its socket, and by which it is given one. */
export const resumeHeader = 'devmesh-resume';

/** What a client asks for: a session that can be resumed, or the one of that token, of which it heard so many messages. */
export type ResumeRequest = 'new' | { readonly token: string; readonly heard: number };

/** What a server grants: the token, how many messages it heard, and how long it keeps a session whose socket was cut. */
export interface ResumeGrant {
  readonly token: string;
  readonly heard: number;
  readonly keptSeconds: number;
}

/** Writes what is asked for. */
export function writeResumeRequest(request: ResumeRequest): string {
  return request === 'new' ? request : `${request.token} ${String(request.heard)}`;
}

/** Reads what is asked for; undefined for anything else. */
export function readResumeRequest(header: string): ResumeRequest | undefined {
  if (header === 'new') return 'new';
  const [, token, heard] = /^([\w-]{43}) (\d{1,15})$/u.exec(header) ?? [];
  return token === undefined ? undefined : { token, heard: Number(heard) };
}

/** Writes a grant. */
export function writeResumeGrant({ token, heard, keptSeconds }: ResumeGrant): string {
  return `${token} ${String(heard)} ${String(keptSeconds)}`;
}

/** Reads a grant; undefined for anything else. */
export function readResumeGrant(header: string): ResumeGrant | undefined {
  const [, token, heard, kept] = /^([\w-]{43}) (\d{1,15}) (\d{1,9}(?:\.\d{1,6})?)$/u.exec(header) ?? [];
  return token === undefined ? undefined : { token, heard: Number(heard), keptSeconds: Number(kept) };
}
