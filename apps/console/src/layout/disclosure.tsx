import { useState, type ReactNode } from 'react';

interface DisclosureProps {
  readonly summary: ReactNode;
  readonly className?: string;
  /** Rendered only while open. */
  readonly children: () => ReactNode;
}

/** A row that opens to its details. */
export function Disclosure({ summary, className = '', children }: DisclosureProps) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details
      className={`disclosure ${className}`}
      onToggle={(event) => {
        setOpen(event.currentTarget.open);
      }}
    >
      <summary>{summary}</summary>
      {isOpen && <div className="disclosure__body">{children()}</div>}
    </details>
  );
}
