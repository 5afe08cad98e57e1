import type { DescribedSchema } from '../discovery/described-document.ts';

/** One operation of a pack's default set, by what it is in the provider's document. */
export interface CuratedOperation {
  /** Method and path, e.g. `GET /repos/{owner}/{repo}`; how the document names the parameters does not matter. */
  readonly call: string;
  /** Of the tool, after the prefix of the service. */
  readonly name: string;
  readonly description: string;
  /** Where the document has it under another path, in older or newer versions. */
  readonly orCalls?: readonly string[];
  /** Arguments that every call has. */
  readonly fixed?: Readonly<Record<string, unknown>>;
  /** Arguments that a call has unless it says otherwise. */
  readonly defaults?: Readonly<Record<string, unknown>>;
}

/** An operation that the pack itself describes, since its provider publishes no document of it. */
export interface OwnOperation extends CuratedOperation {
  readonly path?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, DescribedSchema>>;
  readonly headers?: Readonly<Record<string, DescribedSchema>>;
  /** Names of query parameters and headers that must be given. */
  readonly required?: readonly string[];
  readonly body?: DescribedSchema;
  /** Default `application/json`. */
  readonly mediaType?: string;
}

/** Where a provider's document comes from. */
type DocumentSource =
  /** One document for everybody. */
  | { readonly from: 'url'; readonly url: string }
  /** Every instance has its own, under this path after the base URL. */
  | { readonly from: 'instance'; readonly path: string }
  /** The pack describes the operations. */
  | { readonly from: 'pack' };

/** Where calls go. */
interface PackAddress {
  /** The provider's own, where it has one for everybody. */
  readonly cloud?: string;
  /** How the address of an instance looks; absent where there are none. */
  readonly instance?: string;
  /** What is appended to the address that an organization gives, unless it ends so already. */
  readonly append?: string;
}

/** One way in which calls may authenticate. */
interface AuthPreset {
  readonly title: string;
  readonly kind: 'bearer' | 'basic' | 'apiKey' | 'oauth2' | 'clientCredentials' | 'jwtBearer';
  /** Of `apiKey`. */
  readonly header?: string;
  /** What stands before the key in its header, which the organization writes along. */
  readonly valuePrefix?: string;
  /** Of `oauth2`: the preset of the connection. */
  readonly connection?: string;
  /** Where people make it. */
  readonly createdAt: string;
  /** What it should be allowed. */
  readonly scopes: readonly string[];
  readonly note?: string;
}

/** What an operation wants of the credential: one of these. */
export interface Requirement {
  /** Absent: any. */
  readonly methods?: readonly string[];
  /** With `*` for anything within a segment and `**` for any number of segments. */
  readonly path: string;
  readonly anyOf: readonly string[];
}

/** A cheap read that tells what a credential may do. */
export type PermissionProbe =
  /** The answer names the scopes of the credential in a header, with commas or spaces between them. */
  | { readonly kind: 'header'; readonly path: string; readonly header: string }
  /** The answer has a list of them at a dotted path. */
  | { readonly kind: 'list'; readonly path: string; readonly at: string }
  /** The answer has an object at a dotted path: its members are permissions, unless they say `false`. */
  | { readonly kind: 'members'; readonly path: string; readonly at: string; readonly flag?: string }
  /** Each permission is a path; what answers 401 or 403 is lacking. */
  | { readonly kind: 'calls'; readonly paths: Readonly<Record<string, string>> }
  /** Reviews of the rules that Kubernetes applies. */
  | { readonly kind: 'kubernetes' };

/** Permissions of a credential, and which operations want which. */
export interface Permissions {
  readonly probe: PermissionProbe;
  /** What the permissions are called, e.g. `scope`. */
  readonly noun: string;
  /** Permissions that contain others. */
  readonly contains?: Readonly<Record<string, readonly string[]>>;
  /** The first that fits an operation counts; an operation that none fits is shown. */
  readonly requirements: readonly Requirement[];
}

/** What is known of a provider: data, one file each. */
export interface Pack {
  readonly name: string;
  readonly title: string;
  /** One sentence. */
  readonly summary: string;
  readonly document: DocumentSource;
  readonly address: PackAddress;
  readonly auth: readonly AuthPreset[];
  /** The default set. */
  readonly operations: readonly (CuratedOperation | OwnOperation)[];
  /** Beginnings of paths that some versions of the document have and others do not. */
  readonly prefixes?: readonly string[];
  /** How its webhooks are signed, as webhook sources name it. */
  readonly webhook?: string;
  /** Read to see whether it is well; a path after the base URL. */
  readonly health: string;
  readonly permissions?: Permissions;
}
