import { hiddenTextIn } from './hidden-text.ts';

/** Why a text of somebody else's wants a person's look. */
export type SuspicionCode =
  | 'hidden_text'
  | 'instructions'
  | 'markup'
  | 'encoded'
  | 'secrets'
  | 'other_tool'
  | 'look_alike';

/** What stands out in a text, and where it says so. */
export interface Suspicion {
  readonly code: SuspicionCode;
  /** The place in the text, made readable. */
  readonly excerpt: string;
}

/** Characters of one text that are looked at. */
const mostLookedAt = 20_000;
const excerptLength = 160;

/** What tells a model to do something, rather than what the tool does. */
const instructions: readonly RegExp[] = [
  /\b(?:ignore|disregard|forget|override|bypass)\b[^.\n]{0,40}\b(?:previous|prior|above|earlier|preceding|all|any|system|safety|your)\b[^.\n]{0,30}\b(?:instruction|prompt|rule|guideline|message|polic(?:y|ie)|context|training)s?\b/iu,
  /\b(?:do not|don't|never|without|avoid)\b[^.\n]{0,30}\b(?:tell|telling|inform|informing|mention|mentioning|reveal|notify|notifying|alert|alerting|disclose|ask|asking)\b[^.\n]{0,30}\b(?:the )?(?:user|human|person|developer)s?\b/iu,
  /\b(?:hide|conceal)\b[^.\n]{1,40}\bfrom the (?:user|human)s?\b/iu,
  /\b(?:you are now|pretend (?:to be|that you)|new instructions|(?:your|its|my) system prompt|developer mode|jailbreak|do anything now)\b/iu,
  /\b(?:you|the (?:assistant|model|agent|ai|llm)) (?:must|should|shall|have to|need to)\b[^.\n]{0,40}\b(?:read|send|forward|pass|copy|upload|append)\b[^.\n]{0,60}\b(?:files?|conversation|chat|history|credentials?|secrets?|messages?|keys?)\b/iu,
  /\b(?:before|after|instead of|prior to|whenever)\b[^.\n]{0,30}\b(?:using|calling|running|invoking|you use|you call)\b[^.\n]{0,40}\btools?\b[^.\n]{0,80}\b(?:must|always|first|read|send|include)\b/iu,
  /\b(?:always|first)\b[^.\n]{0,20}\b(?:call|use|invoke|run)\b[^.\n]{0,10}\bthis tool\b[^.\n]{0,30}\b(?:before|first|instead|prior)\b/iu,
  // With attributes or without: `<secret name>` is a placeholder.
  /<\/?(?:important|system|instructions?|secret|hidden|assistant|admin|override)(?:\s+[\w-]+\s*=[^<>]{0,100})?\s*>/iu,
  /\[\/?(?:system|inst|important)\]|<\|(?:im_start|im_end|system|endoftext)\|>|^\s*(?:human|assistant|system)\s*:/imu,
];

/** What a page would show otherwise than it reads, or would fetch. */
const markup: readonly RegExp[] = [
  /<!--/u,
  /<\s*(?:script|style|iframe|object|embed|svg)\b/iu,
  /(?:display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0)/iu,
  /^\s*\[(?:\/\/|comment)\]\s*:\s*#/imu,
  /!\[[^\][]{0,200}\]\(\s*https?:/iu,
  /\b(?:javascript|vbscript):|\bdata:[a-z]+\/[a-z0-9.+-]+;base64,/iu,
];

const secrets: readonly RegExp[] = [
  /(?:^|[\s"'`(/~])\.(?:ssh|aws|gnupg|kube|docker|npmrc|netrc|pypirc|env|git-credentials|cursor)\b(?!\s*\()/imu,
  /\bid_(?:rsa|ed25519|ecdsa)\b|\/etc\/(?:passwd|shadow|sudoers)\b|\b(?:mcp|claude_desktop_config|credentials)\.json\b/iu,
  /\b(?:send|include|pass|forward|append|upload|provide|copy)\b[^.\n]{0,60}\b(?:private keys?|ssh keys?|environment variables|session cookies?|conversation history|chat history|system prompt)\b/iu,
];

const groups = [
  ['instructions', instructions],
  ['markup', markup],
  ['secrets', secrets],
] as const;

/** What stands out in a text as it came, each kind once. */
export function suspicionsIn(text: string): readonly Suspicion[] {
  const looked = text.slice(0, mostLookedAt);
  const hidden = hiddenTextIn(looked);
  const found: Suspicion[] = hidden === undefined ? [] : [{ code: 'hidden_text', excerpt: hidden }];
  for (const [code, patterns] of groups) {
    const match = patterns.map((pattern) => pattern.exec(looked)).find((one) => one !== null);
    if (match !== null && match !== undefined) found.push({ code, excerpt: excerptOf(looked, match.index) });
  }
  const encoded = encodedIn(looked);
  if (encoded !== undefined) found.push({ code: 'encoded', excerpt: excerptOf(looked, encoded) });
  return found;
}

/** Where a long run of text begins that only a decoder reads. */
function encodedIn(text: string): number | undefined {
  for (const { 0: run, index } of text.matchAll(/[A-Za-z0-9+/]{80,}={0,2}|(?:\\x[0-9a-f]{2}|%[0-9a-f]{2}){20,}/giu)) {
    const kinds = [/[a-z]/u, /[A-Z]/u, /\d/u].filter((kind) => kind.test(run)).length;
    // Rulers and long paths are of one kind; digests are shorter.
    if (kinds === 3 || /^[0-9a-f]{130,}$/iu.test(run) || /^[\\%]/u.test(run)) return index;
  }
  return undefined;
}

function excerptOf(text: string, index: number): string {
  const from = Math.max(0, index - 20);
  return text
    .slice(from, from + excerptLength)
    .replaceAll(/\s+/gu, ' ')
    .trim();
}
