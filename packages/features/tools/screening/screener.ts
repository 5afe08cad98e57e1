import { isObject } from '../reading/json-value.ts';
import { cleanText } from '../upstream-mcp/clean-text.ts';
import { isLookAlike, looksOf } from './look-alike.ts';
import { suspicionsIn, type Suspicion, type SuspicionCode } from './suspicious-text.ts';

/** Something that a service says which wants a person's look. */
export interface ScreeningFinding {
  /** `tool`, `prompt`, `resource` or `server`, and its name. */
  readonly subject: string;
  /** Where in it, e.g. `description` or `inputSchema.properties.q.description`. */
  readonly at: string;
  readonly code: SuspicionCode;
  readonly excerpt: string;
}

/** A tool of another service of the organization. */
export interface OtherTool {
  readonly service: string;
  /** What its service calls it: its name, or an operation's method and path. */
  readonly key: string;
  /** What it is called here. */
  readonly name: string;
}

/** Collects what looks like an attempt on the models that read what a service says. */
export interface Screener {
  /** Looks at one entry. `name` is what a tool's service calls it where the entry does not say so. */
  look(kind: 'tool' | 'prompt' | 'resource' | 'server', entry: unknown, name?: string): void;
  /** Whether there are as many findings as are kept, so that nothing more is looked at. */
  readonly full: boolean;
  readonly findings: readonly ScreeningFinding[];
}

const mostFindings = 100;
/** Texts of one entry that are looked at, and how deep. */
const mostTexts = 2_000;
const deepest = 32;
/** Names that look the same which are compared with one. */
const mostOfOneLook = 50;
/** Texts that are remembered as judged. */
const mostJudged = 50_000;
/** Where tools of one service repeat what they share: the first of them stands for all. */
const shared = /\.\$defs\./u;

/** Builds a screener that knows the tools of the other services. */
export function createScreener(others: readonly OtherTool[]): Screener {
  const findings: ScreeningFinding[] = [];
  const known = neighbours(others);
  return {
    look: (kind, entry, name = nameOf(entry)) => {
      const subject = kind === 'server' ? kind : `${kind} ${nameOf(entry)}`;
      const found = findingsIn(subject, { entry, name }, known);
      if (kind === 'tool') found.push(...lookAlikesOf(subject, name, known));
      findings.push(...found.slice(0, mostFindings - findings.length));
    },
    get full() {
      return findings.length >= mostFindings;
    },
    findings,
  };
}

interface Neighbours {
  /** Names that no text names by chance. */
  readonly names: ReadonlyMap<string, OtherTool>;
  readonly byLook: ReadonlyMap<string, readonly Similar[]>;
  /** Texts that need no second look. */
  readonly judged: Set<string>;
}

interface Similar {
  readonly service: string;
  /** Without the name of its service. */
  readonly name: string;
}

function neighbours(others: readonly OtherTool[]): Neighbours {
  const names = new Map<string, OtherTool>();
  const byLook = new Map<string, Similar[]>();
  for (const other of others) {
    for (const name of [other.key, other.name]) if (isNameOnly(name)) names.set(name, other);
    const similar = { service: other.service, name: ownNameOf(other) };
    for (const look of looksOf(similar.name)) {
      byLook.set(look, [...(byLook.get(look) ?? []), similar].slice(-mostOfOneLook));
    }
  }
  return { names, byLook, judged: new Set() };
}

/** What a service calls a tool; of an operation the name that was made for it, without that of the service. */
function ownNameOf({ service, key, name }: OtherTool): string {
  return /[\s/]/u.test(key) ? name.slice(service.length + 1) : key;
}

/** Whether it is written as names are and words are not. */
function isNameOnly(name: string): boolean {
  return name.length >= 6 && /^[\w.-]+$/u.test(name) && /[_.]|[a-z][A-Z]/u.test(name);
}

function nameOf(entry: unknown): string {
  const { name, uri, uriTemplate } = isObject(entry) ? entry : {};
  const text = [name, uri, uriTemplate].find((one) => typeof one === 'string');
  return cleanText(typeof text === 'string' ? text : '?', 128);
}

interface Entry {
  readonly entry: unknown;
  readonly name: string;
}

function findingsIn(subject: string, { entry, name }: Entry, known: Neighbours): ScreeningFinding[] {
  const found = new Map<SuspicionCode, ScreeningFinding>();
  for (const { at, text } of textsOf(entry)) {
    if (known.judged.has(text)) continue;
    const suspicions = suspicionsIn(text);
    const mentioned = mentionsIn(text, known);
    const isClean = suspicions.length + mentioned.length === 0;
    if ((isClean || shared.test(at)) && known.judged.size < mostJudged) known.judged.add(text);
    for (const { code, excerpt } of [...suspicions, ...mentionOf(mentioned, name)]) {
      // The first of a kind says enough about one tool.
      if (!found.has(code))
        found.set(code, { subject, at: cleanText(at, 200), code, excerpt: cleanText(excerpt, 300) });
    }
  }
  return [...found.values()];
}

interface Mention {
  readonly word: string;
  readonly other: OtherTool;
}

function mentionsIn(text: string, { names }: Neighbours): readonly Mention[] {
  if (names.size === 0) return [];
  return [...text.matchAll(/[\w][\w.-]{4,126}\w/gu)].flatMap(([word]) => {
    const other = names.get(word);
    return other === undefined ? [] : [{ word, other }];
  });
}

/** A tool has no reason to speak of the tools of other services. */
function mentionOf(mentions: readonly Mention[], own: string): readonly Suspicion[] {
  const found = mentions.find(({ other }) => other.key !== own);
  if (found === undefined) return [];
  return [{ code: 'other_tool', excerpt: `names ${found.word} of ${found.other.service}` }];
}

function lookAlikesOf(subject: string, name: string, { byLook }: Neighbours): readonly ScreeningFinding[] {
  const similar = looksOf(name).flatMap((look) => byLook.get(look) ?? []);
  const other = similar.find((one) => isLookAlike(name, one.name));
  if (other === undefined) return [];
  const excerpt = cleanText(`looks like ${other.name} of ${other.service}`, 300);
  return [{ subject, at: 'name', code: 'look_alike', excerpt }];
}

interface Text {
  readonly at: string;
  readonly text: string;
}

/** Every text in an entry with its place; names of properties are texts too. */
function textsOf(entry: unknown): readonly Text[] {
  const texts: Text[] = [];
  const visit = (value: unknown, at: string, depth: number): void => {
    if (texts.length >= mostTexts || depth > deepest) return;
    if (typeof value === 'string') texts.push({ at, text: value });
    else if (Array.isArray(value))
      for (const [index, part] of value.entries()) visit(part, `${at}.${String(index)}`, depth + 1);
    else if (isObject(value)) {
      for (const [key, part] of Object.entries(value)) {
        const inside = at === '' ? key : `${at}.${key}`;
        if (!/^[\w.$-]{1,64}$/u.test(key)) texts.push({ at: inside, text: key });
        visit(part, inside, depth + 1);
      }
    }
  };
  visit(entry, '', 0);
  return texts;
}
