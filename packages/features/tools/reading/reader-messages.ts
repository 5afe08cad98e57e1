import type { ErrorCode } from '@devmesh/foundation';
import type { LoadedDocument } from './linked-documents.ts';
import type { OtherTool, ScreeningFinding } from '../screening/screener.ts';
import type { Remark } from './remarks.ts';

/** What the reading thread is asked for. */
export interface DocumentRequest {
  /** The document: text, or its UTF-8 bytes. */
  readonly text: string | Uint8Array;
  /** Prefix of the tools' names. */
  readonly service: string;
  /** Where the document came from; relative servers start there. */
  readonly documentUrl: string | undefined;
  /** Where calls go, whatever the document says. */
  readonly baseUrl: string | undefined;
  /** Values of the variables of its servers, in place of their defaults. */
  readonly serverVariables?: Readonly<Record<string, string>> | undefined;
  /** The tools of the organization's other services, which these are compared with. */
  readonly others?: readonly OtherTool[] | undefined;
}

/** What the reading thread starts with. */
export interface ThreadRequest extends DocumentRequest {
  /** Whether it may ask for the documents that references lead to. */
  readonly mayLoad: boolean;
}

/** The service that a document describes. */
export interface ReadHead {
  readonly title: string;
  readonly version: string;
  readonly baseUrl: string;
  /** Of the text, in hex. */
  readonly sha256: string;
}

/** One tool, its structured parts as JSON text so that no other thread has to walk them. */
export interface ReadTool {
  /** What it is known by in its service while all else may change. */
  readonly key: string;
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly method: string;
  readonly path: string;
  /** Where it is called when that is not the base URL of the service. */
  readonly server: string | null;
  readonly inputSchema: string;
  /** An object schema that any JSON object fits, the empty one too: it describes and demands nothing. */
  readonly outputSchema: string | null;
  /** A `Security`. */
  readonly security: string;
  readonly binding: string;
  readonly annotations: string;
  readonly tags: readonly string[];
}

/** What a person should know of a document that was read. */
export interface ReadReport {
  /** Operations that did not become tools, with the reasons. */
  readonly skipped: readonly Remark[];
  /** Tools of which a part was left open, with the reasons. */
  readonly loosened: readonly Remark[];
  /** What in its tools looks like an attempt on the models that read them. */
  readonly findings: readonly ScreeningFinding[];
}

/**
 * What the reading thread answers, in this order: load (several times, each answered by documents), head, tools (several
 * times), report; or `failed` at any time.
 */
export type ReaderMessage =
  | { readonly kind: 'load'; readonly addresses: readonly string[] }
  | { readonly kind: 'head'; readonly head: ReadHead }
  | { readonly kind: 'tools'; readonly tools: readonly ReadTool[] }
  | { readonly kind: 'report'; readonly report: ReadReport }
  | { readonly kind: 'failed'; readonly code: ErrorCode; readonly detail: string };

/** The answer to `load`. */
export type LoadedMessage = readonly LoadedDocument[];
