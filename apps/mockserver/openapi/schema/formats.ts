import type { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats, { type FormatName } from 'ajv-formats';

/** Formats with one meaning; the others are words for people. */
const checked: FormatName[] = ['date', 'date-time', 'uuid', 'email', 'uri', 'ipv4', 'ipv6', 'int32', 'int64'];

/** The formats that values are judged by. */
export const judgedFormats: ReadonlySet<string> = new Set(checked);

/** Lets values be judged by the formats that have one meaning. */
export function checkFormats(ajv: Ajv2020): void {
  addFormats.default(ajv, { mode: 'full', formats: checked });
}
