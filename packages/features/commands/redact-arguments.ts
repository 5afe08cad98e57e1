import { redactSecrets } from '@devmesh/foundation';

const redacted = '[redacted]';
const longest = 256;

/** Names of what is followed by a secret. */
const telling =
  /(?:pass(?:word|wd|phrase)?|secret|token|credential|authorization|api[-_]?key|access[-_]?key|private[-_]?key)/iu;
const tellingFlag = new RegExp(`^-{1,2}[\\w-]*${telling.source}[\\w-]*$`, 'iu');
const assignment = new RegExp(
  `([\\w.-]*${telling.source}[\\w.-]*\\s*[=:]\\s*)(?:(?:Bearer|Basic)\\s+)?[^\\s&;,"']+`,
  'giu',
);
const inAddress = /([a-z][a-z0-9+.-]*:\/\/)[^/\s@]+@/giu;
const bearer = /\b(Bearer|Basic)\s+[\w.~+/=-]{8,}/giu;

/** Tokens that show what they are. */
const tokens =
  /\b(?:gh[opsur]_\w{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|sk-[\w-]{16,}|xox[abeprs]-[\w-]{10,}|(?:AKIA|ASIA)[A-Z0-9]{16}|AIza[\w-]{30,}|npm_\w{30,}|eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*|dm_\w{16,})/gu;

/** Arguments as the trail keeps them: without what looks like a secret, and none longer than 256 characters. */
export function redactArguments(args: readonly string[]): readonly string[] {
  return args.map((arg, at) => (tellingFlag.test(args[at - 1] ?? '') && !arg.startsWith('-') ? redacted : redact(arg)));
}

function redact(arg: string): string {
  const text = redactSecrets(arg)
    .replaceAll(inAddress, `$1${redacted}@`)
    .replaceAll(tokens, redacted)
    .replaceAll(bearer, `$1 ${redacted}`)
    .replaceAll(assignment, `$1${redacted}`);
  const points = Array.from(text);
  return points.length <= longest ? text : `${points.slice(0, longest).join('')}…`;
}
