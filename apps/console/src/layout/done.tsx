import type { ReactNode } from 'react';

interface DoneProps {
  /** What the button for another one says, e.g. `Create another task`. */
  readonly again: string;
  readonly onAgain: () => void;
  readonly children: ReactNode;
}

/** What came of a form, in the form's place, with the way back to it. */
export function Done({ again, onAgain, children }: DoneProps) {
  return (
    <div className="done">
      {children}
      <button className="button button--small" type="button" onClick={onAgain}>
        {again}
      </button>
    </div>
  );
}
