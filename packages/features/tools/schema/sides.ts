/**
 * What a schema is converted for: `input` and `form` are sent (read-only properties go; in a form, bytes become file
 * arguments), `output` is answered (write-only properties go, and what is said becomes a hint).
 */
export type Side = 'input' | 'form' | 'output';
