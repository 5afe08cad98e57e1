import { uuidv7 } from 'uuidv7';

/** Makes identifiers; tests hand in a predictable one. */
export type NewId = () => string;

/** A UUIDv7 (RFC 9562): unique, and sorted by the time it was made. */
export const newId: NewId = uuidv7;
