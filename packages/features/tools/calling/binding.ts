import type { ParameterPlace } from '../reading/parameters.ts';
import type { Paging } from '../results/paging/paging.ts';

/** Where the value of one argument goes. */
export interface ParameterBinding {
  readonly argument: string;
  /** The name at the service. */
  readonly name: string;
  /** `querystring` (OpenAPI 3.2): the value, written as `mediaType`, is the whole query string, and no name stands before it. */
  readonly in: ParameterPlace;
  /** A style of OpenAPI, or `tabDelimited` for the collection format `tsv` of Swagger 2.0. */
  readonly style: string;
  readonly explode: boolean;
  /** The value travels as JSON text. */
  readonly json?: true;
  /**
   * The media type that the value is written as, in place of a style: `application/x-www-form-urlencoded` as a form, JSON as
   * its text, any other as the text that the value is. Absent where `json` says it all.
   */
  readonly mediaType?: string;
  /** Reserved characters of URLs (RFC 3986, section 2.2) stay as they are; of query parameters only. */
  readonly allowReserved?: true;
  /** An empty text is sent, as the name alone; of query parameters only. */
  readonly allowEmptyValue?: true;
}

/** How the value of a body becomes bytes. `text` is sent as it stands (XML too), `bytes` is a file argument. */
export type BodyEncoding = 'json' | 'form' | 'multipart' | 'text' | 'bytes';

/** How one property of a form or multipart body is sent (the Encoding Object of OpenAPI). */
export interface PartEncoding {
  readonly contentType?: string;
  readonly style?: string;
  readonly explode?: boolean;
  readonly allowReserved?: boolean;
  /** The value is a file argument, or a list of them. */
  readonly file?: true;
}

interface BodyEncoded {
  /** What is sent as Content-Type. */
  readonly mediaType: string;
  /** Default: `json`. */
  readonly encoding?: BodyEncoding;
  /** By the property's name at the service; of `form` and `multipart` only. */
  readonly parts?: Readonly<Record<string, PartEncoding>>;
}

/** How the body is made: from arguments of its own (argument to property), each a property of it, or from one argument as it is. */
export type BodyBinding = BodyEncoded &
  ({ readonly argument: string } | { readonly properties: Readonly<Record<string, string>> });

/** How the arguments of a tool become a request. Stored with the tool. */
export interface Binding {
  readonly parameters: readonly ParameterBinding[];
  readonly body?: BodyBinding;
  /** How the next page of its answer is asked for. */
  readonly paging?: Paging;
}
