import { randomBytes } from 'node:crypto';
import { isObject } from '../reading/json-value.ts';
import type { BodyPart, EncodedBody } from './encode-body.ts';
import { parseFile } from './file-argument.ts';
import { isJsonType } from './media-type.ts';
import { forArgument, refusal } from './refusal.ts';
import { textOfValue, toPairs } from './serialize-parameter.ts';

interface Piece {
  readonly name: string;
  readonly content: Uint8Array;
  readonly fileName?: string;
  readonly contentType?: string;
}

/** A multipart body whose boundary occurs in none of its parts; the names of parts and files cannot end their header. */
export function encodeMultipart(mediaType: string, parts: readonly BodyPart[]): EncodedBody {
  const pieces = parts.flatMap((part) => forArgument(part.argument, () => piecesOf(part)));
  const boundary = freeBoundary(pieces);
  const essence = mediaType.includes('*') ? 'multipart/form-data' : (mediaType.split(';', 1)[0] ?? '').trim();
  const form = essence.toLowerCase() === 'multipart/form-data';
  const chunks = pieces.flatMap((piece) => [
    Buffer.from(`--${boundary}\r\n${headersOf(piece, form)}\r\n`, 'utf8'),
    piece.content,
    Buffer.from('\r\n', 'latin1'),
  ]);
  return {
    contentType: `${essence}; boundary=${boundary}`,
    content: Buffer.concat([...chunks, Buffer.from(`--${boundary}--\r\n`, 'latin1')]),
  };
}

function freeBoundary(pieces: readonly Piece[]): string {
  for (;;) {
    const boundary = `devmesh-${randomBytes(18).toString('hex')}`;
    if (
      !pieces.some(({ content }) => Buffer.from(content.buffer, content.byteOffset, content.length).includes(boundary))
    ) {
      return boundary;
    }
  }
}

/** A list is a part for each item. */
function piecesOf(part: BodyPart): readonly Piece[] {
  const { name, value, encoding, argument } = part;
  if (value === null || value === undefined) return [];
  if (encoding.style !== undefined && encoding.file !== true) return styledPieces(part);
  if (!Array.isArray(value)) return [pieceOf(part, value, argument)];
  if (encoding.contentType !== undefined && isJsonType(encoding.contentType)) {
    return [textPiece(name, JSON.stringify(value), encoding.contentType)];
  }
  return value.map((item, index) => pieceOf(part, item, `${argument}.${String(index)}`));
}

function pieceOf({ name, encoding }: BodyPart, value: unknown, argument: string): Piece {
  if (encoding.file === true) return filePiece(name, encoding.contentType, { value, argument });
  const type = concreteType(encoding.contentType);
  const nested = isObject(value) || Array.isArray(value);
  if (nested || (type !== undefined && isJsonType(type))) {
    return textPiece(name, JSON.stringify(value), type ?? 'application/json');
  }
  return textPiece(name, textOfValue(value), type);
}

function textPiece(name: string, text: string, contentType?: string): Piece {
  return { name, content: Buffer.from(text, 'utf8'), ...(contentType === undefined ? {} : { contentType }) };
}

/** Many servers take a part without a file name for a field. */
function filePiece(
  name: string,
  declared: string | undefined,
  given: { readonly value: unknown; readonly argument: string },
): Piece {
  const file = parseFile(given.value, given.argument);
  const fallback = concreteType(declared) ?? (file.text ? 'text/plain; charset=utf-8' : 'application/octet-stream');
  return {
    name,
    content: file.bytes,
    fileName: baseName(file.fileName ?? '') || baseName(name) || 'file',
    contentType: file.mediaType ?? fallback,
  };
}

/** RFC 7578 asks for no path in it. */
function baseName(fileName: string): string {
  return fileName.split(/[/\\]/u).at(-1) ?? '';
}

/** By a style (RFC 6570), as in a form; the values are not encoded, since parts have room for any character. */
function styledPieces({ name, value, encoding }: BodyPart): readonly Piece[] {
  const style = encoding.style ?? 'form';
  const pairs = toPairs({ name, style, explode: encoding.explode ?? style === 'form' }, value);
  return pairs.map(([key, text]) => textPiece(decodeURIComponent(key), decodeURIComponent(text)));
}

/** The first type that is no range, and that a header can carry. */
function concreteType(declared: string | undefined): string | undefined {
  return declared
    ?.split(',')
    .map((type) => type.trim())
    .find((type) => /^[!-~]+\/[ -~]+$/u.test(type) && !type.includes('*'));
}

function headersOf({ name, fileName, contentType }: Piece, form: boolean): string {
  const file = fileName === undefined ? '' : `; filename="${escaped(fileName)}"`;
  const disposition = form ? `Content-Disposition: form-data; name="${escaped(name)}"${file}\r\n` : '';
  return `${disposition}${contentType === undefined ? '' : `Content-Type: ${contentType}\r\n`}`;
}

/** UTF-8 as it is, and percent-encoded what would end the text or the line, as browsers do (RFC 7578, 4.2; WHATWG). */
function escaped(text: string): string {
  if (/\p{Surrogate}/u.test(text)) throw refusal('fileName', 'must not contain half a character (a lone surrogate)');
  // oxlint-disable-next-line no-control-regex -- control characters are exactly what may not pass
  return text.replaceAll(/[\u0000-\u001F\u007F"]/gu, (character) => encodeURIComponent(character));
}
