import { z } from 'zod';

/** What a test orders an authorization server to do. */
export const settingsSchema = z.strictObject({
  accessTokenSeconds: z.int().min(0).max(86_400).exactOptional(),
  /** Access tokens come without a word on their end, and without a refresh token. */
  lasting: z.boolean().exactOptional(),
  /** People decline. */
  declines: z.boolean().exactOptional(),
  /** Who consents. */
  account: z.string().min(1).max(100).exactOptional(),
  /** The issuer that answers to browsers and the metadata name; empty: the true one. */
  namedIssuer: z.string().max(500).exactOptional(),
  /** The API refuses tokens without saying why. */
  bareRefusals: z.boolean().exactOptional(),
  /** The API refuses every token. */
  refusesAll: z.boolean().exactOptional(),
});

export type Settings = Required<z.output<typeof settingsSchema>>;

/** A client that a server knows. */
export const clientSchema = z.strictObject({
  id: z.string().min(1).max(200),
  /** Absent: a public client. */
  secret: z.string().min(1).max(200).exactOptional(),
  redirectUris: z.array(z.string().max(2000)).max(10).default([]),
  /** Verifies the assertions of this issuer, in PEM. */
  publicKey: z.string().max(10_000).exactOptional(),
});

export type Client = z.output<typeof clientSchema>;

export const defaultSettings: Settings = {
  accessTokenSeconds: 3_600,
  lasting: false,
  declines: false,
  account: 'ada',
  namedIssuer: '',
  bareRefusals: false,
  refusesAll: false,
};
