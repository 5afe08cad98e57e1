import type { operations, ResponseOf } from '@devmesh/api';
import { markWords } from './mark-words.ts';
import { StaleNotice } from './stale-notice.tsx';

type Answer = ResponseOf<typeof operations.knowledge.search>;
type Hit = Answer['hits'][number];

interface SearchAnswerProps {
  readonly answer: Answer;
  readonly query: string;
}

/** What a search found. Nothing fitting, nothing indexed and an old index are told apart. */
export function SearchAnswer({ answer, query }: SearchAnswerProps) {
  return (
    <>
      <StaleNotice stale={answer.stale} />
      <Outcome answer={answer} query={query} />
    </>
  );
}

function Outcome({ answer: { outcome, hits }, query }: SearchAnswerProps) {
  if (outcome === 'not_indexed') {
    return (
      <p className="notice notice--warn" data-outcome={outcome}>
        <strong>Nothing is indexed yet</strong>, so nothing was searched. Add a repository below, or wait until its
        index is ready: the search then runs again by itself.
      </p>
    );
  }
  if (outcome === 'no_match') {
    return (
      <p className="empty" data-outcome={outcome}>
        <strong>Nothing fits.</strong> The index was searched; try other words, or ask for what the code does.
      </p>
    );
  }
  return (
    <ol className="hits" aria-label="Results, best first">
      {hits.map((hit) => (
        <HitCard key={`${hit.repositoryId} ${hit.path} ${String(hit.startLine)}`} hit={hit} query={query} />
      ))}
    </ol>
  );
}

function HitCard({ hit, query }: { readonly hit: Hit; readonly query: string }) {
  return (
    <li className="hit">
      <p className="hit__head">
        <code className="hit__place">
          {hit.path}:{hit.startLine}–{hit.endLine} <span title={hit.commit}>@{hit.commit.slice(0, 7)}</span>
        </code>
        <span className="hint">
          {hit.repository} · score {hit.score.toFixed(3)}
        </span>
      </p>
      {hit.heading !== '' && <p className="hint">{hit.heading}</p>}
      <pre tabIndex={0} aria-label={`Text of ${hit.path}`}>
        {markWords(hit.text, query).map(({ text, marked }, place) => (marked ? <mark key={place}>{text}</mark> : text))}
      </pre>
    </li>
  );
}
