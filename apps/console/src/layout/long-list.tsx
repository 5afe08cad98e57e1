import { useState, type ReactNode } from 'react';

interface LongListProps<Item> {
  readonly label: string;
  readonly items: readonly Item[];
  readonly className?: string;
  /** Renders one item as a list item. */
  readonly children: (item: Item) => ReactNode;
}

const step = 15;

/** A list that begins short and grows on demand, so that the panels after it stay near. */
export function LongList<Item>({ label, items, className = 'rows', children }: LongListProps<Item>) {
  const [length, setLength] = useState(step);
  const hidden = items.length - length;
  return (
    <>
      <ul className={className} aria-label={label}>
        {items.slice(0, length).map(children)}
      </ul>
      {hidden > 0 && (
        <button
          className="button button--small long-list__more"
          type="button"
          onClick={() => {
            setLength(length + step * 4);
          }}
        >
          Show {Math.min(hidden, step * 4)} more of {hidden}
        </button>
      )}
    </>
  );
}
