import type { ReactNode } from 'react';
import { ConnectionState } from '../events/connection-state.tsx';
import { useSession } from '../session/session.ts';
import { Badge } from './badge.tsx';
import { Mark } from './mark.tsx';
import './frame.css';

const rooms = [
  ['health', 'What runs'],
  ['tools', 'Tools'],
  ['agents', 'Agents'],
  ['tasks', 'Tasks'],
  ['search', 'Code search'],
  ['webhooks', 'Webhooks'],
  ['connect', 'Connect'],
  ['events', 'Live events'],
] as const;

interface FrameProps {
  /** What stays visible beside the panels on a wide screen. */
  readonly aside: ReactNode;
  readonly children: ReactNode;
}

/** The page around the panels: header, navigation, main part and the feed at its side. */
export function Frame({ aside, children }: FrameProps) {
  return (
    <div className="frame">
      <a className="skip-link" href="#main">
        Skip to the panels
      </a>
      <Header />
      <nav className="frame__nav" aria-label="Panels">
        <ul>
          {rooms.map(([id, title]) => (
            <li key={id}>
              <a href={`#${id}`}>{title}</a>
            </li>
          ))}
        </ul>
        <p className="frame__links">
          <a href="/reference">API reference</a>
        </p>
      </nav>
      <main className="frame__main" id="main" tabIndex={-1}>
        {children}
      </main>
      <div className="frame__aside">{aside}</div>
    </div>
  );
}

function Header() {
  const { principal, signOut } = useSession();
  return (
    <header className="frame__header">
      <Mark />
      <h1>
        <span className="frame__product">Developer Mesh</span>
        <span className="frame__organization">{principal.organization.name}</span>
      </h1>
      {principal.user === undefined ? (
        <Badge>{principal.keyType} key</Badge>
      ) : (
        <span className="frame__person" title={principal.user.email}>
          {principal.user.name} <Badge>{principal.user.role}</Badge>
        </span>
      )}
      <ConnectionState />
      <button
        className="button button--small"
        type="button"
        onClick={() => {
          signOut();
        }}
      >
        Sign out
      </button>
    </header>
  );
}
