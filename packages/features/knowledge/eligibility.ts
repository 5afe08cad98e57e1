import type { TrackedFile } from './git-repository.ts';

/** Why a tracked file has no chunks. */
export type SkipReason = 'binary' | 'generated' | 'minified';

const largestBytes = 256 * 1024;
const longestPathBytes = 1_000;

const vendored =
  /(?:^|\/)(?:node_modules|bower_components|vendor|vendored|third[_-]party|\.yarn|\.pnp\.c?js|__snapshots__|testdata\/golden)(?:\/|$)/iu;
const lockFile =
  /(?:^|\/)(?:package-lock\.json|npm-shrinkwrap\.json|pnpm-lock\.yaml|go\.sum|flake\.lock|bun\.lockb?|[^/]+\.lock|[^/]+\.lockfile|packages\.lock\.json)$/iu;
const generated =
  /(?:\.min\.(?:js|css|mjs|html)|\.(?:map|snap|bundle\.js)|\.pb\.(?:go|cc|h)|_pb2(?:_grpc)?\.pyi?|\.(?:g|freezed)\.dart|\.designer\.cs|[._-]generated\.[^/]+)$/iu;
const media =
  /\.(?:png|jpe?g|gif|webp|avif|ico|icns|bmp|tiff?|psd|pdf|zip|gz|tgz|bz2|xz|zst|7z|rar|jar|war|class|pyc|so|dylib|dll|exe|bin|o|a|wasm|node|woff2?|ttf|otf|eot|mp[34]|mov|avi|webm|ogg|wav|flac|sqlite3?|db|parquet|npy|onnx|safetensors|pt|keystore|jks|p12|svg)$/iu;

/** Whether a tracked file is worth reading: small enough and, by its path, neither vendored, generated, locked nor media. */
export function isEligible({ path, bytes }: Pick<TrackedFile, 'path' | 'bytes'>): boolean {
  if (bytes > largestBytes || Buffer.byteLength(path) > longestPathBytes) return false;
  return ![vendored, lockFile, generated, media].some((pattern) => pattern.test(path));
}

const madeByMachine = /\bcode generated\b.*\bdo not edit\b|@generated\b|\bauto-?generated (?:file|code|by)\b/iu;
const longestAverageLine = 500;

/** What the content of an eligible file says against indexing it; undefined when nothing does. */
export function reasonToSkip(content: Uint8Array): SkipReason | undefined {
  if (content.includes(0)) return 'binary';
  const lines = countLines(content);
  if (lines > 0 && content.length / lines > longestAverageLine) return 'minified';
  const beginning = new TextDecoder().decode(content.subarray(0, 600));
  return madeByMachine.test(beginning) ? 'generated' : undefined;
}

/** Lines of a content; a last one without a line feed counts. */
export function countLines(content: Uint8Array): number {
  let feeds = 0;
  for (const byte of content) if (byte === 10) feeds += 1;
  return content.length === 0 || content.at(-1) === 10 ? feeds : feeds + 1;
}
