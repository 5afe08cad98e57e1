import type { Loose } from './loose.ts';

export type Place = 'path' | 'query' | 'header' | 'cookie' | 'querystring';

/** How the parts of a value are written. `multi`-like repetition is `form` with explode. */
export interface Writing {
  readonly style: string;
  readonly explode: boolean;
  /** A separator within a value also counts where it is percent-encoded: Swagger 2 leaves open what is encoded. */
  readonly decodeFirst?: boolean;
}

/** A parameter that requests are held against. */
export interface Parameter {
  readonly name: string;
  readonly in: Place;
  readonly required: boolean;
  readonly allowEmpty: boolean;
  readonly schema: unknown;
  readonly writing: Writing;
  /** The value is a document of this media type instead of being written in a style. */
  readonly mediaType: string | undefined;
}

/** One media type of a body or an answer. */
export interface Media {
  readonly type: string;
  readonly schema: unknown;
  readonly example: unknown;
  /** By name. */
  readonly examples: Loose;
  /** Encoding Objects by property. */
  readonly encoding: Loose;
}

export interface Body {
  readonly required: boolean;
  readonly media: readonly Media[];
}

/** A scheme of a security requirement. */
export interface Scheme {
  readonly name: string;
  readonly type: string;
  /** Of `apiKey`. */
  readonly in: string;
  readonly parameter: string;
  /** Of `http`, in lower case. */
  readonly http: string;
}

/** What an operation answers under one status, `2XX` or `default`. */
export interface Answer {
  readonly status: string;
  readonly media: readonly Media[];
  /** Header Objects by name. */
  readonly headers: Loose;
}

/** An operation as this server holds requests against it. */
export interface Operation {
  readonly method: string;
  /** As the document writes it. */
  readonly path: string;
  readonly summary: string;
  readonly parameters: readonly Parameter[];
  readonly body: Body | undefined;
  /** One of these sets of schemes must be satisfied; none asks for nothing. */
  readonly security: readonly (readonly Scheme[])[];
  readonly answers: readonly Answer[];
  /** Why it cannot be served. */
  readonly broken: string | undefined;
}
