import type { ParameterPlace } from '../reading/operations.ts';
import type { Paging } from '../results/paging/paging.ts';

/** Where the value of one argument goes. */
export interface ParameterBinding {
  readonly argument: string;
  /** The name at the service. */
  readonly name: string;
  /** `querystring`: the value is the whole query (OpenAPI 3.2), in the media type of the binding. */
  readonly in: ParameterPlace | 'querystring';
  /** One of OpenAPI, or `tabDelimited` (`tsv` of Swagger 2.0). */
  readonly style: string;
  readonly explode: boolean;
  /** The value travels as JSON text. */
  readonly json?: true;
  /** Of a parameter with `content` that is not JSON: `application/x-www-form-urlencoded` is made, other text is sent as it stands. */
  readonly mediaType?: string;
  /** Characters that have a meaning in addresses are sent as they stand, where they cannot change the place. */
  readonly allowReserved?: true;
  /** The name alone says something. */
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
