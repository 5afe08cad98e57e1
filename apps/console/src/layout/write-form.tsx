import type { Scope } from '@devmesh/api';
import { useState, type ReactNode } from 'react';
import { useSession } from '../session/session.ts';

interface WriteFormProps {
  readonly title: string;
  /** The scope that the form's request needs. */
  readonly needs: Scope;
  /** Whether it is open at first. */
  readonly open?: boolean;
  readonly children: ReactNode;
}

/** A form behind its title; a key that may not write is told so instead of being refused later. */
export function WriteForm({ title, needs, open = false, children }: WriteFormProps) {
  const { may } = useSession();
  const [isOpen, setOpen] = useState(open);
  if (!may(needs)) {
    return (
      <p className="hint">
        {title}: this key lacks <code>{needs}</code>.
      </p>
    );
  }
  return (
    <details
      className="write-form"
      open={isOpen}
      onToggle={(event) => {
        setOpen(event.currentTarget.open);
      }}
    >
      <summary>{title}</summary>
      {isOpen && children}
    </details>
  );
}
