import type { Scope } from '@devmesh/api';
import type { ReactNode } from 'react';
import { useSession } from '../session/session.ts';

interface PanelProps {
  /** Anchor of the panel in the page. */
  readonly id: string;
  readonly title: string;
  /** One line on what it is for. */
  readonly about: string;
  /** Without it the panel says so instead of failing. */
  readonly needs?: Scope;
  readonly children: ReactNode;
}

/** A region of the page with its heading. Its content is mounted only for keys that may read it. */
export function Panel({ id, title, about, needs, children }: PanelProps) {
  const { may, principal } = useSession();
  const allowed = needs === undefined || may(needs);
  return (
    <section className={`panel panel--${id}`} id={id} aria-labelledby={`${id}-title`} tabIndex={-1}>
      <header className="panel__head">
        <h2 id={`${id}-title`}>{title}</h2>
        <p className="hint">{about}</p>
      </header>
      {allowed ? (
        children
      ) : (
        <p className="empty">
          {principal.via === 'sign-in' ? 'Your role' : `This ${principal.keyType} key`} may not see it: that needs{' '}
          <code>{needs}</code>.
        </p>
      )}
    </section>
  );
}
