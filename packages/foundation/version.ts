/** The version of Developer Mesh; every workspace carries the same. */
export const version = '0.1.0';
