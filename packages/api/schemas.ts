import { z } from 'zod';

/** A UUIDv7 as the platform makes them. */
export const id = z.uuid().describe('A UUID.');

/** An instant, ISO 8601 in UTC. */
export const instant = z.iso.datetime().describe('An instant, ISO 8601 in UTC.');

/** A short name for people and URLs. */
export const slug = z
  .string()
  .min(2)
  .max(40)
  .regex(/^[a-z0-9](?:[a-z0-9-]*[a-z0-9])$/u, 'lower-case letters, digits and inner hyphens only')
  .describe('Lower-case letters, digits and inner hyphens; 2 to 40 characters.');

/** The address of a person, compared without regard to case. */
export const email = z.email().max(254).toLowerCase().describe('An e-mail address.');

/** How a person is called. */
export const personName = z.string().trim().min(1).max(200);

/** A password to be set. Which are refused is for the platform to say. */
export const newPassword = z
  .string()
  .min(1)
  .max(1_000)
  .describe('At least 12 characters; none of those that everybody tries.');

/** Any JSON value within an object. */
export const jsonObject = z.record(z.string(), z.unknown());

/** A word that names what an agent can do, e.g. `code-review`. */
export const capability = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[a-z0-9][a-z0-9._-]*$/u, 'lower-case letters, digits, dots, underscores and hyphens only')
  .describe('What an agent can do, e.g. `code-review`.');

/** Cursor pagination: pass `nextCursor` of one page as `cursor` of the next. */
export const pageQuery = z.object({
  cursor: z.string().max(500).optional().describe('Where the previous page ended (`nextCursor`).'),
  limit: z.coerce.number().int().min(1).max(200).default(50).describe('Most items of one page; 1 to 200.'),
});

/** One page of a list; without `nextCursor` it is the last. */
export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item), nextCursor: z.string().optional() });
}
