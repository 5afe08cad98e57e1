import { setImmediate as pause } from 'node:timers/promises';
import { cleanText } from '../upstream-mcp/clean-text.ts';
import { isObject } from '../reading/json-value.ts';
import { isLookAlike, looksOf } from './look-alike.ts';
import { suspicionsIn, type Suspicion, type SuspicionCode } from './suspicious-text.ts';

/** Something that a server says which wants a person's look. */
export interface ScreeningFinding {
  /** `tool`, `prompt`, `resource` or `server`, and its name. */
  readonly subject: string;
  /** Where in it, e.g. `description` or `inputSchema.properties.q.description`. */
  readonly at: string;
  readonly code: SuspicionCode;
  readonly excerpt: string;
}

/** What a server lists, as it came. */
export interface ScreenedLists {
  readonly tools: readonly unknown[];
  readonly prompts: readonly unknown[];
  readonly resources: readonly unknown[];
  readonly resourceTemplates: readonly unknown[];
  readonly instructions: string | undefined;
}

/** A tool of another service of the organization. */
export interface OtherTool {
  readonly service: string;
  /** What its service calls it. */
  readonly key: string;
  /** What it is called here. */
  readonly name: string;
}

const mostFindings = 100;
/** Texts of one entry that are looked at, and how deep. */
const mostTexts = 2_000;
const deepest = 32;
/** Names that look the same which are compared with one. */
const mostOfOneLook = 50;

/** What in the lists of a server looks like an attempt on the models that read them, as they came and before anything is cleaned. */
export async function screenLists(
  lists: ScreenedLists,
  others: readonly OtherTool[],
): Promise<readonly ScreeningFinding[]> {
  const findings: ScreeningFinding[] = [];
  const known = neighbours(others);
  const kinds = [
    ['tool', lists.tools],
    ['prompt', lists.prompts],
    ['resource', lists.resources],
    ['resource', lists.resourceTemplates],
  ] as const;
  if (lists.instructions !== undefined) {
    findings.push(...findingsIn('server', { instructions: lists.instructions }, known));
  }
  for (const [kind, entries] of kinds) {
    for (const [index, entry] of entries.entries()) {
      if (findings.length >= mostFindings) return findings.slice(0, mostFindings);
      // A thousand descriptions must not hold up the process.
      if (index % 20 === 19) await pause();
      const subject = `${kind} ${nameOf(entry)}`;
      findings.push(...findingsIn(subject, entry, known));
      if (kind === 'tool') findings.push(...lookAlikesOf(subject, nameOf(entry), known));
    }
  }
  return findings.slice(0, mostFindings);
}

interface Neighbours {
  /** Names that no text names by chance. */
  readonly names: ReadonlyMap<string, OtherTool>;
  readonly byLook: ReadonlyMap<string, readonly OtherTool[]>;
}

function neighbours(others: readonly OtherTool[]): Neighbours {
  const names = new Map<string, OtherTool>();
  const byLook = new Map<string, OtherTool[]>();
  for (const other of others) {
    for (const name of [other.key, other.name]) if (isNameOnly(name)) names.set(name, other);
    for (const look of looksOf(other.key)) byLook.set(look, [...(byLook.get(look) ?? []), other].slice(-mostOfOneLook));
  }
  return { names, byLook };
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

function findingsIn(subject: string, entry: unknown, known: Neighbours): readonly ScreeningFinding[] {
  const own = nameOf(entry);
  const found = new Map<SuspicionCode, ScreeningFinding>();
  for (const { at, text } of textsOf(entry)) {
    for (const { code, excerpt } of [...suspicionsIn(text), ...mentions(text, own, known)]) {
      // The first of a kind says enough about one tool.
      if (!found.has(code))
        found.set(code, { subject, at: cleanText(at, 200), code, excerpt: cleanText(excerpt, 300) });
    }
  }
  return [...found.values()];
}

/** A tool has no reason to speak of the tools of other services. */
function mentions(text: string, own: string, { names }: Neighbours): readonly Suspicion[] {
  if (names.size === 0) return [];
  for (const [word] of text.matchAll(/[\w][\w.-]{4,126}\w/gu)) {
    const other = names.get(word);
    if (other !== undefined && other.key !== own) {
      return [{ code: 'other_tool', excerpt: `names ${word} of ${other.service}` }];
    }
  }
  return [];
}

function lookAlikesOf(subject: string, name: string, { byLook }: Neighbours): readonly ScreeningFinding[] {
  const similar = looksOf(name).flatMap((look) => byLook.get(look) ?? []);
  const other = similar.find(({ key }) => isLookAlike(name, key));
  if (other === undefined) return [];
  return [
    { subject, at: 'name', code: 'look_alike', excerpt: cleanText(`looks like ${other.key} of ${other.service}`, 300) },
  ];
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
