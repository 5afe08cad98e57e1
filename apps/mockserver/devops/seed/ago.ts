/** A time of the seeded past, by the minutes since, as RFC 3339. */
export type Ago = (minutes: number) => string;
